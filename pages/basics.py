"""The Basics page: distributions, losses, optimizers, and wrong formulas with what they do."""

from aigc_core.serving.api import basics
from pages.server_functions import cancel, job, number, numbers, query, table, text, whole
from pages.widget import widget

FUNCTIONS = table(
    parameters=query(basics.parameters),
    distribution=query(basics.distribution, text("kind"), numbers("values"), whole("draws", 1), whole("seed", 0)),
    losses=query(basics.losses),
    race=query(basics.race, text("surface"), number("lr", 0.0), whole("steps", 1)),
    mistake=query(basics.show_mistake, text("mistake")),
    job=job,
    cancel=cancel,
)


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("basics", list(FUNCTIONS.values()))
