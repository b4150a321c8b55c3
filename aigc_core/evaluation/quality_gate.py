"""The gate: train -> judge -> passed? -> use it, else train again with what the doctor advises.

What a model must reach is the setting `gate` of its run, so every recipe has one and anybody may change it.
Importable without torch.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from aigc_core.common.errors import AigcError, ConfigError, RunError, TrainingError, message
from aigc_core.evaluation import diagnostics
from aigc_core.families.config import RunConfig
from aigc_core.families.thresholds import thresholds
from aigc_core.runs.listing import run_named
from aigc_core.runs.queue import NoQueue, QueueSlot, Report, wait
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status


class _Condition(TypedDict):
    figure: str
    sign: Literal["<", ">"]
    limit: float
    value: float | None
    passed: bool | None


class _Said(TypedDict):
    key: str
    text: str
    values: dict[str, Any]


class _Found(TypedDict):
    name: str
    level: Literal["serious", "warning", "hint"]
    step: int
    evidence: _Said
    advice: _Said
    changes: dict[str, Any]
    back_to: int | None


class _Cost(TypedDict):
    train_s: float
    train_j: float
    how: Literal["measured", "estimated"]
    use_s: float
    use_j: float


class _Judgement(TypedDict):
    passed: bool
    conditions: list[_Condition]
    figures: dict[str, Any]
    findings: list[_Found]
    changes: dict[str, Any]
    cost: _Cost
    trained_to: NotRequired[int | None]


_JUDGEMENT = TypeAdapter(_Judgement)


def judgement(run: Run) -> dict[str, Any] | None:
    """What `judge` found, or None if the run was not judged yet, or trained on since."""
    try:
        found = dict(_JUDGEMENT.validate_python(run.judgement(), strict=True))
    except (OSError, ValueError):
        return None
    return found if found.get("trained_to") == run.checkpoints.marked("last") else None


def left_unjudged(run: Run, status: Status, judged: dict[str, Any] | None) -> bool:
    """Whether its process died, or found the data gone, between the last step and the verdict."""
    return judged is None and status.state == "done" and not run.shipped and not status.alive()


def attempts(run: Run) -> list[Run]:
    """A run and those that were tried after it because it did not pass."""
    found = [run]
    with suppress(RunError):  # one of them was deleted
        while (name := found[-1].manifest.read().get("following")) and len(found) < MOST_TRIES:
            found.append(run_named(name))
    return found


def ready(run: Run) -> bool:
    """Whether a run may be recommended: it came with the program, or passed its gate."""
    return run.shipped or bool((judgement(run) or {}).get("passed"))


def judge(run: Run) -> dict[str, Any]:
    """Measure a run's best checkpoint on held-out data, hold it against its gate, and keep that in the run (unless it
    came with the program).

    Returns:
        `passed`, `conditions` (each threshold with the `value` found and whether it `passed`; both None where this
        data has no such figure, which then does not count), `figures`,
        `findings` of the doctor, `changes` to try next, `cost` (see `cost`), and `trained_to`.

    Raises:
        AigcError: there is no checkpoint, or the data is gone.
    """
    from aigc_core.evaluation.evaluate import evaluate

    figures = {name: one for name, one in evaluate(run, "end").items() if name not in ("run", "family", "data")}
    if not run.shipped:
        run.event_log.append("judged", run.status().step, figures=figures)
    found = diagnostics.plain(diagnostics.diagnose(run))
    conditions = [
        {"figure": one.figure, "sign": one.sign, "limit": one.limit,
         "value": figures.get(one.figure), "passed": one.passed(figures)}
        for one in thresholds(run.config().gate)
    ]  # fmt: skip
    passed = all(one["passed"] is not False for one in conditions)
    verdict = {
        "passed": passed,
        "conditions": conditions,
        "figures": figures,
        "findings": found,
        "changes": {} if passed else next_changes(run, found),
        "cost": cost(run),
        "trained_to": run.checkpoints.marked("last"),
    }
    if not run.shipped:
        run.set_judgement(verdict)
    return verdict


def next_changes(run: Run, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Settings to try next: what the doctor's first finding with advice says, else twice the training, up to
    `MOST_GROWTH` times the first attempt's; nothing if there is nothing left to try."""
    config, first = run.config(), run.config()
    with suppress(AigcError):
        first = run_named(run.manifest.read().get("origin", "")).config()
    known = type(config).model_fields
    for finding in found:
        changes = {
            key: value for key, value in finding["changes"].items() if key in known and value != getattr(config, key)
        }
        if changes:
            return changes
    budget = "minutes" if config.minutes else "steps"
    longer, most = 2 * getattr(config, budget), MOST_GROWTH * getattr(first, budget)
    if budget == "minutes":
        most = min(most, run.manifest.limit("minutes"))
    return {budget: longer} if longer <= most else {}


def cost(run: Run) -> dict[str, Any]:
    """The run's cost card: `train_s`, `train_j` (joules, `how` known), and of a thousand generations `use_s`, `use_j`;
    a generation is a picture, or a text of 200 tokens."""
    from aigc_core.common import energy
    from aigc_core.common.device import card_of, device_of
    from aigc_core.families.base import ImageRequest, TextRequest
    from aigc_core.inference import model_cache

    status, makes = run.status(), run.config().makes
    card = card_of(device_of(model_cache.load(run).family.networks).type)

    def generate() -> int:
        if makes == "text":
            for _ in model_cache.text(run, TextRequest(max_new_tokens=COST_TOKENS)):
                pass
            return 1
        return len(model_cache.pictures(run, ImageRequest(count=COST_PICTURES, seed=0)))

    made = generate()  # once unmeasured, so that nothing is loaded meanwhile
    seconds, joules = energy.timed(generate, card)
    return {
        "train_s": status.elapsed_s,
        "train_j": status.energy_j,
        "how": status.energy_how,
        "use_s": 1000 * seconds / made,
        "use_j": 1000 * joules / made,
    }


COST_PICTURES = 256
COST_TOKENS = 200
MOST_TRIES = 20
MOST_GROWTH = 4  # times the first attempt's budget


def fit_and_judge(
    run: Run,
    turn: QueueSlot | NoQueue | None = None,
    report: Report = lambda status: None,
    onward: Callable[[Run], None] | None = None,
) -> Status:
    """Train a run to its end and judge it; where it does not pass and has tries left, train another one, changed as
    the doctor advises, and so on. Every attempt stays. Returns the status of the last one made here.

    Args:
        onward: gets the next attempt, which is then not made here (on a cluster it is a job of its own).

    Raises:
        AigcError: as of `aigc_core.training.trainer.fit`; a training that breaks down is tried again like one that does
            not pass.
    """
    turn = turn or NoQueue()
    while True:
        with run.train_alone():
            try:
                status, following = _attempt(run, turn, report)
            finally:
                turn.release()
        if following is None:
            return status
        if onward is not None:
            onward(following)
            return status
        run = following


def _attempt(run: Run, turn: QueueSlot | NoQueue, report: Report) -> tuple[Status, Run | None]:
    """Train and judge one run; returns its status and the next attempt, if there is to be one."""
    with suppress(AigcError, OSError):  # what is wrong with the queue, `fit` says and keeps in the run
        if not wait(run, turn, report):
            return run.status(), None
    from aigc_core.training.trainer import fit  # not before: it brings torch, and many processes may wait

    try:
        status = fit(run, turn=turn, report=report)
    except TrainingError as error:
        if error.message["key"] != "train.not_finite":  # a full disk or memory will not be another next time
            raise
        following = _following(run, next_changes(run, diagnostics.plain(diagnostics.diagnose(run))))
        if following is None:
            raise
        return run.status(), following
    if status.state != "done":
        return status, None
    try:
        verdict = judge(run)
    except AigcError as error:  # the model is trained all the same
        said = error.message
    except (RuntimeError, MemoryError, OSError) as problem:  # the first two are torch's words for too little memory
        said = message("gate.failed", "The model could not be judged ({problem}).", problem=problem)
    else:
        return status, None if verdict["passed"] else _following(run, verdict["changes"])
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
