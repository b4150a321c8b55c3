"""Points in the plane whose modes are known: the smallest data on which a GAN can fail visibly."""

import numpy as np

from aigc_core.common.progress import ProgressCallback
from aigc_core.data.settings import ImageSettings
from aigc_core.data.sources import Points

COUNT = 4096
SPREAD = 0.02  # standard deviation of a cloud, in units of the plane
_SEED = 20_140_610  # of the data itself; a run's seed only splits and orders it


def ring_centres(modes: int = 8) -> np.ndarray:
    """Centres on a circle of radius 0.8: float32 (modes, 2)."""
    angle = 2 * np.pi * np.arange(modes) / modes
    return 0.8 * np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def grid_centres(side: int = 5) -> np.ndarray:
    """Centres on a square grid within ±0.8: float32 (side², 2)."""
    line = np.linspace(-0.8, 0.8, side, dtype=np.float32)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def centres_of(pattern: str) -> np.ndarray | None:
    """The modes of a pattern that has some: float32 (modes, 2)."""
    return {"ring": ring_centres, "grid": grid_centres}[pattern]() if pattern in ("ring", "grid") else None


def points(config: ImageSettings, progress: ProgressCallback) -> Points:
    """The points of `config.pattern`."""
    return points_of(config.pattern)


def points_of(pattern: str) -> Points:
    """The points of a pattern by its name."""
    centres = centres_of(pattern)
    if centres is not None:
        return _clouds(centres)
    return {"spiral": _spiral, "moons": _moons, "line": _line}[pattern]()


def _line() -> Points:
    random = np.random.default_rng(_SEED)
    along = random.uniform(-0.8, 0.8, COUNT)
    return _finished(np.stack([along, 0.6 * along], axis=1), np.zeros(COUNT), random, ["line"])


def _spiral() -> Points:
    random = np.random.default_rng(_SEED)
    arm = random.integers(0, 2, COUNT)
    turn = 3 * np.pi * np.sqrt(random.random(COUNT))
    radius = 0.85 * turn / (3 * np.pi)
    angle = turn + np.pi * arm
    xy = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _finished(xy, arm, random, ["first arm", "second arm"])


def _moons() -> Points:
    random = np.random.default_rng(_SEED)
    moon = random.integers(0, 2, COUNT)
    angle = np.pi * random.random(COUNT)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    xy = np.where(moon[:, None] == 0, upper, lower)
    return _finished((xy - [0.5, 0.25]) * 0.55, moon, random, ["upper moon", "lower moon"])


def _clouds(centres: np.ndarray) -> Points:
    random = np.random.default_rng(_SEED)
    mode = random.integers(0, len(centres), COUNT)
    return _finished(centres[mode], mode, random, [str(number) for number in range(len(centres))])


def _finished(xy: np.ndarray, labels: np.ndarray, random: np.random.Generator, names: list[str]) -> Points:
    noisy = xy + SPREAD * random.standard_normal(xy.shape)
    return Points(noisy.astype(np.float32), labels.astype(np.int64), names)
