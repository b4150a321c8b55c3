"""The gate: train -> judge -> passed? -> use it, else train again with what the doctor advises.

What a model must reach is the setting `gate` of its run, so every recipe has one and anybody may change it.
Importable without torch.
"""

from contextlib import suppress
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from aigc_core.common.errors import AigcError, RunError
from aigc_core.evaluation import diagnostics
from aigc_core.evaluation.cost import cost
from aigc_core.families.thresholds import thresholds
from aigc_core.runs.listing import run_named
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


MOST_TRIES = 20
MOST_GROWTH = 4  # times the first attempt's budget
