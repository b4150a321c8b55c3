"""How like real examples made ones are: near enough, varied enough, sharp, of every class and colour, and no copies.

Examples are compared in the main components of the training pixels (points in the plane as they are), which needs
no trained network; `aigc_core.evaluation.evaluate` compares pictures of known kinds in a classifier's features as well.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aigc_core.data.image_dataset import ImageDataset, as_float, spread
from aigc_core.metrics import classifier_features
from aigc_core.metrics.classifier_features import FeatureNetwork
from aigc_core.metrics.distances import (
    PrincipalComponents,
    classes_missing,
    distances,
    frechet_distance,
    manifold_overlap,
    mean_distance,
    moments,
    nearest_neighbor_accuracy,
    share_of_copies,
)
from aigc_core.metrics.image_statistics import color_distance, colorfulness, sharpness

MOST_FEATURE_INPUTS = 768  # numbers; larger pictures are averaged down before their components are taken
MOST_COMPARED = 1000  # examples on each side where every pair is looked at
LEAST_HELD_OUT = 50  # examples; with fewer, made ones are compared with all real ones
LEAST_COMPARED = 20  # real examples; of fewer no cloud can be described, and nothing is judged
LEAST_COLORFUL = 0.02  # real pictures with less are greys
LEAST_MADE = 300  # examples, however few are real: of fewer a class may be missing by chance
MOST_MADE = 2000  # examples, unless everything is wanted
PART = 4096  # examples at once
MOST_KNOWN = 5000  # training examples from which components and classes are taken


class SampleQuality:
    """What is needed of the data to judge made examples, computed once: `data.cached("likeness", …)`.

    Made examples are compared with held-out ones, or with all real ones (`reference` = "all") where fewer than
    `LEAST_HELD_OUT` are held out: a handful says nothing of how varied real ones are. Copies are looked for in the
    training data all the same.

    Args:
        classifier: tells the classes of made pictures (see `aigc_core.metrics.classifier_features`); without it the
            nearest training example does.
    """

    def __init__(self, data: ImageDataset, classifier: FeatureNetwork | None = None) -> None:
        self._classifier = classifier
        held_out = len(data.validation) >= LEAST_HELD_OUT
        self.reference = "held-out" if held_out else "all"
        real = data.validation if held_out else torch.cat([data.train, data.validation])
        known = spread(data.train, MOST_KNOWN)
        self._components = PrincipalComponents(flat(known))
        self._train = self._projected(data.train)
        self._real = self._projected(real)
        self._compared = few(self._real)
        self._known = self._projected(known)
        self._labels = None if data.labels is None else spread(data.labels, MOST_KNOWN).cpu().numpy()
        self._shares = None if data.labels is None else np.bincount(data.labels.cpu().numpy()) / len(data.labels)
        self._varied = mean_distance(self._compared)
        if held_out:
            self._copies = share_of_copies(self._compared, self._train)
        else:
            places = spread(torch.arange(len(data.train)), MOST_COMPARED).numpy()
            self._copies = share_of_copies(self._train[places], self._train, places)
        self._pictures = spread(real, MOST_COMPARED).cpu() if real.dim() == 4 else None

    def compute(self, made: np.ndarray) -> dict[str, Any]:
        """Figures of examples as a family makes them, uint8 (N, H, W, C) or points (N, 2).

        `frechet_pixels`, of all of them and as many real examples. With at most a thousand on each side:
        `precision`, `recall`, `density`, `coverage` (see `manifold_overlap`); `told_apart` (see
        `nearest_neighbor_accuracy`); `diversity`, their mean distance from each other as a part of that of real ones;
        `copies` and, of real examples, `copies_real` (see `share_of_copies`), and `excess_copies`, by how much the
        first is the larger. Of pictures: `sharpness` and, if they have colours, `colorfulness` as a part of that of
        real ones, and `color_distance` (see `aigc_core.metrics.image_statistics`). Where the data has classes:
        `classes_missing` of `classes`. `n` real examples, which are `reference`
        “held-out” or “all”; with fewer than `LEAST_COMPARED` there is only the first figure.
        """
        x = torch.from_numpy(made)
        x = x.permute(0, 3, 1, 2) if x.dim() == 4 else x
        ours = self._projected(x)
        theirs = few(self._real, len(ours))
        figures: dict[str, Any] = {"frechet_pixels": frechet_distance(moments(ours), moments(theirs))}
        if len(theirs) >= LEAST_COMPARED:
            some = few(ours)
            figures |= manifold_overlap(self._compared, some)
            figures["told_apart"] = nearest_neighbor_accuracy(*_equally_many(self._compared, some))
            figures["diversity"] = mean_distance(some) / max(self._varied, 1e-12)
            copies = share_of_copies(some, self._train)
            figures |= {"copies": copies, "copies_real": self._copies, "excess_copies": max(0.0, copies - self._copies)}
            if self._pictures is not None:
                figures |= _at_a_glance(spread(x, MOST_COMPARED), self._pictures)
            figures |= self._classes(x, ours)
        return figures | {"n": len(theirs), "reference": self.reference}

    def count(self, extent: str) -> int:
        """How many made examples are compared: as many as there are real ones, within bounds. During a training and at
        its end they are equally many, so that one name has one value."""
        return max(LEAST_MADE, min(len(self._real), len(self._real) if extent == "full" else MOST_MADE))

    def _classes(self, made: Tensor, ours: np.ndarray) -> dict[str, int]:
        if self._labels is None or self._shares is None or len(self._shares) < 2:
            return {}
        if self._classifier is None:
            classes = self._labels[distances(ours, self._known).argmin(1)]
        else:
            classes = classifier_features.extract(self._classifier, made)[1]
        return {"classes_missing": classes_missing(classes, self._shares), "classes": len(self._shares)}

    def _projected(self, x: Tensor) -> np.ndarray:
        """Components float64 (N, D) of examples as stored, a part at a time: pixels as numbers take eight times as much
        memory."""
        return np.concatenate([self._components(flat(part)) for part in x.split(PART)])


def flat(x: Tensor) -> np.ndarray:
    """Examples as stored -> float64 (N, D), large pictures averaged down."""
    x = as_float(x.cpu())
    if x.dim() == 4 and x[0].numel() > MOST_FEATURE_INPUTS + 16:
        x = nn.functional.adaptive_avg_pool2d(x, 16)
    return x.flatten(1).double().numpy()


def few(features: np.ndarray, count: int = MOST_COMPARED) -> np.ndarray:
    """At most `count` of (N, D), from all over them."""
    return spread(torch.from_numpy(features), count).numpy()


def _equally_many(real: np.ndarray, made: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = min(len(real), len(made))
    return few(real, count), few(made, count)


def _at_a_glance(made: Tensor, real: Tensor) -> dict[str, float]:
    figures = {
        "sharpness": sharpness(made) / max(sharpness(real), 1e-12),
        "color_distance": color_distance(made, real),
    }
    if (colors := colorfulness(real)) > LEAST_COLORFUL:
        figures["colorfulness"] = colorfulness(made) / colors
    return figures
