"""The Lab page: a GAN or a VAE that learns points in the plane, step by step."""

from typing import Any

from aigc_core.serving.api import playground as api
from pages.server_functions import answering, serializable, text, whole
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("lab", [defaults, begin, advance])


@answering
def defaults(values: dict[str, Any]) -> dict[str, Any]:
    return api.defaults()


@answering
def begin(values: dict[str, Any]) -> Any:
    return serializable(api.begin(_settings(values)))


@answering
def advance(values: dict[str, Any]) -> Any:
    return serializable(
        api.advance(text(values, "lab"), _settings(values), whole(values.get("steps"), 0), values.get("which"))
    )


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    settings = values.get("settings")
    return settings if isinstance(settings, dict) else {}
