"""Measures of how close made things are to real ones: pure functions of arrays."""

import numpy as np


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) and covariance (D, D) of features (N, D), in float64; one example has covariance 0."""
    features = features.astype(np.float64)
    mean, size = features.mean(axis=0), features.shape[1]
    if len(features) < 2:
        return mean, np.zeros((size, size))
    return mean, np.cov(features, rowvar=False).reshape(size, size)


def frechet_distance(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> float:
    """|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½), the squared 2-Wasserstein distance of two Gaussians.

    Dowson & Landau 1982; as a measure of generators: Heusel 2017. tr (Σ₁Σ₂)^½ is the sum of the singular values
    of √Σ₁ √Σ₂: real by construction, and exact for covariances without full rank.
    """
    (mean1, cov1), (mean2, cov2) = first, second
    cross = np.linalg.norm(_root(cov1) @ _root(cov2), "nuc")
    distance = np.square(mean1 - mean2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross
    return max(0.0, float(distance))


def _root(symmetric: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(symmetric)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def kernel_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Squared maximum mean discrepancy of features (N, D) and (M, D) under the kernel (x·y/D + 1)³, without bias.

    Bińkowski 2018: 0 on average for equal distributions however few examples there are, and so at times below it.
    """

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x.astype(np.float64) @ y.T.astype(np.float64) / x.shape[1] + 1) ** 3

    def within(x: np.ndarray) -> float:
        values = kernel(x, x)
        return float((values.sum() - np.trace(values)) / (len(x) * (len(x) - 1)))

    return within(first) + within(second) - 2 * float(kernel(first, second).mean())


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Euclidean distance of each of `first` (N, D) to each of `second` (M, D): float32 (N, M)."""
    centre = second.mean(0)  # near the origin float32 loses least
    a, b = (first - centre).astype(np.float32), (second - centre).astype(np.float32)
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0, out=squares), out=squares)


def mean_distance(examples: np.ndarray) -> float:
    """The mean distance of two different examples of (N, D)."""
    count = len(examples)
    return float(distances(examples, examples).sum(dtype=np.float64) / max(count * (count - 1), 1))


def manifold_overlap(real: np.ndarray, made: np.ndarray, k: int = 5) -> dict[str, float]:
    """How two clouds of features (N, D) and (M, D) lie over each other; around each example lies a ball that
    reaches its k-th nearest neighbour in its own cloud.

    `precision`: made ones within a real ball; `recall`: real ones within a made ball (Kynkäänniemi 2019).
    `density`: real balls around a made one, over k (1 for equal distributions, may exceed it); `coverage`: real
    balls with a made one inside (1 − 2⁻ᵏ for equal distributions and many examples; Naeem 2020).
    """
    between = distances(real, made)
    radii_real, radii_made = _radii(real, k), _radii(made, k)
    inside = between < radii_real[:, None]
    return {
        "precision": float(inside.any(0).mean()),
        "recall": float((between < radii_made[None]).any(1).mean()),
        "density": float(inside.sum(0).mean() / k),
        "coverage": float(inside.any(1).mean()),
    }


def _radii(examples: np.ndarray, k: int) -> np.ndarray:
    """Distance of each example to its k-th nearest neighbour, itself not counted: (N,)."""
    place = min(k, len(examples) - 1)
    return np.partition(distances(examples, examples), place, axis=1)[:, place]


def nearest_neighbor_accuracy(real: np.ndarray, made: np.ndarray) -> float:
    """How often an example's nearest neighbour among all others, real and made, is of its own kind: in [0, 1].

    The two-sample test of Lopez-Paz & Oquab 2017 (“Revisiting classifier two-sample tests”) with one neighbour, left
    out itself: 0.5 for equal distributions, 1 where a look tells them apart, below 0.5 where made ones are copies. Of
    (N, D) and (M, D) as many of each are taken, at least two.
    """
    count = min(len(real), len(made))
    both = np.concatenate([real[:count], made[:count]])
    between = distances(both, both)
    np.fill_diagonal(between, np.inf)
    is_made = np.arange(2 * count) >= count
    return float((is_made[between.argmin(1)] == is_made).mean())


COPY_RATIO = 1 / 3  # nearest to second nearest (Yoon 2023, “Diffusion probabilistic models generalize …”)
PART = 8192


def share_of_copies(made: np.ndarray, train: np.ndarray, places: np.ndarray | None = None) -> float:
    """The part of `made` (N, D) that is three times nearer to one of `train` (M, D) than to any other.

    A blurred picture is near to many, a copy to one. In few dimensions that happens by chance, too (in the plane to
    one in nine), so compare with the same figure of held-out examples.

    Args:
        places: (N,) where each of `made` stands in `train` itself, which is then not looked at: for the same figure of
            training examples where none are held out.
    """
    if len(train) < 2:
        return 0.0
    nearest = np.full((len(made), 2), np.inf, np.float32)
    for first in range(0, len(train), PART):
        found = distances(made, train[first : first + PART])
        if places is not None:
            here = (places >= first) & (places < first + PART)
            found[np.flatnonzero(here), places[here] - first] = np.inf
        two = np.partition(found, 1, axis=1)[:, :2] if found.shape[1] > 1 else found
        nearest = np.sort(np.concatenate([nearest, two], axis=1), axis=1)[:, :2]
    return float((nearest[:, 0] < COPY_RATIO * nearest[:, 1]).mean())


LEAST_SHARE = 0.1  # of what is expected; a class with less counts as missing
LEAST_EXPECTED = 10  # examples; of a rarer class chance alone may bring none


def classes_missing(classes: np.ndarray, usual: np.ndarray) -> int:
    """How many classes are missing among made examples' `classes` (N,), given each one's `usual` share of the data."""
    expected = usual * len(classes)
    found = np.bincount(classes, minlength=len(usual))
    return int(((expected >= LEAST_EXPECTED) & (found < LEAST_SHARE * expected)).sum())


class PrincipalComponents:
    """The directions in which training examples vary most: features for a Fréchet distance of pixels.

    Args:
        examples: (N, D), of training data only.
        components: how many to keep at most.
    """

    def __init__(self, examples: np.ndarray, components: int = 64) -> None:
        self._mean, covariance = moments(examples)
        _, vectors = np.linalg.eigh(covariance)
        self._directions = vectors[:, ::-1][:, :components]

    def __call__(self, examples: np.ndarray) -> np.ndarray:
        """Features (N, components) of examples (N, D)."""
        return (examples - self._mean) @ self._directions
