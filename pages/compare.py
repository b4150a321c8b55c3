"""The Compare page: several runs side by side."""

from typing import Any

from aigc_core.serving import api
from aigc_core.serving.api import compare as door
from pages.answers import answering, cancel, job, sample, sent
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("compare", [runs, compare, table, curves, tensorboard, sample, job, cancel])


@answering
def runs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return api.runs()


@answering
def compare(values: dict[str, Any]) -> dict[str, Any]:
    return door.compare(_names(values))


@answering
def table(values: dict[str, Any]) -> Any:
    return _csv("runs.csv", door.table(_names(values)))


@answering
def curves(values: dict[str, Any]) -> Any:
    return _csv("curves.csv", door.curves(_names(values)))


@answering
def tensorboard(values: dict[str, Any]) -> str:
    return door.tensorboard(_names(values))


def _csv(name: str, content: str) -> Any:
    """A file as `download` of our widgets takes it; the mark in front tells spreadsheets that it is UTF-8."""
    return sent({"name": name, "type": "text/csv", "content": content.encode("utf-8-sig")})


def _names(values: dict[str, Any]) -> list[str]:
    names = values.get("runs")
    return [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
