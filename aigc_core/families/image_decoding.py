"""Pictures as arrays: making them in parts, sheets of many."""

import math
from typing import TYPE_CHECKING

import numpy as np

from aigc_core.media import provenance

if TYPE_CHECKING:
    from torch import Tensor

    from aigc_core.families.base import ImageFamily, ImageRequest, Networks

PART = 64  # pictures decoded at once


def decode_in_parts(family: "ImageFamily", networks: "Networks", request: "ImageRequest") -> np.ndarray:
    """Pictures uint8 (N, H, W, C) or points float32 (N, 2).

    Each is decoded in a batch of a fixed size, padded if need be: a matrix product may round differently at
    another batch size, and the same seed shall give the same bytes however many are asked for.
    """
    import torch

    from aigc_core.common.device import device_of
    from aigc_core.common.rng import normal_per_sample

    device = device_of(networks)
    made = []
    for first in range(0, request.count, PART):
        z = normal_per_sample(PART, family.config.latent_size, request.seed, first).to(device)
        labels = None
        if family.classes:
            numbers = (torch.arange(first, first + PART) % family.classes).to(device)
            labels = numbers if request.label is None else torch.full_like(numbers, request.label)
        with torch.inference_mode():
            made.append(as_array(family.decode(networks, z, labels)))
    return np.concatenate(made)[: request.count] if made else np.zeros((0, *family.info.shape), np.uint8)


def as_array(x: "Tensor") -> np.ndarray:
    """Pictures in [0, 1] (N, C, H, W) to uint8 (N, H, W, C); points pass as float32."""
    if x.dim() == 2:
        return x.float().cpu().numpy()
    return x.float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def mosaic(pictures: np.ndarray, gap: int = 2) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) side by side, as square as can be: uint8 (H', W', C)."""
    count, height, width, channels = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def scatter(points: np.ndarray, side: int = 448, reach: float = 1.2) -> np.ndarray:
    """Points (N, 2) within ±`reach` as a picture uint8 (side, side, 1), white on black, overlaps brighter."""
    edges = np.linspace(-reach, reach, side + 1)
    counts, _, _ = np.histogram2d(-points[:, 1], points[:, 0], bins=(edges, edges))
    blurred = counts.copy()
    for shift in (-1, 1):  # a dot of one pixel is too small to see
        blurred += np.roll(counts, shift, 0) + np.roll(counts, shift, 1)
    return np.minimum(255, 160 * blurred).astype(np.uint8)[..., None]


def sheet_png(made: np.ndarray) -> bytes:
    """Whatever a picture family made, as one PNG: a mosaic of pictures, or a plot of points."""
    return provenance.png(mosaic(made) if made.ndim == 4 else scatter(made))
