"""Is a made picture new, or is it a training picture remembered?"""

from dataclasses import dataclass

import numpy as np

PART = 8192  # training pictures compared at once
USUAL_FROM = 300  # held-out pictures from which the usual distance is taken


@dataclass
class Neighbours:
    """The nearest training pictures of one picture: `index` and `distance` (K,), nearest first."""

    index: np.ndarray
    distance: np.ndarray


def nearest(train: np.ndarray, pictures: np.ndarray, count: int) -> list[Neighbours]:
    """The `count` nearest of `train` uint8 (N, …) to each of `pictures` uint8 (M, …).

    A distance is the root mean square difference of values (0 to 1 each).
    """
    wanted = pictures.reshape(len(pictures), -1).astype(np.float32) / 255
    count = min(count, len(train))
    found = [Neighbours(np.zeros(0, np.int64), np.zeros(0, np.float32)) for _ in wanted]
    for first in range(0, len(train), PART):
        some = train[first : first + PART].reshape(-1, wanted.shape[1]).astype(np.float32) / 255
        square = (wanted**2).sum(1)[:, None] + (some**2).sum(1)[None] - 2 * wanted @ some.T
        distances = np.sqrt(np.maximum(square, 0) / wanted.shape[1])
        for number, row in enumerate(distances):
            index = np.concatenate([found[number].index, np.arange(first, first + len(some))])
            distance = np.concatenate([found[number].distance, row])
            best = np.argsort(distance, kind="stable")[:count]
            found[number] = Neighbours(index[best], distance[best])
    return found


def usual_distances(train: np.ndarray, held_out: np.ndarray) -> tuple[float, float, float]:
    """Distance from a held-out picture to its nearest training picture: 5th, 50th and 95th percentile."""
    some = held_out[np.linspace(0, len(held_out) - 1, min(USUAL_FROM, len(held_out))).astype(int)]
    distances = [float(one.distance[0]) for one in nearest(train, some, 1)]
    low, middle, high = np.percentile(distances, [5, 50, 95])
    return float(low), float(middle), float(high)
