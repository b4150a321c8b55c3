"""The page “Publish”: a run becomes a model for everybody, or one of the Hub becomes a run."""

from aigc_core.serving.api import hub
from pages.server_functions import RUN, cancel, flag, job, query, table, text
from pages.widget import widget

LICENCE, PLACE = text("licence"), text("place")

FUNCTIONS = table(
    runs=query(hub.models),
    offers=query(hub.offers),
    card=query(hub.card, RUN, LICENCE, PLACE),
    pack=query(hub.write_zip, RUN, LICENCE),
    push=query(hub.push, RUN, PLACE, LICENCE, flag("private")),
    pull=query(hub.pull, PLACE),
    job=job,
    cancel=cancel,
)


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("publish", list(FUNCTIONS.values()))
