"""Directions of a latent space that mean something: principal components, class separators, measured attributes.

Functions of a family and its networks; what is kept with a run is in `aigc_core.inference.latent.direction_store`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aigc_core.common.device import device_of
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.common.rng import normal_per_sample
from aigc_core.families.base import Networks
from aigc_core.families.image import PART, ImageFamily, as_array
from aigc_core.metrics.image_attributes import attributes_of

FEW, MANY = 1024, 4096  # codes whose activations are compared: few where the activations are long
LONG = 512
MOST_MEASURED, MOST_FOUND = 20, 10  # components whose effect is measured, and how many of them are shown
LEAST_EFFECT = 0.02  # of the strongest direction's; weaker ones are left out
EFFECT_BASES = 32  # codes at which a direction's effect is measured
LEARNED_FROM = 3000  # made pictures
LEAST_ACCURACY = 0.7  # balanced, on pictures apart; chance is 0.5
LEAST_EXPLAINED = 0.15  # part of an attribute's variance, likewise


@dataclass(frozen=True)
class Direction:
    """A unit vector in the space of codes.

    `kind`: "found" by components, "class" or "attribute" learned, "own" named by a person; `name`: which class or
    attribute, or the person's word. `effect`: root mean square change of a picture's values (0 to 1) from one
    standard deviation below to one above. `quality`: balanced accuracy of a class's separator, or the part of an
    attribute's variance that the direction explains; both on pictures that it was not learned from.
    """

    id: str
    kind: str
    name: str
    vector: list[float]
    effect: float = 0.0
    quality: float | None = None


def principal_directions(family: ImageFamily, networks: Networks) -> list[Direction]:
    """Principal components of the first layers' activations, as directions of the code, the strongest first.

    GANSpace (Härkönen 2020, section 2): components of the activations of random codes; the direction that
    belongs to a component is the regression of the code on it. Here the directions are then made orthonormal,
    so that one slider does not move another, and ordered by the change that a person sees.
    """
    size = family.config.latent_size
    count = MANY if _activation_length(family, networks) <= LONG else FEW
    z = normal_per_sample(count, size, seed=0)
    labels = _all_labels(family, count)
    with torch.inference_mode():
        activations = family.first(networks, z.to(device_of(networks)), labels).float().cpu()
    if labels is not None:  # a class shifts the activations; what it shifts is no direction of the code
        activations = activations - _class_means(activations, labels.cpu(), family.classes)
    components, strength, _ = torch.linalg.svd(activations - activations.mean(0), full_matrices=False)
    rank = int((strength > 1e-6 * strength[0]).sum().clamp(max=size))
    rank = min(rank, MOST_MEASURED)
    vectors = torch.linalg.qr((components[:, :rank].T @ z).T).Q.T
    effects = [direction_effect(family, networks, one) for one in vectors]
    order = sorted(range(len(effects)), key=lambda i: -effects[i])[:MOST_FOUND]
    order = [i for i in order if effects[i] >= LEAST_EFFECT * effects[order[0]]]
    return [
        Direction(f"found-{place}", "found", str(place + 1), _with_fixed_sign(vectors[i]), effects[i])
        for place, i in enumerate(order)
    ]


def learned_directions(
    family: ImageFamily,
    networks: Networks,
    classify: Callable[[np.ndarray], np.ndarray] | None,
    class_names: list[str],
    progress: ProgressCallback = silent,
) -> list[Direction]:
    """Directions towards a class, and along what can be measured in a picture.

    Made pictures are sorted into classes by `classify`, and a linear separator of their codes is learned: its
    normal is the direction (InterFaceGAN, Shen 2020, section 3.1; TL-GAN, Guan 2018). A measured attribute is
    regressed on the code. Weak ones are left out. A class-conditional model has no class directions: its code
    says nothing of the class.

    Args:
        classify: pictures uint8 (N, H, W, C) -> class numbers (N,), or None where nothing can tell.
        progress: told the part done; may raise to end the work.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import balanced_accuracy_score

    z = normal_per_sample(LEARNED_FROM, family.config.latent_size, seed=1)
    labels = _all_labels(family, LEARNED_FROM)
    pictures = np.concatenate([part for part in _decode_in_parts(family, networks, z, labels, progress)])
    codes, cut = z.double().numpy(), LEARNED_FROM * 2 // 3
    found = []
    groups = np.zeros(len(z), np.int64) if labels is None else labels.cpu().numpy()
    if classify is not None and labels is None:
        groups = classify(pictures)
        for number, name in enumerate(class_names):
            member = groups == number
            if min(part.sum() for side in (member, ~member) for part in (side[:cut], side[cut:])) < 10:
                continue
            separator = LogisticRegression(C=0.1, class_weight="balanced", max_iter=500)
            separator.fit(codes[:cut], member[:cut])
            accuracy = balanced_accuracy_score(member[cut:], separator.predict(codes[cut:]))
            if accuracy >= LEAST_ACCURACY:
                found.append(_learned_direction(family, networks, "class", name, separator.coef_[0], accuracy))
    for name, measure in attributes_of(pictures.shape[-1]).items():
        values = measure(pictures)
        if values.std() < 1e-6:
            continue
        for number in np.unique(groups):  # within a class: 1 is narrower than 0 without being "narrow"
            values[groups == number] -= values[groups == number].mean()
        line = Ridge(alpha=1.0).fit(codes[:cut], values[:cut])
        explained = line.score(codes[cut:], values[cut:])
        if explained >= LEAST_EXPLAINED:
            found.append(_learned_direction(family, networks, "attribute", name, line.coef_, explained))
    return found


def direction_effect(family: ImageFamily, networks: Networks, vector: Tensor) -> float:
    """Root mean square change of a picture from one standard deviation below to one above along a unit vector."""
    z = normal_per_sample(EFFECT_BASES, family.config.latent_size, seed=2)
    z = z - (z @ vector)[:, None] * vector
    labels = _all_labels(family, EFFECT_BASES)
    with torch.inference_mode():
        low, high = (family.decode(networks, (z + side * vector).to(device_of(networks)), labels) for side in (-1, 1))
    return float((high - low).float().square().mean().sqrt())


def _learned_direction(
    family: ImageFamily, networks: Networks, kind: str, name: str, along: np.ndarray, quality: float
) -> Direction:
    vector = torch.from_numpy(along / np.linalg.norm(along)).float()
    effect = direction_effect(family, networks, vector)
    return Direction(f"{kind}-{name}", kind, name, vector.tolist(), effect, round(float(quality), 3))


def _decode_in_parts(
    family: ImageFamily, networks: Networks, z: Tensor, labels: Tensor | None, progress: ProgressCallback
) -> Iterator[np.ndarray]:
    for first in range(0, len(z), PART):
        some = None if labels is None else labels[first : first + PART]
        with torch.inference_mode():
            yield as_array(family.decode(networks, z[first : first + PART].to(device_of(networks)), some))
        progress(first / len(z), None)


def _with_fixed_sign(vector: Tensor) -> list[float]:
    """A component has no sign of its own: the largest entry becomes positive, so that it is always the same."""
    return (vector * vector[vector.abs().argmax()].sign()).tolist()


def _activation_length(family: ImageFamily, networks: Networks) -> int:
    z = torch.zeros(1, family.config.latent_size, device=device_of(networks))
    with torch.inference_mode():
        return family.first(networks, z, _all_labels(family, 1)).shape[1]


def _class_means(values: Tensor, labels: Tensor, classes: int) -> Tensor:
    sums = torch.zeros(classes, values.shape[1]).index_add_(0, labels, values)
    counts = torch.bincount(labels, minlength=classes).clamp(min=1)
    return (sums / counts[:, None])[labels]


def _all_labels(family: ImageFamily, count: int) -> Tensor | None:
    """Every class in turn, for a model that must be told one."""
    if not family.classes:
        return None
    return (torch.arange(count) % family.classes).to(device_of(family.networks))
