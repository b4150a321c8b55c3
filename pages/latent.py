"""The Latent page: hold a model by its sliders, walk through its space, give it pictures."""

import base64
from typing import Any

from aigc_core.common.errors import DataError
from aigc_core.serving.api import latent, run_views
from pages.server_functions import answering, cancel, job, language, number, sample, serializable, text, which, whole
from pages.widget import widget

LARGEST_FILE = 40_000_000  # characters of an uploaded file in base64


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget(
        "latent",
        [
            runs, sample, describe, draw, code_of_seed, directions, learn, name_direction, forget_direction, plane,
            cloud, journey, combine, upload, search, neighbours, job, cancel, save, film, reopened,
        ],
    )  # fmt: skip


# -- what the page asks: each takes one JSON object ---------------------------------------------------------


@answering
def runs(values: dict[str, Any]) -> dict[str, Any]:
    return {"runs": run_views.models("pictures"), "ready": latent.ready()}


@answering
def describe(values: dict[str, Any]) -> dict[str, Any]:
    return latent.describe(*which(values))


@answering
def draw(values: dict[str, Any]) -> Any:
    return serializable(latent.draw(*which(values), values.get("points") or []))


@answering
def code_of_seed(values: dict[str, Any]) -> list[float]:
    return latent.code_of_seed(*which(values), whole(values.get("seed"), 0))


@answering
def directions(values: dict[str, Any]) -> dict[str, Any]:
    return latent.directions(*which(values))


@answering
def learn(values: dict[str, Any]) -> str:
    return latent.learn(*which(values))


@answering
def name_direction(values: dict[str, Any]) -> dict[str, Any]:
    return latent.name_direction(*which(values), text(values, "name"), values.get("vector"))


@answering
def forget_direction(values: dict[str, Any]) -> bool:
    latent.forget_direction(text(values, "run"), text(values, "id"))
    return True


@answering
def plane(values: dict[str, Any]) -> Any:
    return serializable(
        latent.plane(
            *which(values),
            values.get("origin") or {},
            values.get("across"),
            values.get("up"),
            number(values.get("reach"), 3.0),
            whole(values.get("side"), 15),
        )
    )


@answering
def cloud(values: dict[str, Any]) -> Any:
    return latent.cloud(*which(values))


@answering
def journey(values: dict[str, Any]) -> Any:
    part = number(values.get("part"), 0.0)
    return serializable(latent.journey(*which(values), values.get("stops") or [], part, text(values, "kind")))


@answering
def combine(values: dict[str, Any]) -> dict[str, Any]:
    a, b, c = (values.get(key) or {} for key in "abc")
    return latent.combine(a, b, c)


@answering
def upload(values: dict[str, Any]) -> Any:
    return serializable(latent.upload(*which(values), _bytes(values.get("file"))))


@answering
def search(values: dict[str, Any]) -> str:
    hidden = values.get("hidden")
    return latent.search(
        *which(values),
        _picture(values.get("picture")),
        None if hidden is None else _bytes(hidden),
        whole(values.get("shrink"), 1),
    )


@answering
def neighbours(values: dict[str, Any]) -> str:
    return latent.neighbours(*which(values), _picture(values.get("picture")))


@answering
def save(values: dict[str, Any]) -> Any:
    seed = whole(values.get("seed"), -1)
    return serializable(
        latent.save(*which(values), values.get("point") or {}, label=language(values), seed=seed if seed >= 0 else None)
    )


@answering
def film(values: dict[str, Any]) -> str:
    form: Any = text(values, "form")
    return latent.film(
        *which(values),
        form,
        values.get("stops") or [],
        seconds=number(values.get("seconds"), 0.0),
        kind=text(values, "kind"),
        label=language(values),
    )


@answering
def reopened(values: dict[str, Any]) -> dict[str, Any]:
    return latent.reopened(_bytes(values.get("file")))


# -- plain JSON from and to bytes ---------------------------------------------------------------------------


def _bytes(value: Any) -> bytes:
    """A file or pixels in base64.

    Raises:
        DataError: it is not that, or far too long.
    """
    if not isinstance(value, str):
        raise DataError("upload.broken", "The file did not arrive whole; try again.")
    if len(value) > LARGEST_FILE:
        raise DataError("upload.large_file", "The file is larger than {limit} MB.", limit=LARGEST_FILE * 3 // 4_000_000)
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as problem:
        raise DataError("upload.broken", "The file did not arrive whole; try again.") from problem


def _picture(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {"pixels": _bytes(value.get("pixels")), "shape": value.get("shape")}
