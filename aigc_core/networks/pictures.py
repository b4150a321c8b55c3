"""From a latent code to a picture and from a picture to numbers: dense and convolutional."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Shape = tuple[int, ...]


class Normalise(nn.Module):
    """(x − mean) / std per channel, so that a network's input is centred: (B, C, …) -> (B, C, …)."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: list[float], std: list[float], shape: Shape) -> None:
        super().__init__()
        axes = (1, -1) + (1,) * (len(shape) - 1)
        self.register_buffer("mean", torch.tensor(mean).view(axes))
        self.register_buffer("std", torch.tensor(std).view(axes))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std


def normalise(facts: object, standardise: bool) -> Normalise:
    """To mean 0 and spread 1 by the training data's own moments, or from [0, 1] to [−1, 1].

    Points lie around 0 already and pass unchanged unless `standardise`.
    """
    if standardise:
        return Normalise(facts.mean, facts.std, facts.shape)  # type: ignore[attr-defined]
    centre, half = (0.5, 0.5) if len(facts.shape) == 3 else (0.0, 1.0)  # type: ignore[attr-defined]
    channels = facts.shape[0]  # type: ignore[attr-defined]
    return Normalise([centre] * channels, [half] * channels, facts.shape)  # type: ignore[attr-defined]


def dense(sizes: list[int], slope: float) -> nn.Sequential:
    """Linear layers with leaky ReLUs between (and after the last)."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(slope)]
    return nn.Sequential(*layers)


class DenseDecoder(nn.Module):
    """z (B, inputs) -> values (B, *shape), unbounded, through three dense layers of growing width."""

    def __init__(self, inputs: int, shape: Shape, width: int) -> None:
        super().__init__()
        self.shape = shape
        self.body = dense([inputs, width, 2 * width, 4 * width], slope=0.2)
        self.head = nn.Linear(4 * width, math.prod(shape))

    def forward(self, z: Tensor) -> Tensor:
        return self.head(self.body(z)).view(-1, *self.shape)


class DenseEncoder(nn.Module):
    """x (B, *shape) -> features (B, `features`)."""

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        self.features = width
        self.body = dense([math.prod(shape), 4 * width, 2 * width, width], slope=0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x.flatten(1))


def _stages(shape: Shape) -> int:
    """How often the side is halved: 28 -> 7, 32 -> 8, 64 -> 8."""
    return 3 if shape[-1] >= 64 else 2


class ConvDecoder(nn.Module):
    """z (B, inputs) -> values (B, C, S, S), unbounded; transposed convolutions double the side each time.

    After DCGAN (Radford 2016), with group instead of batch normalisation: a picture then depends on its own z
    alone, in training as in use, and on no other picture of the batch.
    """

    def __init__(self, inputs: int, shape: Shape, width: int) -> None:
        super().__init__()
        stages = _stages(shape)
        self.side = shape[-1] >> stages
        channels = width << (stages - 1)
        self.stem = nn.Linear(inputs, channels * self.side**2)
        layers: list[nn.Module] = [nn.GroupNorm(8, channels), nn.ReLU()]
        for _ in range(stages - 1):
            layers += [
                nn.ConvTranspose2d(channels, channels // 2, 4, stride=2, padding=1),
                nn.GroupNorm(8, channels // 2),
                nn.ReLU(),
            ]
            channels //= 2
        layers.append(nn.ConvTranspose2d(channels, shape[0], 4, stride=2, padding=1))
        self.body = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(self.stem(z).unflatten(1, (-1, self.side, self.side)))


class ConvEncoder(nn.Module):
    """x (B, C, S, S) -> features (B, `features`); strided convolutions halve the side each time."""

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        stages = _stages(shape)
        layers: list[nn.Module] = []
        channels, outputs = shape[0], width
        for _ in range(stages):
            layers += [nn.Conv2d(channels, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
            channels, outputs = outputs, outputs * 2
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.features = channels * (shape[-1] >> stages) ** 2

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class ClassCode(nn.Module):
    """A latent code with its class beside it: z (N, Z), labels (N,) -> (N, Z + classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        if not self.classes:
            return z
        if labels is None:
            raise ValueError("a class-conditional network needs labels")
        return torch.cat([z, F.one_hot(labels, self.classes).to(z.dtype)], dim=1)
