"""The Latent page: hold a model by its sliders, walk through its space, give it pictures."""

import base64
from pathlib import Path
from typing import Any

import gradio as gr

from aigc_core.errors import DataError
from aigc_core.studio import latent
from pages.answers import answering, sample, text

FOLDER = Path(__file__).parent / "static" / "latent"
SCRIPTS = ("widgets", "state", "sliders", "map", "picture", "journey", "mix", "page")  # in the order they build up
LARGEST_FILE = 40_000_000  # characters of an uploaded file in base64


def build() -> None:
    """Draw the page into the Blocks that are open."""
    gr.HTML(
        "",
        elem_id="latent",
        html_template=(FOLDER / "page.html").read_text(encoding="utf-8"),
        js_on_load="\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS),
        server_functions=[
            runs, sample, describe, draw, code_of_seed, directions, learn, name_direction, forget_direction, plane,
            cloud, journey, combine, upload, search, neighbours, job, cancel, save, film, reopened,
        ],
        apply_default_css=False,
    )  # fmt: skip


# -- what the page asks: each takes one JSON object ---------------------------------------------------------


@answering
def runs(values: dict[str, Any]) -> dict[str, Any]:
    return {"runs": latent.picture_runs(), "ready": latent.ready()}


@answering
def describe(values: dict[str, Any]) -> dict[str, Any]:
    return latent.describe(*_which(values))


@answering
def draw(values: dict[str, Any]) -> Any:
    return _sent(latent.draw(*_which(values), values.get("points") or []))


@answering
def code_of_seed(values: dict[str, Any]) -> list[float]:
    return latent.code_of_seed(*_which(values), _whole(values.get("seed"), 0))


@answering
def directions(values: dict[str, Any]) -> dict[str, Any]:
    return latent.directions(*_which(values))


@answering
def learn(values: dict[str, Any]) -> str:
    return latent.learn(*_which(values))


@answering
def name_direction(values: dict[str, Any]) -> dict[str, Any]:
    return latent.name_direction(*_which(values), text(values, "name"), values.get("vector"))


@answering
def forget_direction(values: dict[str, Any]) -> bool:
    latent.forget_direction(text(values, "run"), text(values, "id"))
    return True


@answering
def plane(values: dict[str, Any]) -> Any:
    return _sent(
        latent.plane(
            *_which(values),
            values.get("origin") or {},
            values.get("across"),
            values.get("up"),
            _number(values.get("reach"), 3.0),
            _whole(values.get("side"), 15),
        )
    )


@answering
def cloud(values: dict[str, Any]) -> Any:
    return latent.cloud(*_which(values))


@answering
def journey(values: dict[str, Any]) -> Any:
    part = _number(values.get("part"), 0.0)
    return _sent(latent.journey(*_which(values), values.get("stops") or [], part, text(values, "kind")))


@answering
def combine(values: dict[str, Any]) -> dict[str, Any]:
    a, b, c = (values.get(key) or {} for key in "abc")
    return latent.combine(a, b, c)


@answering
def upload(values: dict[str, Any]) -> Any:
    return _sent(latent.upload(*_which(values), _bytes(values.get("file"))))


@answering
def search(values: dict[str, Any]) -> str:
    hidden = values.get("hidden")
    return latent.search(
        *_which(values),
        _picture(values.get("picture")),
        None if hidden is None else _bytes(hidden),
        _whole(values.get("shrink"), 1),
    )


@answering
def neighbours(values: dict[str, Any]) -> str:
    return latent.neighbours(*_which(values), _picture(values.get("picture")))


@answering
def job(values: dict[str, Any]) -> Any:
    return _sent(latent.job(text(values, "job")))


@answering
def cancel(values: dict[str, Any]) -> bool:
    latent.cancel(text(values, "job"))
    return True


@answering
def save(values: dict[str, Any]) -> Any:
    seed = _whole(values.get("seed"), -1)
    return _sent(
        latent.save(*_which(values), values.get("point") or {}, label=_label(values), seed=seed if seed >= 0 else None)
    )


@answering
def film(values: dict[str, Any]) -> str:
    form: Any = text(values, "form")
    return latent.film(
        *_which(values),
        form,
        values.get("stops") or [],
        seconds=_number(values.get("seconds"), 0.0),
        kind=text(values, "kind"),
        label=_label(values),
    )


@answering
def reopened(values: dict[str, Any]) -> dict[str, Any]:
    return latent.reopened(_bytes(values.get("file")))


# -- plain JSON from and to bytes ---------------------------------------------------------------------------


def _which(values: dict[str, Any]) -> tuple[str, int | None]:
    step = _whole(values.get("step"), -1)
    return text(values, "run"), step if step >= 0 else None


def _label(values: dict[str, Any]) -> Any:
    return text(values, "label") if text(values, "label") in ("en", "zh") else None


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31 else otherwise


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e9 else otherwise


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


def _sent(value: Any) -> Any:
    """Bytes as base64, wherever they are."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _sent(one) for key, one in value.items()}
    return value
