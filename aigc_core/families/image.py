"""What every generator of images (or points in the plane) from a latent code here can do."""

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aigc_core.common.device import device_of
from aigc_core.common.errors import ConfigError
from aigc_core.common.rng import normal_per_sample
from aigc_core.data.image_dataset import ImageDataset, spread
from aigc_core.families.base import Family, Networks, Result
from aigc_core.families.common.image_networks import CodeReader
from aigc_core.media import provenance


@dataclass(frozen=True)
class ImageRequest:
    """Which pictures to make: `count` of them, the i-th from latent `seed`, i; of class `label`, or the i-th of class
    `labels`[i] (again from the start beyond them), or of every class in turn."""

    count: int = 64
    seed: int = 0
    label: int | None = None
    labels: tuple[int, ...] = ()


PART = 64  # pictures decoded at once
SNAPSHOT = ImageRequest(count=64, seed=0)


class ImageFamily(Family):
    """A family that makes pictures (or points in the plane) from a latent code."""

    @abstractmethod
    def decode(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        """Pictures float (N, C, H, W) in [0, 1], or points (N, 2), from codes (N, latent_size).

        A network with several `layers` also takes one code for each, (N, layers, latent_size).
        """

    @abstractmethod
    def decoder(self, networks: Networks) -> CodeReader:
        """The network that makes pictures."""

    def first(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        """Activations (N, D) of the first layers for codes (N, latent_size)."""
        decoder = self.decoder(networks)
        return decoder.body.first(decoder.code(z, labels))

    @property
    def layers(self) -> int:
        """Into how many places of the network the code goes."""
        return self.decoder(self.networks).body.layers

    def sample(self, networks: Networks, request: ImageRequest) -> np.ndarray:
        """Pictures uint8 (N, H, W, C), or points float32 (N, 2); each depends on its own seed only.

        Each is decoded in a batch of a fixed size, padded if need be: a matmul may round differently at another batch
        size, and the same seed shall give the same bytes however many are asked for.
        """
        device = device_of(networks)
        made = []
        for first in range(0, request.count, PART):
            z = normal_per_sample(PART, self.config.latent_size, request.seed, first).to(device)
            labels = None
            if self.classes:
                wanted = request.labels or range(self.classes) if request.label is None else (request.label,)
                labels = torch.tensor(wanted)[torch.arange(first, first + PART) % len(wanted)].to(device)
            with torch.inference_mode():
                made.append(as_array(self.decode(networks, z, labels)))
        return np.concatenate(made)[: request.count] if made else np.zeros((0, *self.info.shape), np.uint8)

    def sample_like(self, networks: Networks, data: ImageDataset, count: int, seed: int) -> np.ndarray:
        """As `sample`, the classes in the shares that the data has: what made and real examples are compared in must
        not differ by how often a person asks for each class."""
        labels = () if data.labels is None else tuple(spread(data.labels, count).tolist())
        return self.sample(networks, ImageRequest(count, seed, labels=labels))

    def make(self, networks: Networks, count: int, seed: int) -> list[Result]:
        made = self.sample(networks, ImageRequest(count=count, seed=seed))
        return [Result(sheet_png(one[None]), ".png") for one in made]

    def snapshot(self, networks: Networks, fixed_inputs: object) -> Result:
        return Result(sheet_png(self.sample(networks, SNAPSHOT)), ".png")

    @property
    def classes(self) -> int:
        """How many classes the model can be asked for; 0 if it is trained without.

        Raises:
            ConfigError: it shall be told classes, and the data has none.
        """
        if self.config.conditional and not self.info.class_names:
            raise ConfigError(
                "config.no_classes",
                "“{data}” has no classes, so a model cannot be told them: switch “conditional” off.",
                data=self.config.data,
            )
        return len(self.info.class_names) if self.config.conditional else 0


def as_array(x: Tensor) -> np.ndarray:
    """Pictures in [0, 1] (N, C, H, W) to uint8 (N, H, W, C); points pass as float32."""
    if x.dim() == 2:
        return x.float().cpu().numpy()
    return x.float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def mosaic(pictures: np.ndarray, gap: int = 2) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) side by side, as square as can be: uint8 (H', W', C)."""
    count, height, width, channels = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def scatter(points: np.ndarray, side: int = 448, reach: float = 1.2) -> np.ndarray:
    """Points (N, 2) within ±`reach` as a picture uint8 (side, side, 1), white on black, overlaps brighter."""
    edges = np.linspace(-reach, reach, side + 1)
    counts, _, _ = np.histogram2d(-points[:, 1], points[:, 0], bins=(edges, edges))
    blurred = counts.copy()
    for shift in (-1, 1):  # a dot of one pixel is too small to see
        blurred += np.roll(counts, shift, 0) + np.roll(counts, shift, 1)
    return np.minimum(255, 160 * blurred).astype(np.uint8)[..., None]


def sheet_png(made: np.ndarray) -> bytes:
    """Whatever a picture family made, as one PNG: a mosaic of pictures, or a plot of points."""
    return provenance.png(mosaic(made) if made.ndim == 4 else scatter(made))
