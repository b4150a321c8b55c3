"""Lessons: everybody trains the same number of steps, within a limit of minutes.

Where the machine is too slow for both, that is said, and a finished run that came with the program stands in."""

import math
from contextlib import suppress
from typing import Literal

from typing_extensions import TypedDict

from aigc_core.common.class_rules import rules
from aigc_core.common.errors import AigcError, ConfigError
from aigc_core.families.config import RunConfig
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status
from aigc_core.serving.classroom import quotas

ENOUGH = 0.95  # of the steps: what is timed is not timed better than that
LONGEST = 100_000  # minutes


class StandIn(TypedDict):
    """A finished run that came along; `same`: trained with the same settings, but for how long."""

    name: str
    data: str
    steps: int
    same: bool


class Outlook(TypedDict):
    """Why a training does not come to its end: by which limit in `minutes` it ends at about step `reaches` of `steps`;
    or it is to wait for `wait` minutes, longer than the limit."""

    why: Literal["slow", "ended", "waits"]
    minutes: float
    reaches: int
    steps: int
    wait: float
    stand_in: StandIn | None


def cap_of(given: str | None) -> float | None:
    """The limit that a lesson link gives, in minutes; None where it gives none.

    Raises:
        ConfigError: it is no number above 0.
    """
    if not given:
        return None
    with suppress(ValueError):
        minutes = float(given)
        if 0 < minutes <= LONGEST:
            return minutes
    raise ConfigError("lesson.bad_cap", "The lesson's limit must be a number of minutes, not “{given}”.", given=given)


def foresee(config: RunConfig, step_s: float, cap: float | None) -> Outlook | None:
    """Before the start, at a measured pace: whether a limit ends it long before its steps are done."""
    allowed = rules()
    in_class = allowed.minutes if allowed and quotas.is_student() else math.inf
    limit = min(cap or math.inf, in_class)
    return None if config.minutes else _too_slow(config, limit, 60 * limit / step_s)


def outlook(run: Run, status: Status) -> Outlook | None:
    """Likewise of a run, by what is known of it now; None where it comes to its end."""
    limit = min(run.manifest.limit("minutes"), run.manifest.limit("lesson_minutes"))
    if math.isinf(limit) or run.shipped or status.state == "done":
        return None
    config: RunConfig = run.config()
    if config.minutes:
        return None
    if status.state == "queued":
        wait = (status.message or {}).get("values", {}).get("minutes")
        late = isinstance(wait, int | float) and wait > limit
        return _outlook(config, "waits", limit, 0, float(wait)) if late and wait is not None else None
    if status.active and status.steps_per_s:
        left_s = max(0.0, 60 * limit - status.elapsed_s)
        return _too_slow(config, limit, status.step + left_s * status.steps_per_s)
    if not status.active and status.elapsed_s >= 60 * limit and status.step < config.steps:
        return _outlook(config, "ended", limit, status.step)
    return None


def _too_slow(config: RunConfig, limit: float, reaches: float) -> Outlook | None:
    return None if reaches >= ENOUGH * config.steps else _outlook(config, "slow", limit, int(reaches))


def _outlook(
    config: RunConfig, why: Literal["slow", "ended", "waits"], limit: float, reaches: int, wait: float = 0.0
) -> Outlook:
    return {
        "why": why, "minutes": limit, "reaches": reaches, "steps": config.steps, "wait": wait,
        "stand_in": stand_in(config),
    }  # fmt: skip


def stand_in(config: RunConfig) -> StandIn | None:
    """The finished run that came along and is the most like such a training: of its family and kind of data, if there
    is one of the same settings, else of the same data, else the one that agrees in most settings."""
    learned = config.keys_with("curves") - {"steps", "minutes"}
    found: list[tuple[tuple[bool, bool, int], StandIn]] = []
    for run in list_runs():
        with suppress(AigcError):
            other: RunConfig = run.config()
            if not run.shipped or other.family != config.family or other.makes != config.makes:
                continue
            if (config.data == "points") != (other.data == "points"):
                continue
            alike = sum(getattr(other, key) == getattr(config, key) for key in learned)
            same = alike == len(learned)
            entry: StandIn = {"name": run.name, "data": other.data, "steps": run.status().step, "same": same}
            found.append(((same, other.data == config.data, alike), entry))
    return max(found, key=lambda one: one[0])[1] if found else None
