"""How like real examples made ones are: near enough, varied enough, of every class, and no copies.

Examples are compared in the main components of the training pixels (points in the plane as they are), which needs
no trained network; `aigc_core.evaluation.evaluate` compares pictures of known kinds in a classifier's features as well.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aigc_core.data.image_dataset import ImageDataset, as_float
from aigc_core.metrics.distances import (
    PrincipalComponents,
    classes_missing,
    distances,
    frechet_distance,
    manifold_overlap,
    mean_distance,
    moments,
    share_of_copies,
)

MOST_FEATURE_INPUTS = 768  # numbers; larger pictures are averaged down before their components are taken
MOST_COMPARED = 1000  # examples on each side where every pair is looked at
LEAST_COMPARED = 10  # held-out examples from which on clouds of them are compared
PART = 4096  # examples at once
MOST_KNOWN = 5000  # training examples from which components and classes are taken


class SampleQuality:
    """What is needed of the data to judge made examples, computed once: `data.remembered("likeness", …)`."""

    def __init__(self, data: ImageDataset) -> None:
        known = spread(data.train, MOST_KNOWN)
        self._components = PrincipalComponents(flat(known))
        self._train = self._projected(data.train)
        self._held_out = self._projected(data.validation)
        self._compared = _few(self._held_out)
        self._known = self._projected(known)
        self._labels = None if data.labels is None else spread(data.labels, MOST_KNOWN).cpu().numpy()
        self._shares = None if data.labels is None else np.bincount(data.labels.cpu().numpy()) / len(data.labels)
        self._varied = mean_distance(self._compared)
        self._copies = share_of_copies(self._compared, self._train)

    def compute(self, made: np.ndarray) -> dict[str, Any]:
        """Figures of examples as a family makes them, uint8 (N, H, W, C) or points (N, 2).

        `frechet_pixels`, of all of them and as many held-out examples. With at most a thousand on each side:
        `precision`, `recall`, `density`, `coverage` (see `manifold_overlap`); `diversity`, their mean distance from
        each other as a part of that of real ones; `copies` and, of held-out examples, `copies_real` (see
        `share_of_copies`). Where the data has classes: `classes_missing` of `classes`, told by the nearest training
        example. `n` held-out examples; with fewer than `LEAST_COMPARED` there are only the first and the last of these.
        """
        x = torch.from_numpy(made)
        ours = self._projected(x.permute(0, 3, 1, 2) if x.dim() == 4 else x)
        theirs = _few(self._held_out, len(ours))
        figures: dict[str, Any] = {"frechet_pixels": frechet_distance(moments(ours), moments(theirs))}
        some = _few(ours)
        if len(theirs) >= LEAST_COMPARED:
            figures |= manifold_overlap(self._compared, some)
            figures["diversity"] = mean_distance(some) / max(self._varied, 1e-12)
            figures |= {"copies": share_of_copies(some, self._train), "copies_real": self._copies}
        if self._labels is not None and self._shares is not None and len(self._shares) > 1:
            nearest = distances(ours, self._known).argmin(1)
            figures["classes_missing"] = classes_missing(self._labels[nearest], self._shares)
            figures["classes"] = len(self._shares)
        return figures | {"n": len(theirs)}

    def _projected(self, x: Tensor) -> np.ndarray:
        """Components float64 (N, D) of examples as stored, a part at a time: pixels as numbers take eight times as much
        memory."""
        return np.concatenate([self._components(flat(part)) for part in x.split(PART)])


def spread(x: Tensor, count: int) -> Tensor:
    """At most `count` examples from all over `x`: data sorted by class must not lose its last classes."""
    return x[torch.linspace(0, len(x) - 1, min(count, len(x)), device=x.device).long()]


def flat(x: Tensor) -> np.ndarray:
    """Examples as stored -> float64 (N, D), large pictures averaged down."""
    x = as_float(x.cpu())
    if x.dim() == 4 and x[0].numel() > MOST_FEATURE_INPUTS + 16:
        x = nn.functional.adaptive_avg_pool2d(x, 16)
    return x.flatten(1).double().numpy()


def _few(features: np.ndarray, count: int = MOST_COMPARED) -> np.ndarray:
    return spread(torch.from_numpy(features), count).numpy()
