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
