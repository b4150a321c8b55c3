"""How gradients become corrections: AdamW, or Muon for the matrices inside a network."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from aigc_core.device import Device

# A quintic whose iteration brings all singular values near 1 (Jordan 2024, https://kellerjordan.github.io/posts/muon).
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
WIDE = 4  # times as wide as high, from which on a matrix is orthogonalised by way of its square
MOMENTUM = 0.95
ADAM_SIZE = 0.2  # root mean square of an AdamW correction in practice, which Muon's is brought to (Liu 2025)


def make(network: nn.Module, config: Any, device: Device) -> torch.optim.Optimizer:
    """The optimiser that a run's settings ask for. Matrices are pulled to 0, biases and gains are not."""
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


class Muon(torch.optim.Optimizer):
    """Muon (Jordan 2024) for groups with `muon`, AdamW (Loshchilov & Hutter 2019) for the others.

    Muon's correction of a matrix is its averaged gradient with all singular values brought to 1, so that rare
    directions are learned as fast as frequent ones. It is scaled to the size of an AdamW correction (Liu 2025,
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
        pairs = sorted(zip(parameters, ahead, strict=True), key=lambda pair: pair[0].shape)
        for shape, some in groupby(pairs, key=lambda pair: pair[0].shape):  # matrices of one shape at once
            alike = list(some)
            corrections = orthogonal(torch.stack([one.flatten(1) for _, one in alike]))
            size = ADAM_SIZE * max(shape[0], shape[1:].numel()) ** 0.5
            moves = [one.view(shape) for one in corrections]
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


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices (N, A, B) with all singular values brought to about 1 (0.7 to 1.2), by Newton–Schulz iteration."""
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    if x.shape[-1] < WIDE * x.shape[-2]:
        for _ in range(NEWTON_SCHULZ_STEPS):
            square = torch.bmm(x, x.mT)
            x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    else:  # each iteration is x times a polynomial of its square: these are multiplied first, and x only once
        square = torch.bmm(x, x.mT)
        factors = torch.eye(x.shape[-2], dtype=x.dtype, device=x.device).expand_as(square)
        for _ in range(NEWTON_SCHULZ_STEPS):
            factor = torch.baddbmm(square, square, square, beta=b, alpha=c)
            factor.diagonal(dim1=-2, dim2=-1).add_(a)
            factors, square = torch.bmm(factor, factors), torch.bmm(factor, torch.bmm(square, factor))
        x = torch.bmm(factors, x)
    return x.mT if tall else x
