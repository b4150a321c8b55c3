"""The space of codes: directions in it that mean something, ways through it, and the code of a given picture.

Everything here is a function of a family and its networks; what belongs to a run is in
`aigc_core.inference.latent.session`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from aigc_core.common.device import device_of
from aigc_core.common.rng import normal_per_sample
from aigc_core.families.base import Networks
from aigc_core.families.capabilities import Encodes
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
STARTS = 8  # codes from which a projection sets out at once
CANDIDATES = 1024  # random codes among which they are chosen
PROJECTION_STEPS = 200
GIBBS_STEPS = 10

Forward = Callable[[Tensor], Tensor]


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


# -- directions -----------------------------------------------------------------------------------------


def found_directions(family: ImageFamily, networks: Networks) -> list[Direction]:
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
    kept = int((strength > 1e-6 * strength[0]).sum().clamp(max=size))
    kept = min(kept, MOST_MEASURED)
    vectors = torch.linalg.qr((components[:, :kept].T @ z).T).Q.T
    effects = [effect_of(family, networks, one) for one in vectors]
    order = sorted(range(len(effects)), key=lambda i: -effects[i])[:MOST_FOUND]
    order = [i for i in order if effects[i] >= LEAST_EFFECT * effects[order[0]]]
    return [
        Direction(f"found-{place}", "found", str(place + 1), _pointed(vectors[i]), effects[i])
        for place, i in enumerate(order)
    ]


def learned_directions(
    family: ImageFamily,
    networks: Networks,
    classify: Callable[[np.ndarray], np.ndarray] | None,
    class_names: list[str],
    look: Callable[[float], None] = lambda part: None,
) -> list[Direction]:
    """Directions towards a class, and along what can be measured in a picture.

    Made pictures are sorted into classes by `classify`, and a linear separator of their codes is learned: its
    normal is the direction (InterFaceGAN, Shen 2020, section 3.1; TL-GAN, Guan 2018). A measured attribute is
    regressed on the code. Weak ones are left out. A class-conditional model has no class directions: its code
    says nothing of the class.

    Args:
        classify: pictures uint8 (N, H, W, C) -> class numbers (N,), or None where nothing can tell.
        look: told the part done; may raise to end the work.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import balanced_accuracy_score

    z = normal_per_sample(LEARNED_FROM, family.config.latent_size, seed=1)
    labels = _all_labels(family, LEARNED_FROM)
    pictures = np.concatenate([part for part in _decoded(family, networks, z, labels, look)])
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
                found.append(_learned(family, networks, "class", name, separator.coef_[0], accuracy))
    for name, measure in attributes_of(pictures.shape[-1]).items():
        values = measure(pictures)
        if values.std() < 1e-6:
            continue
        for number in np.unique(groups):  # within a class: 1 is narrower than 0 without being "narrow"
            values[groups == number] -= values[groups == number].mean()
        line = Ridge(alpha=1.0).fit(codes[:cut], values[:cut])
        explained = line.score(codes[cut:], values[cut:])
        if explained >= LEAST_EXPLAINED:
            found.append(_learned(family, networks, "attribute", name, line.coef_, explained))
    return found


def effect_of(family: ImageFamily, networks: Networks, vector: Tensor) -> float:
    """Root mean square change of a picture from one standard deviation below to one above along a unit vector."""
    z = normal_per_sample(EFFECT_BASES, family.config.latent_size, seed=2)
    z = z - (z @ vector)[:, None] * vector
    labels = _all_labels(family, EFFECT_BASES)
    with torch.inference_mode():
        low, high = (family.decode(networks, (z + side * vector).to(device_of(networks)), labels) for side in (-1, 1))
    return float((high - low).float().square().mean().sqrt())


def _learned(family: ImageFamily, networks: Networks, kind: str, name: str, along: np.ndarray, quality: float):  # type: ignore[no-untyped-def]
    vector = torch.from_numpy(along / np.linalg.norm(along)).float()
    effect = effect_of(family, networks, vector)
    return Direction(f"{kind}-{name}", kind, name, vector.tolist(), effect, round(float(quality), 3))


def _decoded(family, networks, z, labels, look):  # type: ignore[no-untyped-def]
    for first in range(0, len(z), PART):
        some = None if labels is None else labels[first : first + PART]
        with torch.inference_mode():
            yield as_array(family.decode(networks, z[first : first + PART].to(device_of(networks)), some))
        look(first / len(z))


def _pointed(vector: Tensor) -> list[float]:
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


# -- ways -----------------------------------------------------------------------------------------------


def along_path(points: np.ndarray, part: float, kind: str) -> np.ndarray:
    """The code at `part` (0 to 1) of the way through codes (P, Z), P at least 2; each leg takes equally long.

    Args:
        kind: "linear", or "spherical": on the great circle, lengths changing evenly (Shoemake 1985; for latent
            codes White 2016). A straight line between two codes passes nearer to 0 than the model is used to.
    """
    place = min(max(part, 0.0), 1.0) * (len(points) - 1)
    leg = min(int(place), len(points) - 2)
    t, a, b = place - leg, points[leg], points[leg + 1]
    if kind == "linear":
        return (1 - t) * a + t * b
    return slerp(a, b, t)


def slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """From a (Z,) to b (Z,) along the great circle; a straight line where they have no or opposite direction."""
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    if min(length_a, length_b) < 1e-9:
        return (1 - t) * a + t * b
    angle = np.arccos(np.clip(np.dot(a / length_a, b / length_b), -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - t) * a + t * b
    way = (np.sin((1 - t) * angle) * a / length_a + np.sin(t * angle) * b / length_b) / np.sin(angle)
    return way * ((1 - t) * length_a + t * length_b)


# -- the code of a picture --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Observation:
    """What is known of a picture: its values where `mask` is 1, after averaging `shrink` × `shrink` pixels.

    `values` (C, H, W) in [0, 1] as seen; `mask` (1, H, W) of 0 and 1.
    """

    values: Tensor
    mask: Tensor
    shrink: int = 1

    def error(self, x: Tensor) -> Tensor:
        """Mean squared error of pictures (N, C, H·shrink, W·shrink) over what is known: (N,)."""
        small = F.avg_pool2d(x, self.shrink) if self.shrink > 1 else x
        off = (small - self.values).square() * self.mask
        return off.flatten(1).sum(1) / (self.mask.sum() * x.shape[1]).clamp(min=1)


def project(
    family: ImageFamily,
    networks: Networks,
    seen: Observation,
    label: int | None,
    look: Callable[[float, list[float], float], None],
    steps: int = PROJECTION_STEPS,
) -> tuple[list[float], float]:
    """The code whose picture is most like what is known of one: (code, root mean square error).

    Adam on the code (Zhu 2016; for StyleGAN Abdal 2019) from the nearest of many random codes, and where the
    family encodes also from the encoder's; a pull to 0 keeps it where the model has learned.

    Args:
        look: told (part done, best code so far, its error) after each step; may raise to end the search.
    """
    device, size = device_of(networks), family.config.latent_size
    labels = None if label is None else torch.full((STARTS,), label, device=device)
    seen = Observation(seen.values.to(device), seen.mask.to(device), seen.shrink)
    z = _starts(family, networks, seen, label).requires_grad_(True)
    optimizer = torch.optim.Adam([z], lr=0.1)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 0.1 * (1 - step / steps) + 0.005
        errors = seen.error(family.decode(networks, z, labels))
        pull = z.square().mean(1) * (1e-3 if size > 2 else 1e-4)
        optimizer.zero_grad(set_to_none=True)
        (errors + pull).sum().backward()
        best = int(errors.detach().argmin())
        code, error = z.detach()[best].tolist(), float(errors.detach()[best].sqrt())
        optimizer.step()
        look((step + 1) / steps, code, error)
    return code, error


def _starts(family: ImageFamily, networks: Networks, seen: Observation, label: int | None) -> Tensor:
    """The most promising codes (STARTS, Z) to set out from."""
    device = device_of(networks)
    z = normal_per_sample(CANDIDATES, family.config.latent_size, seed=3).to(device)
    if isinstance(family, Encodes):
        z = torch.cat([z, _filled_in(family, networks, seen, label)])
    errors = []
    with torch.inference_mode():
        for part in z.split(PART):
            labels = None if label is None else torch.full((len(part),), label, device=device)
            errors.append(seen.error(family.decode(networks, part, labels)))
    return z[torch.cat(errors).argsort()[:STARTS]].clone()


@torch.inference_mode()
def _filled_in(family: ImageFamily, networks: Networks, seen: Observation, label: int | None) -> Tensor:
    """The encoder's code (1, Z): what is hidden is drawn by the decoder and encoded again, a few times.

    The chain of Rezende 2014, appendix F, with means in place of draws.
    """
    labels = None if label is None else torch.full((1,), label, device=seen.values.device)
    known, mask = seen.values[None], seen.mask[None]
    if seen.shrink > 1:
        known, mask = (F.interpolate(one, scale_factor=seen.shrink, mode="nearest") for one in (known, mask))
    assert isinstance(family, Encodes)
    x, z = known * mask, torch.zeros(1, 1)
    for _ in range(GIBBS_STEPS):
        z = family.encode(networks, x, labels)
        x = known * mask + family.decode(networks, z, labels) * (1 - mask)
    return z


def likely_class(family: ImageFamily, networks: Networks, seen: Observation) -> int | None:
    """The class to search in, for a model that must be told one: that of the nearest of random pictures."""
    if not family.classes:
        return None
    count = CANDIDATES // 4
    z = normal_per_sample(count, family.config.latent_size, seed=3).to(device_of(networks))
    best = []
    with torch.inference_mode():
        for label in range(family.classes):
            labels = torch.full((count,), label, device=z.device)
            best.append(float(seen.error(family.decode(networks, z, labels)).min()))
    return int(np.argmin(best))
