"""Train, judge, and where the gate is not passed train again with what the doctor advises."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aigc_core.common.errors import AigcError, ConfigError, TrainingError, message
from aigc_core.evaluation import diagnostics
from aigc_core.evaluation.quality_gate import judge, next_changes
from aigc_core.families.config import RunConfig
from aigc_core.runs.queue import NoQueue, QueueSlot, StatusCallback, wait
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status


def fit_and_judge(
    run: Run,
    slot: QueueSlot | NoQueue | None = None,
    on_status: StatusCallback = lambda status: None,
    onward: Callable[[Run], None] | None = None,
) -> Status:
    """Train a run to its end and judge it; where it does not pass and has tries left, train another one, changed as
    the doctor advises, and so on. One that the time of its class or lesson ended is judged, and not tried again. Every
    attempt stays. Returns the status of the last one made here.

    Args:
        onward: gets the next attempt, which is then not made here (on a cluster it is a job of its own).

    Raises:
        AigcError: as of `aigc_core.training.trainer.fit`; a training that breaks down is tried again like one that does
            not pass.
    """
    slot = slot or NoQueue()
    while True:
        with run.train_alone():
            try:
                status, following = _attempt(run, slot, on_status)
            finally:
                slot.release()
        if following is None:
            return status
        if onward is not None:
            onward(following)
            return status
        run = following


def _attempt(run: Run, slot: QueueSlot | NoQueue, on_status: StatusCallback) -> tuple[Status, Run | None]:
    """Train and judge one run; returns its status and the next attempt, if there is to be one."""
    with suppress(AigcError, OSError):  # what is wrong with the queue, `fit` says and keeps in the run
        if not wait(run, slot, on_status):
            return run.status(), None
    from aigc_core.training.limits import ClassLimits  # not before: they bring torch, and many processes may wait
    from aigc_core.training.trainer import fit

    try:
        status = fit(run, slot=slot, on_status=on_status)
    except TrainingError as error:
        if error.message["key"] != "train.not_finite":  # a full disk or memory will not be another next time
            raise
        following = _following(run, next_changes(run, diagnostics.plain(diagnostics.diagnose(run))))
        if following is None:
            raise
        return run.status(), following
    by_itself = status.state == "done"
    if not by_itself and not ClassLimits(run).time_is_up(status.elapsed_s):
        return status, None
    try:
        judged = judge(run)
    except AigcError as error:  # the model is trained all the same
        said = error.message
    except (RuntimeError, MemoryError, OSError) as problem:  # the first two are torch's words for too little memory
        said = message("gate.failed", "The model could not be judged ({problem}).", problem=problem)
    else:
        again = by_itself and judged["verdict"] == "not-ready"  # whom the time ended has none for another try
        return status, _following(run, judged["changes"]) if again else None
    with suppress(OSError):
        run.event_log.append("note", status.step, **said)
    return status, None


def _following(run: Run, changes: dict[str, Any]) -> Run | None:
    """The next attempt, or None if there is no try left, nothing to change, or one already. Where several processes
    share a run there is none either: the others have ended with this one."""
    config: RunConfig = run.config()
    tried = config.tries <= 1 or "following" in run.manifest.read()
    if tried or not changes or run.control.stop_requested() or int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return None
    try:
        following = Run.create(config.changed(changes | {"tries": config.tries - 1}), given=run.manifest.given)
    except ConfigError as error:
        run.event_log.append("note", run.status().step, **error.message)
        return None
    said = ", ".join(f"{key} = {value}" for key, value in changes.items())
    run.event_log.append(
        "note",
        run.status().step,
        **message("gate.again", "Not passed; tried again as {name} with {changes}.", name=following.name, changes=said),
    )
    run.manifest.set_following(following.manifest)
    return following
