"""A map of a latent space: pictures on a plane through it, and where the classes lie."""

from contextlib import suppress
from typing import Annotated

import numpy as np
import torch
from pydantic import Field, TypeAdapter, ValidationError
from torch import Tensor
from typing_extensions import TypedDict

from aigc_core.common.device import device_of
from aigc_core.common.errors import DataError
from aigc_core.common.rng import normal_per_sample
from aigc_core.data.image_dataset import as_float
from aigc_core.families.capabilities import Encodes
from aigc_core.families.image import PART, ImageFamily, as_array
from aigc_core.inference import model_cache
from aigc_core.inference.latent.class_predictor import class_predictor
from aigc_core.inference.latent.session import Code, Point, decode_points, open_model
from aigc_core.inference.latent.training_data import training_images
from aigc_core.runs.additions import read_additions, write_addition
from aigc_core.runs.run import Run

CLOUD_SIZE = 1000


def decode_plane(
    run: Run, step: int | None, origin: Point, across: Code, up: Code, reach: float, side: int
) -> np.ndarray:
    """Pictures uint8 (side², H, W, C) on a grid of the plane through `origin` spanned by two unit vectors.

    Row by row from the top left; both coordinates run from −reach to reach standard deviations.
    """
    at = np.linspace(-reach, reach, side)
    base, u, v = (np.asarray(one, dtype=np.float64) for one in (origin.z, across, up))
    if not len(base) == len(u) == len(v):
        raise DataError("explore.bad_plane", "A map needs two directions of the same model.")
    base = base - _coordinates(base, u, v) @ np.stack([u, v])
    where = [origin.model_copy(update={"z": (base + x * u + y * v).tolist()}) for y in at[::-1] for x in at]
    return decode_points(run, step, where, batch=PART)


def _coordinates(z: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Where z lies in the plane of u and v, which need not be perpendicular."""
    return np.linalg.lstsq(np.stack([u, v]).T, z, rcond=None)[0]


class ClassCloud(TypedDict):
    """Codes (N, Z) with their labels (N,) and the names of the classes; `real`: of held-out pictures, and not of made
    ones as a classifier sees them."""

    codes: Annotated[list[Code], Field(max_length=CLOUD_SIZE)]
    labels: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=CLOUD_SIZE)]
    names: list[str]
    real: bool


_CLOUD = TypeAdapter(ClassCloud)


def class_cloud(run: Run, step: int | None) -> ClassCloud | None:
    """Codes of labelled pictures, to show where the classes lie; None where nothing tells classes."""
    model, family = open_model(run, step)
    if family.classes or not family.info.class_names:
        return None
    for content in read_additions(run, cloud_file(model.step)):
        with suppress(ValidationError):
            saved = _CLOUD.validate_json(content)
            if _fits(saved, family):
                return saved
    cloud = _encoded_cloud(model, family) if isinstance(family, Encodes) else None
    cloud = cloud or _generated_cloud(model, family)
    if cloud is not None:
        write_addition(run, cloud_file(model.step), cloud)
    return cloud


def _fits(saved: ClassCloud, family: ImageFamily) -> bool:
    """Whether it can be one of this model's."""
    return (
        saved["names"] == family.info.class_names
        and len(saved["codes"]) == len(saved["labels"])
        and all(label < len(saved["names"]) for label in saved["labels"])
        and all(len(code) == family.config.latent_size for code in saved["codes"])
    )


def cloud_file(step: int) -> str:
    return f"cloud-{step:06d}.json"


def _encoded_cloud(model: model_cache.Model, family: ImageFamily) -> ClassCloud | None:
    try:
        data = training_images(family)
    except DataError:
        return None
    x, labels = data.validation[:CLOUD_SIZE], data.validation_labels
    if labels is None:
        return None
    assert isinstance(family, Encodes)
    with model.lock, torch.inference_mode():
        codes = family.encode(family.networks, as_float(x).to(device_of(family.networks)), None)
    return _cloud(codes, labels[:CLOUD_SIZE].numpy(), family, real=True)


def _generated_cloud(model: model_cache.Model, family: ImageFamily) -> ClassCloud | None:
    classify = class_predictor(family, learn=False)  # learning one takes too long for a look at the map
    if classify is None:
        return None
    z = normal_per_sample(CLOUD_SIZE, family.config.latent_size, seed=4)
    with model.lock, torch.inference_mode():
        made = np.concatenate([as_array(family.decode(family.networks, part.to(device_of(family.networks)), None))
                               for part in z.split(PART)])  # fmt: skip
    return _cloud(z, classify(made), family, real=False)


def _cloud(codes: Tensor, labels: np.ndarray, family: ImageFamily, real: bool) -> ClassCloud:
    rounded = np.round(codes.float().cpu().numpy().astype(np.float64), 3)
    return {
        "codes": rounded.tolist(),
        "labels": labels.astype(int).tolist(),
        "names": family.info.class_names,
        "real": real,
    }
