"""What the Basics page asks: distributions, losses, optimizers, and formulas that are copied and wrong."""

from typing import TYPE_CHECKING, TypedDict

from aigc_core.demos import basics
from aigc_core.serving import jobs
from aigc_core.serving.lazy import LazyFunctions

if TYPE_CHECKING:
    from aigc_core.demos import common_mistakes
else:
    common_mistakes = LazyFunctions("aigc_core.demos.common_mistakes")

distribution, losses, race = basics.distribution, basics.losses, basics.race


class Parameters(TypedDict):
    """What can be moved: of each distribution its parameters as name, least, most, usual; and the surfaces."""

    distributions: dict[str, list[tuple[str, float, float, float]]]
    surfaces: list[str]


def parameters() -> Parameters:
    """What the page can offer."""
    return {"distributions": basics.PARAMETERS, "surfaces": list(basics.START)}


def show_mistake(mistake: str) -> str:
    """Train a wrong formula next to the right one in the background; returns the job."""
    return jobs.start(lambda progress: common_mistakes.show(mistake, progress))
