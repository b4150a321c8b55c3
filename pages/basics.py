"""The Basics page: distributions, losses, optimisers, and wrong formulas with what they do."""

from typing import Any

from aigc_core.serving.api import basics as api
from pages.server_functions import answering, cancel, job, number, text, whole
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("basics", [parameters, distribution, losses, race, mistake, job, cancel])


@answering
def parameters(values: dict[str, Any]) -> dict[str, Any]:
    return api.parameters()


@answering
def distribution(values: dict[str, Any]) -> dict[str, Any]:
    given = values.get("values")
    numbers = {str(name): number(one, float("nan")) for name, one in given.items()} if isinstance(given, dict) else {}
    return api.distribution(text(values, "kind"), numbers, whole(values.get("draws"), 1), whole(values.get("seed"), 0))


@answering
def losses(values: dict[str, Any]) -> dict[str, Any]:
    return api.losses()


@answering
def race(values: dict[str, Any]) -> dict[str, Any]:
    return api.race(text(values, "surface"), number(values.get("lr"), 0.0), whole(values.get("steps"), 1))


@answering
def mistake(values: dict[str, Any]) -> str:
    return api.show_mistake(text(values, "mistake"))
