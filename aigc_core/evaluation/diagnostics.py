"""The doctor: rules over a run's events. Each names what goes wrong, shows it by numbers, and says what helps.

The rules are those of every family (`aigc_core.families.diagnosis`) and the run's family's own. Importable without
torch.
"""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aigc_core.common.errors import ConfigError
from aigc_core.common.jsonl import is_number
from aigc_core.families import diagnosis_rules
from aigc_core.families.diagnosis import RULES, Case, Finding
from aigc_core.runs.event_log import Event, thinned
from aigc_core.runs.run import Run

MOST_POINTS = 2000  # of each curve that is looked at


def diagnose(run: Run) -> list[Finding]:
    """What is wrong with a run as far as it has come, the serious first; nothing if it is well or too young.

    Raises:
        RunError: it cannot be read.
    """
    return findings(case_of(run))


def findings(case: Case) -> list[Finding]:
    """Of one case, the serious first."""
    own = diagnosis_rules(case.config.family)
    hits = [(rule, one) for rule in own if (one := rule.look(case)) is not None]
    explained = {name for rule, _ in hits for name in rule.explains}
    general = [one for rule in RULES if (one := rule.look(case)) is not None and one.name not in explained]
    order = {"serious": 0, "warning": 1, "hint": 2}
    return sorted([*general, *(one for _, one in hits)], key=lambda one: order[one.level])


def plain(found: list[Finding]) -> list[dict[str, Any]]:
    """Findings as plain values, for pages and files."""
    return [asdict(one) for one in found]


def case_of(run: Run) -> Case:
    """Gather what the rules need."""
    config, status = run.config(), run.status()
    budget = 60 * config.minutes if config.minutes else config.steps
    done = status.elapsed_s if config.minutes else status.step
    failed = status.message if status.state == "failed" else None
    case = Case(config, run.dataset_info(), status.step, min(1.0, done / budget), failed)
    at_the_end: dict[str, list[tuple[int, Any]]] = {}
    for event in thinned(run.events()[0], MOST_POINTS):
        kind, step = event["kind"], event["step"]
        if kind == "metrics":
            for name, value in event["values"].items():
                case.curves.setdefault(name, []).append((step, value))
        elif kind == "eval":
            for name, value in _figures(event).items():
                case.held_out.setdefault(name, []).append((step, value))
        elif kind == "judged":
            at_the_end = {name: [(step, value)] for name, value in _figures(event).items()}
        elif kind == "set":
            with suppress(ConfigError):
                case.config = config = config.checked_live(event["changes"])
    # Of the best checkpoint; what was measured all along does not get another point.
    case.held_out = at_the_end | case.held_out
    return case


def _figures(event: Event) -> dict[str, Any]:
    """The held-out figures of an event that are numbers or lists of them; a damaged file may hold anything."""
    return {
        name: value
        for name, value in event["figures"].items()
        if is_number(value) or (isinstance(value, list) and all(map(is_number, value)))
    }
