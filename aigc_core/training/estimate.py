"""How long a training would take here: a few of its steps, timed without making a run."""

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aigc_core.common.device import choose
from aigc_core.common.running_clock import RunningClock
from aigc_core.common.signals import SignalHandler
from aigc_core.families.base import count_parameters
from aigc_core.families.config import RunConfig
from aigc_core.runs.queue import NoQueue
from aigc_core.runs.run import Run
from aigc_core.training.trainer import Trainer

TIMED_S = 1.0  # of steps


def estimate(config: RunConfig, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Time a few steps.

    Args:
        given: what a class would give the run: see `Run.create`.

    Returns:
        `device` in words, `parameters` of all networks, `step_s`, and `total_s` for the whole budget.

    Raises:
        AigcError: the settings or the data do not allow it.
    """
    device = choose(config.device, config.precision)
    with TemporaryDirectory() as folder:
        run = Run.create(config, Path(folder) / "estimate", given)
        trainer = Trainer(run, NoQueue(), SignalHandler(), lambda status: None, RunningClock())
        if trainer.threads.due(trainer.state.step):
            trainer.choose_threads()
        times: list[float] = []
        while len(times) < 3 or (sum(times) < TIMED_S and len(times) < 50):
            before = time.monotonic()
            trainer.train_step()
            trainer.recorder.log()  # waits for the device
            trainer.state.step += 1
            times.append(time.monotonic() - before)
    step_s = statistics.median(times[1:])
    return {
        "device": device.describe(),
        "parameters": count_parameters(trainer.state.networks),
        "step_s": step_s,
        "total_s": 60 * config.minutes or step_s * config.steps,
    }
