"""The Lab page: a GAN or a VAE that learns points in the plane, step by step."""

from aigc_core.serving.api import playground
from pages.server_functions import anything, mapping, query, table, text, whole
from pages.widget import widget

SETTINGS = mapping("settings")

FUNCTIONS = table(
    defaults=query(playground.defaults),
    begin=query(playground.start, SETTINGS),
    advance=query(playground.advance, text("lab"), SETTINGS, whole("steps", 0), anything("which")),
)


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("lab", list(FUNCTIONS.values()))
