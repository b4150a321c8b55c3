"""The page “Is it useful?”: small tasks, each measured when somebody asks."""

from aigc_core.serving.api import use_cases
from pages.server_functions import cancel, job, query, table, text
from pages.widget import widget

FUNCTIONS = table(
    scenarios=query(use_cases.scenarios),
    measure=query(use_cases.measure, text("scenario")),
    job=job,
    cancel=cancel,
)


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("useful", list(FUNCTIONS.values()))
