"""A picture model in use: positions in its latent space, decoded to pictures."""

from concurrent.futures import Future
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError
from torch import Tensor

from aigc_core.common.device import device_of
from aigc_core.common.errors import DataError, RunError
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.common.rng import normal_per_sample
from aigc_core.families.capabilities import Encodes
from aigc_core.families.image import ImageFamily, as_array
from aigc_core.inference import model_cache
from aigc_core.runs.run import Run

LARGEST = 1e4  # of a code's numbers; no model has learned anything that far out
Number = Annotated[FiniteFloat, Field(ge=-LARGEST, le=LARGEST)]
Code = Annotated[list[Number], Field(min_length=1, max_length=1024)]
BATCH = 8  # codes decoded at once; a smaller request is filled up, so that a picture does not depend on its company
MOST_POINTS = 512
MOST_TRUNCATION = 2.0  # above, pictures are only noise


class Point(BaseModel):
    """A place in the space of codes, and how to draw it.

    `truncation` multiplies the code (below 1: nearer to the average, Brock 2019); `other` is a second code that
    takes over from layer `mix_from` on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    z: Code
    label: Annotated[int, Field(ge=0, lt=1024)] | None = None
    truncation: float = Field(1.0, ge=0, le=MOST_TRUNCATION, allow_inf_nan=False)
    other: Code | None = None
    mix_from: int = Field(0, ge=0, le=64)


_POINTS = TypeAdapter(Annotated[list[Point], Field(max_length=MOST_POINTS)])


def open_model(run: Run, step: int | None) -> tuple[model_cache.Model, ImageFamily]:
    """The loaded model of a run that makes pictures.

    Raises:
        RunError: it makes something else, or has no such checkpoint.
    """
    model = model_cache.load(run, step)
    family = model.family
    if not isinstance(family, ImageFamily) or len(family.info.shape) != 3:
        raise RunError("run.no_pictures", "{name} makes no pictures; choose a run that does.", name=run.name)
    return model, family


def describe(run: Run, step: int | None) -> dict[str, Any]:
    """What a page must know to draw its controls for a run."""
    model, family = open_model(run, step)
    return {
        "run": run.name,
        "step": model.step,
        "steps": run.checkpoints.steps(),
        "shape": list(family.info.shape),
        "latent_size": family.config.latent_size,
        "class_names": family.info.class_names if family.classes else [],
        "layers": family.layers,
        "encodes": isinstance(family, Encodes),
        "data": family.config.data,
    }


def parse_points(values: object) -> list[Point]:
    """Points from plain values.

    Raises:
        DataError: not a list of points, or a number that is none.
    """
    try:
        return _POINTS.validate_python(values, strict=True)
    except ValidationError as problem:
        raise DataError(
            "explore.bad_point",
            "The values of this position in the latent space are not valid; choose another one.",
        ) from problem


def decode_points(
    run: Run,
    step: int | None,
    where: list[Point],
    batch: int = BATCH,
    progress: ProgressCallback = silent,
) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) of points, `batch` of them decoded at once; `progress` hears of each batch.

    Raises:
        RunError, DataError: no such run or step; codes of another length, classes that it does not know.
    """
    model, family = open_model(run, step)
    _check_points(family, where)
    if len(where) == 1:
        return _decode_shared(model, family, where[0])[None]
    made = []
    for first in range(0, len(where), batch):
        progress(first / len(where), None)
        with model.lock:
            made.append(_decode_batch(family, where[first : first + batch], batch))
    return np.concatenate(made) if made else np.zeros((0, 1, 1, 1), np.uint8)


def _decode_shared(model: model_cache.Model, family: ImageFamily, point: Point) -> np.ndarray:
    """One picture uint8 (H, W, C); whoever has the model draws for all who wait, in batches."""
    mine: Future[np.ndarray] = Future()
    model.waiting.append((point, mine))
    with model.lock:
        while not mine.done():
            some = [model.waiting.popleft() for _ in range(min(BATCH, len(model.waiting)))]
            try:
                made = _decode_batch(family, [one for one, _ in some], BATCH)
            except Exception as problem:  # noqa: BLE001 — whoever waits must hear of it
                for _, theirs in some:
                    theirs.set_exception(problem)
                continue
            for (_, theirs), picture in zip(some, made, strict=True):
                theirs.set_result(picture)
    return mine.result()


def _decode_batch(family: ImageFamily, where: list[Point], batch: int) -> np.ndarray:
    """At most `batch` pictures, always computed as so many."""
    z, labels = _latent_tensors(family, where + [where[-1]] * (batch - len(where)))
    with torch.inference_mode():
        return as_array(family.decode(family.networks, z, labels))[: len(where)]


def _check_points(family: ImageFamily, where: list[Point]) -> None:
    size = family.config.latent_size
    for one in where:
        if len(one.z) != size or (one.other is not None and len(one.other) != size):
            raise DataError(
                "explore.wrong_size",
                "This position has {given} numbers and the model's code has {size}; it belongs to another model.",
                given=len(one.z),
                size=size,
            )
        if family.classes and not 0 <= (one.label or 0) < family.classes:
            raise DataError(
                "explore.no_such_class", "The model knows {count} classes, counted from 0.", count=family.classes
            )


def _latent_tensors(family: ImageFamily, where: list[Point]) -> tuple[Tensor, Tensor | None]:
    z = torch.tensor([one.z for one in where], dtype=torch.float32)
    scale = torch.tensor([one.truncation for one in where])[:, None]
    z = z * scale
    if any(one.other is not None for one in where):
        other = torch.tensor([one.other or one.z for one in where], dtype=torch.float32) * scale
        layer = torch.arange(family.layers)[None, :, None]
        start = torch.tensor([family.layers if one.other is None else one.mix_from for one in where])[:, None, None]
        z = torch.where(layer < start, z[:, None], other[:, None])
        if family.layers == 1:
            z = z[:, 0]
    labels = torch.tensor([one.label or 0 for one in where]) if family.classes else None
    return z.to(device_of(family.networks)), None if labels is None else labels.to(device_of(family.networks))


def code_of_seed(run: Run, step: int | None, seed: int) -> list[float]:
    """The code that a seed stands for: that of the first picture that `sample --seed` makes."""
    _, family = open_model(run, step)
    return rounded(normal_per_sample(1, family.config.latent_size, seed)[0].numpy())


def rounded(values: np.ndarray) -> list[float]:
    return [float(f"{one:.6g}") for one in values]


# -- directions -----------------------------------------------------------------------------------------


# -- map and clouds -------------------------------------------------------------------------------------


# -- a given picture ------------------------------------------------------------------------------------


# -- is it new? -----------------------------------------------------------------------------------------


# -- journeys -------------------------------------------------------------------------------------------
