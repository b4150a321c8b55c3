"""What a training says of itself, by clocks and meters that are set by hand."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch.distributed as dist

from aigc_core.common.device import choose
from aigc_core.common.running_clock import RunningClock
from aigc_core.runs.run import Run
from aigc_core.training.distributed import Processes
from aigc_core.training.state import TrainingState
from aigc_core.training.status_reporter import StatusReporter
from tests.helpers.runs import tiny


class Times:
    def __init__(self) -> None:
        self.now = self.used = 0.0

    def clock(self) -> RunningClock:
        return RunningClock(lambda: self.now, lambda: self.used)


class Joules:
    """A meter that says what it is told."""

    how = "measured"

    def __init__(self) -> None:
        self.next = 0.0

    def joules(self) -> float:
        now, self.next = self.next, 0.0
        return now


def reporter_of(run: Run, rank: int, processes: int, store: Any, clock: RunningClock) -> tuple[StatusReporter, Joules]:
    config = run.config()
    accelerator = SimpleNamespace(
        is_main_process=rank == 0, is_local_main_process=rank == 0, num_processes=processes, process_index=rank
    )
    together = Processes(
        cast(Any, accelerator), run, config, choose("cpu", "float32"), slice(0, config.batch_size), store
    )
    reporter, meter = StatusReporter(together, lambda status: None, clock), Joules()
    reporter._meter = cast(Any, meter)
    return reporter, meter


def training(run: Run, step: int, elapsed_s: float) -> TrainingState:
    return cast(TrainingState, SimpleNamespace(config=run.config(), step=step, elapsed_s=elapsed_s))


def test_energy_is_the_sum_over_all_processes(tmp_path: Path) -> None:
    run, times = Run.create(tiny("vae"), tmp_path / "run"), Times()
    store: Any = dist.HashStore()  # type: ignore[attr-defined]
    (main, ours), *others = [reporter_of(run, rank, 3, store, times.clock()) for rank in range(3)]
    for second in range(1, 6):
        times.now, times.used, ours.next = second, 3 * second, 2.0
        for reporter, meter in others:
            meter.next = 3.5
            reporter.update(training(run, second, second))
        main.update(training(run, second, second))
        assert run.status().energy_j == pytest.approx(second * (2.0 + 2 * 3.5))
    others[0][1].next = 0.25  # what it still uses before they part
    others[0][0].add_energy()
    main.enter("done", training(run, 6, 6))
    assert run.status().energy_j == pytest.approx(5 * 9 + 0.25)


def test_a_single_process_counts_its_own(tmp_path: Path) -> None:
    run, times = Run.create(tiny("vae"), tmp_path / "run"), Times()
    reporter, meter = reporter_of(run, 0, 1, None, times.clock())
    for second in (1, 2):
        times.now, times.used, meter.next = second, second, 4.0
        reporter.update(training(run, second, second))
    assert run.status().energy_j == 8


def test_speed_time_left_and_energy_leave_a_halt_out(tmp_path: Path) -> None:
    run, times = Run.create(tiny("vae", steps=1000), tmp_path / "run"), Times()
    clock = times.clock()
    reporter, meter = reporter_of(run, 0, 1, None, clock)
    for second in range(1, 11):  # ten steps a second
        times.now, times.used, meter.next = second, second, 1.0
        reporter.update(training(run, 10 * second, second))
    status = run.status()
    assert status.steps_per_s == pytest.approx(10) and status.eta_s == pytest.approx(90) and status.energy_j == 10
    times.now, meter.next = times.now + 3600, 50_000.0  # the machine's counters went on
    clock.read()
    for second in range(11, 16):
        times.now, times.used = times.now + 1, second
        reporter.update(training(run, 10 * second, second))
        meter.next = 1.0
    status = run.status()
    assert status.steps_per_s == pytest.approx(10, rel=0.03) and status.eta_s == pytest.approx(85, rel=0.03)
    assert status.energy_j == pytest.approx(10 + 4)


@pytest.mark.parametrize("several", [False, True])
def test_processes_agree_only_if_it_holds_in_all(several: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    accelerator = cast(Any, SimpleNamespace(num_processes=2 if several else 1))
    processes = Processes(accelerator, cast(Any, None), cast(Any, None), cast(Any, None), slice(0))
    monkeypatch.setattr("aigc_core.training.distributed.gather_object", lambda mine: [*mine, False])
    assert processes.agree(True) is not several and not processes.agree(False)
