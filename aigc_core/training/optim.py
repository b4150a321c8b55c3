"""How gradients become corrections: AdamW, or Muon for the matrices inside a network."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from aigc_core.common.device import Device
from aigc_core.families.base import Family
from aigc_core.families.config import RunConfig

# A quintic whose iteration brings singular values near 1 (Jordan 2024, https://kellerjordan.github.io/posts/muon).
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 3  # Jordan's five take longer and teach these small networks no better (docs/speed-log.md)
WIDE = 3  # times as wide as high, from which on a matrix is orthogonalised by way of its square
MOMENTUM = 0.95
ADAM_SIZE = 0.2  # root mean square of an AdamW correction in practice, which Muon's is brought to (Liu 2025)


def make(network: nn.Module, config: RunConfig, device: Device) -> torch.optim.Optimizer:
    """The optimizer that a run's settings ask for. Weight decay pulls matrices to 0, not biases and gains."""
    parameters = list(network.parameters())
    inner: list[Tensor] = []
    if getattr(config, "optimizer", "adamw") == "muon":
        inner = [one.weight for one in network.modules() if isinstance(one, nn.Linear | nn.Conv2d)]
    taken = set(map(id, inner))
    others = [one for one in parameters if id(one) not in taken]
    groups: list[dict[str, Any]] = [
        {"params": [one for one in others if one.dim() >= 2], "weight_decay": config.weight_decay},
        {"params": [one for one in others if one.dim() < 2], "weight_decay": 0.0},
    ]
    betas = (config.beta1, config.beta2)
    if inner:
        groups.append({"params": inner, "weight_decay": config.weight_decay, "muon": True})
        return Muon([group for group in groups if group["params"]], config.lr, betas)
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.lr,
        betas=betas,
        fused=device.kind in ("cpu", "cuda"),
    )


def for_phases(family: Family, device: Device) -> dict[str, torch.optim.Optimizer]:
    """An optimizer for each phase of a family, by its name."""
    optimizers = {}
    for phase in family.phases:
        networks = [family.networks[name] for name in phase.networks]
        network = networks[0] if len(networks) == 1 else nn.ModuleList(networks)
        optimizers[phase.name] = make(network, family.config, device)
    return optimizers


class Muon(torch.optim.Optimizer):
    """Muon (Jordan 2024) for groups with `muon`, AdamW (Loshchilov & Hutter 2019) for the others.

    Muon's correction of a matrix is its averaged gradient with its singular values brought to about 1, so that rare
    directions are learned about as fast as frequent ones. It is scaled to the size of an AdamW correction (Liu 2025,
    section 2.2), so that one learning rate and one weight decay serve both.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float, betas: tuple[float, float]) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0, "eps": 1e-8, "muon": False})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nothing here needs a closure
        """One correction of every parameter that has a gradient."""
        for group in self.param_groups:
            parameters = [one for one in group["params"] if one.grad is not None]
            if not parameters:
                continue
            if group["weight_decay"]:
                torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
            if group["muon"]:
                self._muon(parameters, group)
            else:
                self._adam(parameters, group)

    def _muon(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        means = [self._kept(one, "momentum") for one in parameters]
        gradients = _gradients(parameters)
        torch._foreach_lerp_(means, gradients, 1 - MOMENTUM)
        ahead = torch._foreach_lerp(gradients, means, MOMENTUM)  # Nesterov's look ahead
        pairs = sorted(zip(parameters, ahead, strict=True), key=lambda pair: _sides(pair[0]))
        for (_, longer), some in groupby(pairs, key=lambda pair: _sides(pair[0])):  # matrices of one shape at once
            alike = list(some)
            corrections = orthogonal(torch.stack([_lying(one.flatten(1)) for _, one in alike]))
            moves = [
                (move if move.shape == one.flatten(1).shape else move.mT).reshape(one.shape)
                for (one, _), move in zip(alike, corrections, strict=True)
            ]
            size = ADAM_SIZE * longer**0.5
            torch._foreach_add_([one for one, _ in alike], moves, alpha=-group["lr"] * size)

    def _adam(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        gradients = _gradients(parameters)
        means = [self._kept(one, "exp_avg") for one in parameters]
        squares = [self._kept(one, "exp_avg_sq") for one in parameters]
        steps = [self.state[one].setdefault("step", torch.zeros(())) for one in parameters]
        torch._foreach_add_(steps, 1)
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - beta2)
        count = int(steps[0])
        spread = torch._foreach_sqrt(squares)
        torch._foreach_div_(spread, (1 - beta2**count) ** 0.5)
        torch._foreach_add_(spread, group["eps"])
        torch._foreach_addcdiv_(parameters, means, spread, value=-group["lr"] / (1 - beta1**count))

    def _kept(self, parameter: Tensor, name: str) -> Tensor:
        state = self.state[parameter]
        if name not in state:
            state[name] = torch.zeros_like(parameter)
        return state[name]


def _gradients(parameters: list[Tensor]) -> list[Tensor]:
    return [one.grad for one in parameters if one.grad is not None]


def _sides(weight: Tensor) -> tuple[int, int]:
    """The shorter and the longer side of a weight as a matrix."""
    sides = sorted((weight.shape[0], weight.shape[1:].numel()))
    return sides[0], sides[1]


def _lying(matrix: Tensor) -> Tensor:
    return matrix if matrix.shape[0] <= matrix.shape[1] else matrix.mT


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices (N, A, B) with singular values brought to about 1, by Newton–Schulz iteration: to 0.6 to 1.2 where they
    were at least a fiftieth of the matrix's norm; smaller ones grow up to 41 times.

    Quicker with A ≤ B, as the products A × A are then the smaller ones.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrices / (matrices.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    if x.shape[-1] < WIDE * x.shape[-2]:
        for _ in range(NEWTON_SCHULZ_STEPS):
            square = torch.bmm(x, x.mT)
            x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    else:  # each iteration is x times a polynomial of its square: these are multiplied first, and x only once
        square = torch.bmm(x, x.mT)
        factors = factor = _factor(square)
        for _ in range(NEWTON_SCHULZ_STEPS - 1):
            square = torch.bmm(factor, torch.bmm(square, factor))
            factor = _factor(square)
            factors = torch.bmm(factor, factors)
        x = torch.bmm(factors, x)
    return x


def _factor(square: Tensor) -> Tensor:
    """What an iteration multiplies a matrix by, of its square."""
    a, b, c = NEWTON_SCHULZ
    factor = torch.baddbmm(square, square, square, beta=b, alpha=c)
    factor.diagonal(dim1=-2, dim2=-1).add_(a)
    return factor
