"""Going back to a run's newest whole checkpoint, and taking back what came after it."""

import math

from aigc_core.common.errors import Message, RunError
from aigc_core.runs import checkpoint
from aigc_core.runs.status import Status
from aigc_core.training.control import Control
from aigc_core.training.recorder import Recorder
from aigc_core.training.state import TrainingState
from aigc_core.training.threads import Threads


def restore(
    state: TrainingState,
    recorder: Recorder,
    control: Control,
    threads: Threads,
    status: Status,
    notes: list[Message],
) -> None:
    """Bring a training to where its run stands; one without a checkpoint starts from the beginning.

    Args:
        notes: what is to be said in the run's events, after those that stay.

    Raises:
        RunError: there are checkpoints, and none can be read.
    """
    damaged = _load_newest(state, recorder, threads, status)
    if not state.processes.main:
        return
    run = state.run
    run.remove_partial_files()
    changes = run.event_log.take_back(recorder.saved_at)
    control.replay(changes, recorder.saved_at)
    threads.replay(changes, recorder.saved_at, status.step)
    if recorder.saved_at >= 0:
        recorder.mark()  # whoever was killed may have come to the checkpoint, but not to its marks
    run.forget_judgement()
    status.attempt += 1  # tells readers of the events to start anew
    run.set_status(status)
    for note in [*(one.message for one in damaged), *notes]:
        run.event_log.append("note", state.step, **note)


def _load_newest(state: TrainingState, recorder: Recorder, threads: Threads, status: Status) -> list[RunError]:
    """Load the newest checkpoint that is whole; returns what is wrong with those after it."""
    damaged: list[RunError] = []
    checkpoints = state.run.checkpoints
    for step in reversed(checkpoints.steps()):
        folder = checkpoints.folder(step)
        try:
            meta, extra = checkpoint.load(
                folder, state.networks, state.ema.networks, state.optimizers, state.family.extra_state()
            )
        except RunError as problem:
            damaged.append(problem)
            continue
        state.step = recorder.recorded_at = recorder.saved_at = meta["step"]
        state.elapsed_s = meta["elapsed_s"]
        recorder.best = math.inf if meta["best"] is None else meta["best"]
        recorder.best_step = meta.get("best_step", checkpoints.marked("best"))
        status.figures = meta.get("figures", status.figures)
        state.family.load_extra_state(extra)
        threads.restore(meta.get("threads"), meta.get("step_s"))
        state.family.config = state.config.checked_live(meta["live"])
        return damaged
    if damaged:
        raise damaged[0]
    return []
