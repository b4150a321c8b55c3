"""The gate: train -> judge -> passed? -> use it, else train again with what the doctor advises.

What a model must reach is the setting `gate` of its run, so every recipe has one and anybody may change it.
Importable without torch.
"""

from contextlib import suppress
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from aigc_core.common.errors import AigcError, RunError, message
from aigc_core.evaluation import diagnostics
from aigc_core.evaluation.cost import cost
from aigc_core.families.thresholds import thresholds
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status

Verdict = Literal["ready", "not-ready", "cannot-judge"]


class _Condition(TypedDict):
    figure: str
    sign: Literal["<", ">"]
    limit: float
    value: float | None
    passed: bool | None
    applies: NotRequired[bool]  # not in what older versions wrote


class _Said(TypedDict):
    key: str
    text: str
    values: dict[str, Any]
    template: NotRequired[str]  # not in what older versions wrote


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
    conditions: list[_Condition]
    why: NotRequired[_Said | None]
    figures: dict[str, Any]
    findings: list[_Found]
    changes: dict[str, Any]
    cost: _Cost
    trained_to: NotRequired[int | None]


_JUDGEMENT = TypeAdapter(_Judgement)


def judgement(run: Run) -> dict[str, Any] | None:
    """What `judge` found, or None if the run was not judged yet, or trained on since."""
    try:
        found: dict[str, Any] = dict(_JUDGEMENT.validate_python(run.judgement(), strict=True))
    except (OSError, ValueError):
        return None
    if found.get("trained_to") != run.checkpoints.marked("last"):
        return None
    conditions: list[dict[str, Any]] = found["conditions"]
    return found | {"verdict": verdict_of(conditions), "why": found.get("why")}


def verdict_of(conditions: list[dict[str, Any]]) -> Verdict:
    """Not ready if one condition is not met. Ready if all that apply to the data were measured and met, and there is
    one at all. What was not measured is neither."""
    applying = [one for one in conditions if one.get("applies", True)]
    if any(one["passed"] is False for one in applying):
        return "not-ready"
    return "ready" if applying and all(one["passed"] for one in applying) else "cannot-judge"


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


def verdict(run: Run) -> Verdict | None:
    """Of a run that was judged; None of others. What comes with the program met the conditions of its family before
    (`tests/test_shipped_models.py`)."""
    if run.shipped:
        return "ready"
    judged = judgement(run)
    return None if judged is None else judged["verdict"]


def judge(run: Run) -> dict[str, Any]:
    """Measure a run's best checkpoint on held-out data, hold it against its gate, and keep that in the run (unless it
    came with the program).

    Returns:
        `verdict` (see `verdict_of`), and where it cannot be judged a sentence `why`; `conditions`: each threshold with
        whether it `applies` to data of this kind, the `value` found and whether it `passed`, both None where it was not
        measured; `figures`, `findings` of the doctor, `changes` to try next, `cost` (see `cost`), and `trained_to`.

    Raises:
        AigcError: there is no checkpoint, or the data is gone.
    """
    from aigc_core.evaluation.evaluate import evaluate

    figures = {name: one for name, one in evaluate(run, "end").items() if name not in ("run", "family", "data")}
    config, info = run.config(), run.dataset_info()
    impossible = config.figures_not_of(info) if info else frozenset()
    conditions = held_against(config.gate, figures, impossible)
    found = verdict_of(conditions)
    if not run.shipped:
        run.event_log.append("judged", run.status().step, figures=figures, verdict=found)
    findings = diagnostics.plain(diagnostics.diagnose(run))
    judged = {
        "conditions": conditions,
        "why": _why_not_judged(conditions, figures) if found == "cannot-judge" else None,
        "figures": figures,
        "findings": findings,
        "changes": next_changes(run, findings) if found == "not-ready" else {},
        "cost": cost(run),
        "trained_to": run.checkpoints.marked("last"),
    }
    if not run.shipped:
        run.set_judgement(judged)
    return judged | {"verdict": found}


def held_against(gate: str, figures: dict[str, Any], impossible: frozenset[str]) -> list[dict[str, Any]]:
    """The conditions of a gate with what was found; those on `impossible` figures do not apply."""
    return [
        {"figure": one.figure, "sign": one.sign, "limit": one.limit, "applies": one.figure not in impossible,
         "value": figures.get(one.figure), "passed": one.passed(figures)}
        for one in thresholds(gate)
    ]  # fmt: skip


def _why_not_judged(conditions: list[dict[str, Any]], figures: dict[str, Any]) -> dict[str, Any]:
    """What kept a model from being judged, as a sentence."""
    from aigc_core.metrics.sample_quality import LEAST_COMPARED

    if not any(one["applies"] for one in conditions):
        return message("gate.no_conditions", "No condition that applies to this data is set.")
    if "reference" in figures and figures["n"] < LEAST_COMPARED:
        return message(
            "gate.too_few",
            "With {n} examples nothing can be compared; at least {least} are needed.",
            n=figures["n"],
            least=LEAST_COMPARED,
        )
    return message("gate.not_measured", "Not every figure that the conditions ask for could be measured.")


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
