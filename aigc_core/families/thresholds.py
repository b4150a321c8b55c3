"""What a figure must be: conditions as a person writes them, for example ``coverage > 0.6, classes_missing < 1``."""

import math
import re
from dataclasses import dataclass
from typing import Any

from aigc_core.common.errors import ConfigError

THRESHOLD = re.compile(r"\s*([a-z][a-z0-9_]*)\s*([<>])\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*")
MOST_THRESHOLDS = 20


@dataclass(frozen=True)
class Threshold:
    """`figure` must be below (<) or above (>) `limit`."""

    figure: str
    sign: str
    limit: float

    def passed(self, figures: dict[str, Any]) -> bool | None:
        """Whether the figure is on the right side; None if it was not measured."""
        value = figures.get(self.figure)
        if value is None:
            return None
        return bool(value < self.limit) if self.sign == "<" else bool(value > self.limit)


def thresholds(gate: str, known: tuple[str, ...] = ()) -> list[Threshold]:
    """The thresholds of a gate as it is written; none if it is empty.

    Args:
        known: names of the figures that there are; empty = any.

    Raises:
        ConfigError: it cannot be read, or names a figure that does not exist.
    """
    found = []
    for part in filter(str.strip, gate.split(",")):
        match = THRESHOLD.fullmatch(part)
        if match is None:
            raise ConfigError(
                "gate.unreadable",
                "“{part}” is no condition; write a figure, < or >, and a number, for example “coverage > 0.6”.",
                part=part.strip()[:80],
            )
        if known and match[1] not in known:
            raise ConfigError(
                "gate.unknown_figure",
                "There is no figure “{figure}” to hold a model against; known are: {known}.",
                figure=match[1],
                known=", ".join(known),
            )
        limit = float(match[3])
        if not math.isfinite(limit):
            raise ConfigError("gate.no_number", "“{part}” has a number that is too large.", part=part.strip()[:80])
        found.append(Threshold(match[1], match[2], limit))
    if len(found) > MOST_THRESHOLDS:
        raise ConfigError("gate.too_many", "A gate has at most {most} conditions.", most=MOST_THRESHOLDS)
    return found
