"""Coloured shapes with known factors: shape, hue, size, place. Nothing to download, every cause known."""

import numpy as np

from aigc_core.common.progress import ProgressCallback
from aigc_core.data.sources import Images

COUNT = 6000
SIZE = 32  # pixels
SHAPES = ["circle", "square", "triangle", "ring"]
_SEED = 1_312_611_4


def factors() -> dict[str, np.ndarray]:
    """What each picture shows: `shape` int (N,), `hue` in [0, 1), `radius`, `x`, `y` in parts of the width."""
    random = np.random.default_rng(_SEED)
    return {
        "shape": random.integers(0, len(SHAPES), COUNT),
        "hue": random.random(COUNT),
        "radius": random.uniform(0.18, 0.36, COUNT),
        "x": random.uniform(0.38, 0.62, COUNT),
        "y": random.uniform(0.38, 0.62, COUNT),
    }


def shapes(config: object, progress: ProgressCallback) -> Images:
    known = factors()
    pixels = np.concatenate(
        [_draw({name: values[start : start + 500] for name, values in known.items()}) for start in range(0, COUNT, 500)]
    )
    return Images(pixels, known["shape"].astype(np.int64), SHAPES)


def _draw(one: dict[str, np.ndarray]) -> np.ndarray:
    """Pictures uint8 (N, 32, 32, 3) on white, edges smooth over about one pixel."""
    place = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE
    column = {name: values[:, None, None].astype(np.float32) for name, values in one.items()}
    x, y = place[None, None, :] - column["x"], place[None, :, None] - column["y"]
    radius = column["radius"]
    round_ = np.hypot(x, y)
    distance = np.select(  # signed distance to the edge, negative inside, in parts of the width
        [column["shape"] == index for index in range(len(SHAPES))],
        [
            round_ - radius,
            np.maximum(np.abs(x), np.abs(y)) - 0.85 * radius,
            np.maximum(np.abs(x) * 0.866 - y * 0.5, y) - 0.5 * radius,
            np.abs(round_ - 0.75 * radius) - 0.25 * radius,
        ],
    )
    cover = np.clip(0.5 - distance * SIZE, 0, 1)[..., None]
    # Hue as three cosines a third of a turn apart: every hue equally bright, no branch.
    turn = 2 * np.pi * (one["hue"][:, None] - np.array([0, 1 / 3, 2 / 3]))
    colour = (0.5 + 0.42 * np.cos(turn))[:, None, None, :]
    return np.round(255 * (1 - cover * (1 - colour))).astype(np.uint8)
