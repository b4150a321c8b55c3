"""The page “Publish”: a run becomes a model for everybody, or one of the Hub becomes a run."""

from typing import Any

from aigc_core.serving.api import hub as hub_api
from aigc_core.serving.api import run_views
from pages.server_functions import answering, cancel, job, text
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("publish", [runs, offers, card, pack, push, pull, job, cancel])


@answering
def runs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [*run_views.models("pictures"), *run_views.models("text")]


@answering
def offers(values: dict[str, Any]) -> dict[str, Any]:
    return hub_api.offers()


@answering
def card(values: dict[str, Any]) -> str:
    return hub_api.card(text(values, "run"), text(values, "licence"), text(values, "place"))


@answering
def pack(values: dict[str, Any]) -> str:
    return hub_api.zipped(text(values, "run"), text(values, "licence"))


@answering
def push(values: dict[str, Any]) -> str:
    private = values.get("private") is True
    return hub_api.push(text(values, "run"), text(values, "place"), text(values, "licence"), private)


@answering
def pull(values: dict[str, Any]) -> str:
    return hub_api.pull(text(values, "place"))
