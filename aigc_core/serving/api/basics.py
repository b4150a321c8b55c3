"""The door for the small things: distributions, losses, optimisers, and formulas that are copied and wrong."""

from typing import Any

from aigc_core.common.progress import ProgressCallback
from aigc_core.demos import basics
from aigc_core.serving import jobs


def parameters() -> dict[str, Any]:
    """What can be moved: `distributions` (each its parameters as name, least, most, usual) and `surfaces`."""
    return {"distributions": basics.PARAMETERS, "surfaces": list(basics.BEGIN)}


def distribution(kind: str, values: dict[str, float], draws: int, seed: int) -> dict[str, Any]:
    """See `aigc_core.demos.basics.distribution`."""
    return basics.distribution(kind, values, draws, seed)


def losses() -> dict[str, list[float]]:
    """See `aigc_core.demos.basics.losses`."""
    return basics.losses()


def race(surface: str, lr: float, steps: int) -> dict[str, Any]:
    """See `aigc_core.demos.basics.race`."""
    return basics.race(surface, lr, steps)


def show_mistake(mistake: str) -> str:
    """Train a wrong formula next to the right one in the background; returns the job's name (see
    `aigc_core.demos.common_mistakes.show`)."""

    def work(look: ProgressCallback) -> dict[str, Any]:
        from aigc_core.demos import common_mistakes

        return common_mistakes.show(mistake, look)

    return jobs.begin(work)
