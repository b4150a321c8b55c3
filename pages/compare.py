"""The Compare page: several runs side by side."""

from typing import Any

from aigc_core.serving.api import compare as compare_api
from aigc_core.serving.api import run_views
from pages.server_functions import answering, cancel, job, sample, serializable
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("compare", [runs, compare, table, curves, tensorboard, sample, job, cancel])


@answering
def runs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return run_views.runs()


@answering
def compare(values: dict[str, Any]) -> dict[str, Any]:
    return compare_api.compare(_names(values))


@answering
def table(values: dict[str, Any]) -> Any:
    return _csv("runs.csv", compare_api.table(_names(values)))


@answering
def curves(values: dict[str, Any]) -> Any:
    return _csv("curves.csv", compare_api.curves(_names(values)))


@answering
def tensorboard(values: dict[str, Any]) -> str:
    return compare_api.tensorboard(_names(values))


def _csv(name: str, content: str) -> Any:
    """A file as `download` of our widgets takes it; the mark in front tells spreadsheets that it is UTF-8."""
    return serializable({"name": name, "type": "text/csv", "content": content.encode("utf-8-sig")})


def _names(values: dict[str, Any]) -> list[str]:
    names = values.get("runs")
    return [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
