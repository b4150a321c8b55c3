"""The page “Publish”: a run becomes a model for everybody, or one of the Hub becomes a run."""

from typing import Any

from aigc_core.serving import api
from aigc_core.serving.api import hub as door
from pages.answers import answering, cancel, job, text
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("publish", [runs, offers, card, pack, push, pull, job, cancel])


@answering
def runs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [*api.models("pictures"), *api.models("text")]


@answering
def offers(values: dict[str, Any]) -> dict[str, Any]:
    return door.offers()


@answering
def card(values: dict[str, Any]) -> str:
    return door.card(text(values, "run"), text(values, "licence"), text(values, "place"))


@answering
def pack(values: dict[str, Any]) -> str:
    return door.zipped(text(values, "run"), text(values, "licence"))


@answering
def push(values: dict[str, Any]) -> str:
    private = values.get("private") is True
    return door.push(text(values, "run"), text(values, "place"), text(values, "licence"), private)


@answering
def pull(values: dict[str, Any]) -> str:
    return door.pull(text(values, "place"))
