"""The page “Is it useful?”: small tasks, each measured when somebody asks."""

from typing import Any

from aigc_core.serving.api import use_cases as api
from pages.server_functions import answering, cancel, job, text
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("useful", [scenarios, measure, job, cancel])


@answering
def scenarios(values: dict[str, Any]) -> list[str]:
    return list(api.SCENARIOS)


@answering
def measure(values: dict[str, Any]) -> str:
    return api.measure(text(values, "scenario"))
