"""How many threads: measured beside others and alone, kept where a person chose, repeated exactly by a resume."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from aigc_core.common import cores
from aigc_core.families.config import RunConfig
from aigc_core.runs.run import Run
from aigc_core.training import threads
from aigc_core.training.threads import Threads
from aigc_core.training.trainer import Trainer, fit
from tests.helpers.runs import assert_same_events, assert_same_weights, tiny, weights

LONG_S = 1e6


@pytest.fixture(autouse=True)
def measuring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine of eight cores whose person has said nothing."""
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("AIGC_THREADS", "8")
    yield
    torch.set_num_threads(before)


class Machine:
    """Seconds of a step by the number of threads, and cores that stand idle beside one thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], idle: float) -> None:
        self.seconds, self.idle, self.asked = seconds, idle, list[int]()
        monkeypatch.setattr(threads.IdleMeter, "cores", lambda meter: self.idle)

    def step(self) -> float:
        self.asked.append(torch.get_num_threads())
        return self.seconds[self.asked[-1]]


QUIET = {1: 0.1, 2: 0.055, 4: 0.03, 8: 0.029}


@pytest.mark.parametrize(
    ("seconds", "idle", "best"),
    [
        pytest.param(QUIET, 7.0, 4, id="a quiet machine: as many as pay"),
        pytest.param(QUIET, 0.6, 2, id="one core is free"),
        pytest.param(QUIET, 0.2, 1, id="no core is free"),
        pytest.param({1: 0.1, 2: 2.0}, 7.0, 1, id="two wait for one another"),
        pytest.param({1: 0.001, 2: 0.00099}, 7.0, 1, id="a small network"),
    ],
)
def test_the_fastest_count_is_chosen(
    seconds: dict[int, float], idle: float, best: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, chosen = Machine(monkeypatch, seconds, idle), Threads(tiny("vae"), fixed=False)
    chosen.choose(machine.step, lambda step_s: LONG_S)
    assert chosen.count == best == torch.get_num_threads()


def test_two_that_wait_for_one_another_cost_a_single_step(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, chosen = Machine(monkeypatch, {1: 0.1, 2: 2.0}, 1.0), Threads(tiny("vae"), fixed=False)
    chosen.choose(machine.step, lambda step_s: LONG_S)
    assert machine.asked.count(2) == 1 and len(machine.asked) <= 4


def test_a_short_training_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does its count depend on what else happens on the machine: it has the same last digits each time."""
    for idle in (7.0, 0.0):
        machine, chosen = Machine(monkeypatch, QUIET, idle), Threads(tiny("vae"), fixed=False)
        assert not chosen.choose(machine.step, lambda step_s: 40 * step_s)
        assert chosen.count == 1 and machine.asked == [1, 1]


def test_a_resumed_training_keeps_its_count_until_it_is_slower_than_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1.0]
    monkeypatch.setattr(threads.time, "monotonic", lambda: now[0])
    Machine(monkeypatch, QUIET, 0.0)
    for step_s, measured_again in ((0.11, False), (0.3, True)):
        chosen = Threads(tiny("vae"), fixed=False)
        chosen.restore(4, 0.1)
        assert chosen.count == 4 and not chosen.due(0)
        for _ in range(100):
            now[0] += step_s
            chosen.timed(step_s)
        assert chosen.due(0) == measured_again


def test_it_is_measured_again_when_others_come_and_when_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1.0]
    monkeypatch.setattr(threads.time, "monotonic", lambda: now[0])
    machine, chosen = Machine(monkeypatch, QUIET, 7.0), Threads(tiny("vae"), fixed=False)

    def train(step_s: float, seconds: float) -> bool:
        end = now[0] + seconds
        while now[0] < end and not chosen.due(0):
            now[0] += step_s
            chosen.timed(step_s)
        return chosen.due(0)

    def step() -> float:
        now[0] += (took := machine.step())
        return took

    chosen.choose(step, lambda step_s: LONG_S)
    assert chosen.count == 4
    machine.idle = 0.0
    assert not train(0.03, 60)  # as fast as ever: nothing to do
    machine.seconds = {1: 0.12, 2: 0.5, 4: 1.5, 8: 3.0}
    assert train(1.5, 60) and chosen.choose(step, lambda step_s: LONG_S) and chosen.count == 1
    assert not train(0.12, 60)  # nobody has gone
    machine.idle, machine.seconds = 7.0, QUIET
    assert train(0.1, 60) and chosen.choose(step, lambda step_s: LONG_S) and chosen.count == 4


def test_measuring_that_changes_nothing_takes_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    now, spent = [1.0], 0.0
    monkeypatch.setattr(threads.time, "monotonic", lambda: now[0])
    machine, chosen = Machine(monkeypatch, {1: 0.01, 2: 0.0099}, 1.0), Threads(tiny("vae"), fixed=False)
    while now[0] < 600:
        if chosen.due(0):
            begun = now[0]

            def step() -> float:
                now[0] += (took := machine.step())
                return took

            chosen.choose(step, lambda step_s: LONG_S)
            spent += now[0] - begun
        now[0] += 0.01
        chosen.timed(0.01)
    assert chosen.count == 1 and 0 < spent < 0.005 * 600


def test_what_a_person_chose_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    by_setting = Threads(tiny("vae", threads=3), fixed=False)
    assert (by_setting.count, by_setting.measured, torch.get_num_threads()) == (3, False, 3)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    by_variable = Threads(tiny("vae"), fixed=False)
    assert (by_variable.count, by_variable.measured) == (2, False)
    assert not by_variable.due(0)


def test_a_launcher_says_how_many_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_THREADS", "2")
    machine, chosen = Machine(monkeypatch, QUIET, 7.0), Threads(tiny("vae"), fixed=False)
    chosen.choose(machine.step, lambda step_s: LONG_S)
    assert chosen.count == 2
    monkeypatch.setenv("AIGC_THREADS", "1")
    assert not Threads(tiny("vae"), fixed=False).measured


# -- what is learned --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("gan", {"spectral_norm": True, "ema": 0.9}),
        ("vae", {"ema": 0.9}),
        ("gpt", {"dropout": 0.1}),
    ],
    ids=str,
)
def test_measuring_changes_nothing_that_is_learned(
    family: str, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first step and in between, with steps of two threads among those that are forgotten."""
    fixed = Run.create(tiny(family, **settings, threads=1), tmp_path / "fixed")
    fit(fixed)
    counts: list[int] = []

    def choose(trainer: Trainer) -> None:
        def step_s() -> float:
            counts.append(torch.get_num_threads())
            trainer._dry_run(trainer.state.family.networks)
            return 0.1 * counts[-1]  # two are slower

        with threads_unchanged(trainer):
            assert not trainer.threads.choose(step_s, lambda step_s: LONG_S)
        again.append(trainer.state.step)

    def due(chosen: Threads, step: int) -> bool:
        return chosen.measured and step in (0, 5, 6) and step not in again

    again: list[int] = []
    monkeypatch.setattr(Threads, "due", due)
    monkeypatch.setattr(threads.IdleMeter, "cores", lambda meter: 1.0)
    monkeypatch.setattr(Trainer, "choose_threads", choose)
    measured = Run.create(tiny(family, **settings), tmp_path / "measured")
    fit(measured)
    assert again == [0, 5, 6] and counts.count(2) >= 3
    assert_same_weights(fixed, measured)
    assert_same_events(fixed, measured)


def threads_unchanged(trainer: Trainer) -> Any:
    from aigc_core.training import compile

    return compile.unchanged(trainer.state.networks)


def scripted(monkeypatch: pytest.MonkeyPatch, script: dict[int, int]) -> list[tuple[int, int]]:
    """Let trainings change their threads at these steps; returns the threads of every step that they make."""
    made: list[tuple[int, int]] = []
    step = Trainer.train_step

    def choose(trainer: Trainer) -> None:
        wanted = script.get(trainer.state.step)
        if wanted is not None and wanted != trainer.threads.count:
            trainer.threads._set(wanted)
            trainer.state.run.event_log.append("threads", trainer.state.step, threads=wanted)

    def counted(trainer: Trainer) -> None:
        made.append((trainer.state.step, torch.get_num_threads()))
        step(trainer)

    monkeypatch.setattr(Trainer, "choose_threads", choose)
    monkeypatch.setattr(Trainer, "train_step", counted)
    return made


@pytest.mark.parametrize("back_to", [-1, 4, 8])
def test_a_resumed_training_changes_its_threads_at_the_same_steps(
    back_to: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: RunConfig = tiny("vae", width=64, batch_size=64)
    made = scripted(monkeypatch, {0: 2, 3: 1, 4: 2, 7: 1, 10: 2})
    run = Run.create(config, tmp_path / "run")
    fit(run)
    first, learned = list(made), weights(run)
    assert [count for _, count in first] == [2, 2, 2, 1, 2, 2, 2, 1, 1, 1, 2, 2]
    for step in run.checkpoints.steps():  # as after a kill at the very end
        if step > back_to:
            for file in run.checkpoints.folder(step).iterdir():
                file.unlink()
            run.checkpoints.folder(step).rmdir()
    made.clear()
    scripted(monkeypatch, {})  # whatever would be measured now
    run.control.request("start")
    fit(run)
    assert [one for one in made if one[0] >= max(back_to, 0)][: len(first)] == first[max(back_to, 0) :]
    assert all(torch.equal(learned[name], tensor) for name, tensor in weights(run).items())


def test_threads_of_a_damaged_event_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Threads(tiny("vae"), fixed=False)
    strange = [{"kind": "threads", "step": 3, "threads": count} for count in (0, -1, 10**9)]
    chosen.replay(strange, 0, 0)
    chosen.replayed(3)
    assert chosen.count == 1


# -- how threads wait -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, str(cores.SPINS)), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
    ids=str,
)
def test_the_command_line_lets_threads_sleep_soon(given: dict[str, str], expected: str | None) -> None:
    """Said before torch brings the library that reads it."""
    code = (
        "import sys, os\nfrom aigc_core import cli\n"
        "assert 'torch' not in sys.modules and 'libgomp' not in open('/proc/self/maps').read()\n"
        "sys.argv = ['aigc_core', 'families']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    print(os.environ.get('GOMP_SPINCOUNT'))"
    )
    alone = {key: value for key, value in os.environ.items() if not key.startswith(("GOMP", "OMP"))}
    done = subprocess.run([sys.executable, "-c", code], env=alone | given, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == str(expected)


def test_a_container_with_fewer_cores_than_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)), raising=False)
    monkeypatch.setattr(cores, "_CGROUP", tmp_path)
    assert cores.cores() == 64
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cores.cores() == 64
    (tmp_path / "cpu.max").write_text("250000 100000\n")
    assert cores.cores() == 2
    (tmp_path / "cpu.max").write_text("20000 100000\n")
    assert cores.cores() == 1


def test_trainings_at_once_share_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aigc_core.serving.launch import local

    asked: list[dict[str, str]] = []

    class Child:
        pid = os.getpid()

        def __init__(self, *given: object, env: dict[str, str], **more: object) -> None:
            asked.append(env)

        def wait(self) -> None:
            """It has ended."""

    monkeypatch.setattr(local.subprocess, "Popen", Child)
    monkeypatch.setattr(local, "cores", lambda: 8)
    run = Run.create(tiny("vae"), tmp_path / "run")
    for at_once, share in ((1, None), (2, "4"), (8, "1"), (20, "1")):
        monkeypatch.delenv("AIGC_THREADS", raising=False)
        monkeypatch.setenv("AIGC_SLOTS", str(at_once))
        local.start(run)
        assert asked[-1].get("AIGC_THREADS") == share
