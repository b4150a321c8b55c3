"""What can be measured in a picture itself: how bold, slanted or wide its drawing is, or how bright and warm."""

from collections.abc import Callable

import numpy as np


def ink(pictures: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the picture's border, in [0, 1]: (N, H, W, C) uint8 -> (N, H, W)."""
    x = pictures.astype(np.float64).mean(axis=3) / 255
    border = np.concatenate([x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1]], axis=1)
    return np.abs(x - np.median(border, axis=1)[:, None, None])


def boldness(pictures: np.ndarray) -> np.ndarray:
    """Mean ink."""
    return ink(pictures).mean(axis=(1, 2))


def slant(pictures: np.ndarray) -> np.ndarray:
    """How far a drawing leans to the right: minus the covariance of x and y (downwards) over the variance of y."""
    amount, x, y = _centred(pictures)
    variance = (amount * y**2).sum(axis=(1, 2))
    return -(amount * x * y).sum(axis=(1, 2)) / np.maximum(variance, 1e-9)


def width(pictures: np.ndarray) -> np.ndarray:
    """Spread of the ink across, over its spread down."""
    amount, x, y = _centred(pictures)
    across, down = ((amount * one**2).sum(axis=(1, 2)) for one in (x, y))
    return np.sqrt(across / np.maximum(down, 1e-9))


def brightness(pictures: np.ndarray) -> np.ndarray:
    """Mean of all values."""
    return pictures.mean(axis=(1, 2, 3)) / 255


def warmth(pictures: np.ndarray) -> np.ndarray:
    """Red minus blue."""
    return (pictures[..., 0].astype(np.float64) - pictures[..., -1]).mean(axis=(1, 2)) / 255


Measure = Callable[[np.ndarray], np.ndarray]


def attributes_of(channels: int) -> dict[str, Measure]:
    """What is worth measuring in grey (1) or coloured (3) pictures, each (N, H, W, C) uint8 -> (N,)."""
    if channels == 1:
        return {"boldness": boldness, "slant": slant, "width": width}
    return {"brightness": brightness, "warmth": warmth, "width": width}


def _centred(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ink (N, H, W) that sums to 1, and each pixel's x and y (N, H, W) from its centre of mass."""
    amount = ink(pictures)
    amount /= np.maximum(amount.sum(axis=(1, 2), keepdims=True), 1e-9)
    y, x = np.mgrid[: amount.shape[1], : amount.shape[2]].astype(np.float64)
    mean_x, mean_y = ((amount * one).sum(axis=(1, 2), keepdims=True) for one in (x, y))
    return amount, x - mean_x, y - mean_y
