"""From what is known of a picture to the latent code whose picture is most like it."""

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
from aigc_core.families.image import PART, ImageFamily

STARTS = 8  # codes from which a projection sets out at once
CANDIDATES = 1024  # random codes among which they are chosen
PROJECTION_STEPS = 200
GIBBS_STEPS = 10


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
    on_step: Callable[[float, list[float], float], None],
    steps: int = PROJECTION_STEPS,
) -> tuple[list[float], float]:
    """The code whose picture is most like what is known of one: (code, root mean square error).

    Adam on the code (Zhu 2016; for StyleGAN Abdal 2019) from the nearest of many random codes, and where the
    family encodes also from the encoder's; a pull to 0 keeps it where the model has learned.

    Args:
        on_step: told (part done, best code so far, its error) after each step; may raise to end the search.
    """
    device, size = device_of(networks), family.config.latent_size
    labels = None if label is None else torch.full((STARTS,), label, device=device)
    seen = Observation(seen.values.to(device), seen.mask.to(device), seen.shrink)
    z = _initial_codes(family, networks, seen, label).requires_grad_(True)
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
        on_step((step + 1) / steps, code, error)
    return code, error


def _initial_codes(family: ImageFamily, networks: Networks, seen: Observation, label: int | None) -> Tensor:
    """The most promising codes (STARTS, Z) to set out from."""
    device = device_of(networks)
    z = normal_per_sample(CANDIDATES, family.config.latent_size, seed=3).to(device)
    if isinstance(family, Encodes):
        z = torch.cat([z, _encode_observation(family, networks, seen, label)])
    errors = []
    with torch.inference_mode():
        for part in z.split(PART):
            labels = None if label is None else torch.full((len(part),), label, device=device)
            errors.append(seen.error(family.decode(networks, part, labels)))
    return z[torch.cat(errors).argsort()[:STARTS]].clone()


@torch.inference_mode()
def _encode_observation(family: ImageFamily, networks: Networks, seen: Observation, label: int | None) -> Tensor:
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
