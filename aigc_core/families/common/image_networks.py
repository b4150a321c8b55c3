"""From a latent code to a picture and from a picture to numbers: dense and convolutional."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aigc_core.data.dataset_info import DatasetInfo

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


def normalise(info: DatasetInfo, standardise: bool) -> Normalise:
    """To mean 0 and spread 1 by the training data's own moments, or from [0, 1] to [−1, 1].

    Points lie around 0 already and pass unchanged unless `standardise`.
    """
    if standardise:
        return Normalise(info.mean, info.std, info.shape)
    centre, half = (0.5, 0.5) if len(info.shape) == 3 else (0.0, 1.0)
    channels = info.shape[0]
    return Normalise([centre] * channels, [half] * channels, info.shape)


def dense(sizes: list[int], negative_slope: float) -> nn.Sequential:
    """Linear layers with leaky ReLUs between (and after the last)."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(negative_slope)]
    return nn.Sequential(*layers)


class Decoder(nn.Module):
    """z (B, inputs) -> values (B, *shape), unbounded.

    `layers` says into how many places the code goes; where it is more than one, z may be (B, layers, inputs).
    """

    layers = 1

    def first(self, z: Tensor) -> Tensor:
        """(B, D): what the first layers make of a code (B, inputs); its main components are what varies most."""
        raise NotImplementedError


class DenseDecoder(Decoder):
    """Three dense layers of growing width."""

    def __init__(self, inputs: int, shape: Shape, width: int) -> None:
        super().__init__()
        self.shape = shape
        self.body = dense([inputs, width, 2 * width, 4 * width], negative_slope=0.2)
        self.head = nn.Linear(4 * width, math.prod(shape))

    def first(self, z: Tensor) -> Tensor:
        return self.body[:2](z)

    def forward(self, z: Tensor) -> Tensor:
        return self.head(self.body(z)).view(-1, *self.shape)


class DenseEncoder(nn.Module):
    """x (B, *shape) -> features (B, `features`)."""

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        self.features = width
        self.body = dense([math.prod(shape), 4 * width, 2 * width, width], negative_slope=0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x.flatten(1))


def stages_of(shape: Shape) -> int:
    """How often the side is halved: 28 -> 7, 32 -> 8, 64 -> 8."""
    return 3 if shape[-1] >= 64 else 2


class ConvDecoder(Decoder):
    """Transposed convolutions, each of which doubles the side.

    After DCGAN (Radford 2016), with group instead of batch normalisation: a picture then depends on its own z
    alone, in training as in use, and on no other picture of the batch.
    """

    def __init__(self, inputs: int, shape: Shape, width: int) -> None:
        super().__init__()
        stages = stages_of(shape)
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

    def first(self, z: Tensor) -> Tensor:
        return self.stem(z)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(self.stem(z).unflatten(1, (-1, self.side, self.side)))


class SubPixel(nn.Module):
    """Features (B, inputs, S, S) -> (B, outputs, 2S, 2S): each place makes four (Shi 2016).

    As many weights as a transposed convolution of the doubled size, and on a CPU about 1.4 times as fast.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 4 * outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(self.conv(x), 2)


class SubPixelDecoder(Decoder):
    """Three dense layers, then convolutions that double the side; none works at the full size."""

    def __init__(self, inputs: int, shape: Shape, width: int) -> None:
        super().__init__()
        stages = stages_of(shape)
        side = shape[-1] >> stages
        channels = [width << max(1, stages - 1 - stage) for stage in range(stages)]
        layers: list[nn.Module] = [
            nn.Linear(inputs, 16 * width), nn.SiLU(), nn.Linear(16 * width, 16 * width), nn.SiLU(),
            nn.Linear(16 * width, channels[0] * side**2), nn.Unflatten(1, (channels[0], side, side)), nn.SiLU(),
        ]  # fmt: skip
        for before, after in pairwise(channels):
            layers += [SubPixel(before, after), nn.SiLU(), nn.Conv2d(after, after, 3, padding=1), nn.SiLU()]
        self.body = nn.Sequential(*layers, SubPixel(channels[-1], shape[0]))

    def first(self, z: Tensor) -> Tensor:
        return self.body[:2](z)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z)


# A doubled picture shows a 3×3 convolution each value twice, so for every second output two taps of a side fall
# together: row r of a 4×4 transposed kernel is the sum of these rows of the 3×3 one.
FOLD = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))


class Resize(nn.Module):
    """Features (B, inputs, S, S) doubled by repeating each value, then a 3×3 convolution: (B, outputs, 2S, 2S).

    Every output is touched by equally many inputs, so there is no checkerboard (Odena 2016). Computed as one
    transposed convolution whose 4×4 kernel holds the sums of the weights that meet the same value: the same result
    from 4 products a weight pair instead of 9.
    """

    fold: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.register_buffer("fold", torch.tensor(FOLD), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel = torch.einsum("rk,cl,oikl->iorc", self.fold, self.fold, self.conv.weight)
        return F.conv_transpose2d(x, kernel, self.conv.bias, stride=2, padding=1)


class ResizeDecoder(Decoder):
    """Doubling and 3×3 convolutions in turn, and one more convolution at the full size."""

    def __init__(self, inputs: int, shape: Shape, width: int) -> None:
        super().__init__()
        stages = stages_of(shape)
        self.side = shape[-1] >> stages
        channels = [width << max(0, stages - 1 - stage) for stage in range(stages + 1)]
        self.stem = nn.Linear(inputs, channels[0] * self.side**2)
        layers: list[nn.Module] = [nn.GroupNorm(8, channels[0]), nn.LeakyReLU(0.2)]
        for before, after in pairwise(channels):
            layers += [Resize(before, after), nn.GroupNorm(8, after), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, shape[0], 3, padding=1))

    def first(self, z: Tensor) -> Tensor:
        return self.stem(z)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(self.stem(z).unflatten(1, (-1, self.side, self.side)))


class Style(nn.Module):
    """Features (B, C, S, S) made plain, then scaled and shifted per channel as a style (B, W) says.

    Adaptive normalisation (Huang & Belongie 2017; for generators Karras 2019, Chen 2019), over groups.
    """

    def __init__(self, style: int, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels, affine=False)
        self.scale_shift = nn.Linear(style, 2 * channels)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        scale, shift = self.scale_shift(style)[..., None, None].chunk(2, dim=1)
        return self.norm(x) * (1 + scale) + shift


class StyleDecoder(Decoder):
    """The code enters at every resolution, as the style of its features (self-modulation: Chen 2019).

    The first layers decide what is drawn, the last ones how; therefore two codes can be mixed, as in StyleGAN
    (Karras 2019), whose separate mapping network would take more training than these small networks get.
    """

    def __init__(self, inputs: int, shape: Shape, width: int) -> None:
        super().__init__()
        stages = stages_of(shape)
        self.layers = stages + 1  # the stem, and a style at each resolution below the full one
        self.side = shape[-1] >> stages
        channels = [width << (stages - stage) for stage in range(stages)]
        self.stem = nn.Linear(inputs, channels[0] * self.side**2)
        self.styles = nn.ModuleList(Style(inputs, one) for one in channels)
        self.grow = nn.ModuleList(SubPixel(before, after) for before, after in pairwise([*channels, shape[0]]))

    def first(self, z: Tensor) -> Tensor:
        return self.stem(z)

    def forward(self, z: Tensor) -> Tensor:
        codes = z if z.dim() == 3 else z[:, None].expand(-1, self.layers, -1)
        x = self.stem(codes[:, 0]).unflatten(1, (-1, self.side, self.side))
        for layer, (style, grow) in enumerate(zip(self.styles, self.grow, strict=True), start=1):
            x = grow(F.relu(style(x, codes[:, layer])))
        return x


class ConvEncoder(nn.Module):
    """x (B, C, S, S) -> features (B, `features`); strided convolutions halve the side `stages` times."""

    def __init__(self, shape: Shape, width: int, stages: int) -> None:
        super().__init__()
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
    """A latent code with its class beside it: z (N, …, Z), labels (N,) -> (N, …, Z + classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        if not self.classes:
            return z
        if labels is None:
            raise ValueError("a class-conditional network needs labels")
        known = F.one_hot(labels, self.classes).to(z.dtype)
        return torch.cat([z, known if z.dim() == 2 else known[:, None].expand(-1, z.shape[1], -1)], dim=-1)


class CodeReader(nn.Module):
    """A network that makes pictures (or points) of a code: the class goes beside it, then the body draws."""

    code: ClassCode
    body: Decoder
