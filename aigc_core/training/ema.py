"""EMA: an exponential moving average of weights, from which is sampled (Polyak and Juditsky 1992)."""

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from aigc_core.families.base import Networks


class EMA:
    """Averages of some of the networks being trained; none where `decay` is 0."""

    def __init__(self, networks: Networks, names: Iterable[str], decay: float) -> None:
        self.decay = decay
        self.networks: Networks = {name: copy.deepcopy(networks[name]) for name in names} if decay else {}
        for network in self.networks.values():
            network.requires_grad_(False).eval()
        self._pairs = [_pairs(average, networks[name]) for name, average in self.networks.items()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Follow the weights, with less memory at the start, when they are still noise."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for weights, buffers in self._pairs:
            torch._foreach_lerp_(*weights, 1 - decay)
            for average, current in buffers:
                average.copy_(current)


Pairs = tuple[tuple[list[Tensor], list[Tensor]], list[tuple[Tensor, Tensor]]]


def _pairs(average: nn.Module, network: nn.Module) -> Pairs:
    """((averaged weights, weights), [(buffer of the average, buffer), …])."""
    weights = list[Tensor](average.parameters()), list[Tensor](network.parameters())
    return weights, list(zip(average.buffers(), network.buffers(), strict=True))
