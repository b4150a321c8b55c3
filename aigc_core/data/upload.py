"""A person's own picture, brought into the form of the pictures that a model learned from."""

import threading

import numpy as np
from PIL import Image

from aigc_core.common.errors import DataError
from aigc_core.data.picture_decoding import UnreadablePicture, opened, square

LARGEST_FILE = 30_000_000  # bytes
MOST_PIXELS = 16_000_000  # of a picture that has to be opened whole
LARGEST_SIDE = 1024  # pixels, to which it is then made smaller
LEAST_INK = 0.15  # of the strongest value: fainter is background
STROKE_BOX = 20 / 28  # of the side; MNIST's own rule: 20 pixels, then centred by mass (LeCun 1998)
OBJECT_BOX = 1.0
_opening = threading.Semaphore(2)  # pictures at once: each may take a hundred megabytes for a moment


def framed(content: bytes, shape: tuple[int, ...], framing: str) -> np.ndarray:
    """An image file as uint8 (H, W, C) of a model's shape (C, H, W).

    Args:
        framing: how the training pictures are framed: "square" (the middle square), or light on black as
            "stroke" (MNIST: 20 of 28 pixels, centred by mass) or "object" (filling the frame, centred).

    Raises:
        DataError: no picture, too large, or nothing in it.
    """
    if len(content) > LARGEST_FILE:
        raise DataError("upload.large_file", "The file is larger than {limit} MB.", limit=LARGEST_FILE // 1_000_000)
    channels, side = shape[0], shape[-1]
    with _opening:
        try:
            picture = opened(content, "L" if channels == 1 else "RGB", LARGEST_SIDE, MOST_PIXELS)
        except UnreadablePicture as problem:
            raise DataError(
                "upload.no_picture",
                "This is no picture that can be opened; use PNG or JPEG of at most {limit} million pixels.",
                limit=MOST_PIXELS // 1_000_000,
            ) from problem
        picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    if framing == "square" or channels != 1:
        return square(picture, side)
    return _centred(np.asarray(picture), side, framing)[..., None]


def _centred(values: np.ndarray, side: int, framing: str) -> np.ndarray:
    """Light on black, cut to what is drawn, scaled and centred: uint8 (H, W) -> (side, side)."""
    border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    if np.median(border) > 127:
        values = 255 - values
    values = np.clip(values.astype(np.int16) - int(min(np.median(border), 255 - np.median(border))), 0, 255)
    strongest = int(values.max())
    drawn = values > LEAST_INK * strongest
    if strongest < 25 or not drawn.any():
        raise DataError("upload.empty", "There is nothing to see in this picture; draw something first.")
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    cut = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    box = side * (STROKE_BOX if framing == "stroke" else OBJECT_BOX)
    scale = box / max(cut.shape)
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    bright = Image.fromarray(np.round(cut * (255 / strongest)).astype(np.uint8))
    small = np.asarray(bright.resize(size, Image.Resampling.LANCZOS))
    y, x = (side - size[1]) / 2, (side - size[0]) / 2
    if framing == "stroke":
        weight = small.sum() or 1
        y = side / 2 - (small.sum(axis=1) * np.arange(size[1])).sum() / weight
        x = side / 2 - (small.sum(axis=0) * np.arange(size[0])).sum() / weight
    top, left = (int(np.clip(round(at), 0, side - length)) for at, length in ((y, size[1]), (x, size[0])))
    whole = np.zeros((side, side), np.uint8)
    whole[top : top + size[1], left : left + size[0]] = small
    return whole
