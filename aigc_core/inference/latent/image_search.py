"""A person's picture and a run: its code, what is hidden of it, and the training pictures most like it."""

from typing import TypedDict

import numpy as np
import torch
from torch import Tensor

from aigc_core.common.device import device_of
from aigc_core.common.errors import DataError, RunError
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.image_dataset import as_float
from aigc_core.data.sources import SOURCES
from aigc_core.data.upload import framed
from aigc_core.families.capabilities import Encodes
from aigc_core.families.image import ImageFamily
from aigc_core.inference.latent import projection
from aigc_core.inference.latent.session import open_model, rounded
from aigc_core.inference.latent.training_data import training_images_or_alike
from aigc_core.metrics import nearest_neighbors
from aigc_core.runs.run import Run


class ProjectedImage(TypedDict):
    """The code whose picture is most like another one, its class, and the error: root mean square, of values from 0
    to 1."""

    z: list[float]
    label: int | None
    error: float


class NearestImages(TypedDict):
    """The training pictures most like another one, uint8 (K, H, W, C), and how far they are.

    `usual`: how far unseen pictures usually are from the nearest one (5 %, median, 95 %). `own` is False where the
    run's own pictures are not on this machine and `count` pictures of another source, `data`, were compared instead.
    """

    pictures: np.ndarray
    distances: list[float]
    usual: list[float]
    data: str
    count: int
    own: bool


def image_from_upload(run: Run, step: int | None, content: bytes) -> np.ndarray:
    """A person's image file as a picture uint8 (H, W, C) like those that the model learned from.

    Raises:
        DataError: no picture, too large, or empty.
    """
    _, family = open_model(run, step)
    source = SOURCES.get(family.config.data)
    return framed(content, family.info.shape, source.framing if source else "square")


def encode_image(run: Run, step: int | None, picture: np.ndarray) -> tuple[list[float], int | None]:
    """The encoder's code of a picture uint8 (H, W, C), and its class where the model must be told one.

    Raises:
        RunError: the model has no encoder.
    """
    model, family = open_model(run, step)
    if not isinstance(family, Encodes):
        raise RunError(
            "explore.no_encoder",
            "{name} has no encoder; a picture's code can only be found by searching.",
            name=run.name,
        )
    x = _image_tensor(family, picture)
    with model.lock, torch.inference_mode():
        if not family.classes:
            return rounded(family.encode(family.networks, x, None)[0].cpu().numpy()), None
        labels = torch.arange(family.classes, device=x.device)
        z = family.encode(family.networks, x.expand(len(labels), -1, -1, -1), labels)
        errors = (family.decode(family.networks, z, labels) - x).square().flatten(1).mean(1)
        best = int(errors.argmin())
        return rounded(z[best].cpu().numpy()), best


def project_image(
    run: Run, step: int | None, picture: np.ndarray, hidden: np.ndarray | None, shrink: int, progress: ProgressCallback
) -> ProjectedImage:
    """Search for the code whose picture is most like what is seen of one (seconds of work).

    Args:
        picture: uint8 (H, W, C), or a smaller (H / shrink, W / shrink, C).
        hidden: bool (H, W), True where it is not seen; None = nowhere.
        progress: is shown the best `ProjectedImage` so far as the search goes on.
    """
    model, family = open_model(run, step)
    values = _image_tensor(family, picture, shrink)[0]
    mask = torch.ones(1, *values.shape[1:]) if hidden is None else torch.from_numpy(~hidden).float()[None]
    if mask.shape[1:] != values.shape[1:] or not mask.any():
        raise DataError("explore.all_hidden", "Something of the picture must stay visible.")
    seen = projection.Observation(values, mask.to(values.device), shrink)
    with model.lock:
        label = projection.likely_class(family, family.networks, seen)

    def release_and_report(part: float, z: list[float], error: float) -> None:
        model.lock.release()  # others may draw between two steps
        try:
            progress(part, ProjectedImage(z=z, label=label, error=error))
        finally:
            model.lock.acquire()

    with model.lock:
        z, error = projection.project(family, family.networks, seen, label, release_and_report)
    return ProjectedImage(z=z, label=label, error=error)


def inpaint(picture: np.ndarray, hidden: np.ndarray, made: np.ndarray) -> np.ndarray:
    """The picture with what was hidden taken from the made one: uint8 (H, W, C)."""
    return np.where(hidden[..., None], made, picture)


def downsample(picture: np.ndarray, times: int) -> np.ndarray:
    """A picture uint8 (H, W, C) with each `times` × `times` pixels averaged."""
    height, width, channels = picture.shape
    parts = picture.reshape(height // times, times, width // times, times, channels)
    return np.round(parts.mean(axis=(1, 3))).astype(np.uint8)


def _image_tensor(family: ImageFamily, picture: np.ndarray, shrink: int = 1) -> Tensor:
    channels, height, width = family.info.shape
    if picture.shape != (height // shrink, width // shrink, channels):
        raise DataError(
            "explore.wrong_picture", "The model's pictures are {side} pixels wide, and this one is not.", side=width
        )
    return as_float(torch.from_numpy(picture.copy()).permute(2, 0, 1)[None]).to(device_of(family.networks))


def nearest_training_images(
    run: Run, step: int | None, picture: np.ndarray, progress: ProgressCallback
) -> NearestImages:
    """The training pictures most like a picture uint8 (H, W, C), and how near unseen pictures usually are.

    Raises:
        DataError: neither the run's pictures nor any like them are here.
    """
    _, family = open_model(run, step)
    _image_tensor(family, picture)
    data = training_images_or_alike(family)
    progress(0.1, None)
    train = data.train.permute(0, 2, 3, 1).numpy()
    nearest = nearest_neighbors.nearest(train, picture[None], 5)[0]
    progress(0.3, None)
    usual = data.cached(
        "usual", lambda: nearest_neighbors.usual_distances(train, data.validation.permute(0, 2, 3, 1).numpy())
    )
    return {
        "pictures": train[nearest.index],
        "distances": [round(float(one), 4) for one in nearest.distance],
        "usual": [round(one, 4) for one in usual],
        "data": data.config.data,
        "count": len(train),
        "own": data.config.data == family.config.data,
    }
