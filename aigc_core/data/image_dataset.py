"""Images and points as tensors on the device."""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from aigc_core.common.device import to_device
from aigc_core.common.rng import Stream, generator
from aigc_core.data.augment import augmented
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.image_folder import SMALLEST_SIDE
from aigc_core.data.image_split import few_pictures, split_pictures
from aigc_core.data.settings import ImageSettings
from aigc_core.data.sources import Images, Points
from aigc_core.data.split import is_validation

PART = 4096  # pictures turned into numbers at once: those take four or eight times as much memory

T = TypeVar("T")


class ImageDataset:
    """Pictures or points: `train` and `validation` (N, *shape), `labels` int64 (N,) or None.

    Pictures are kept as uint8, a quarter of the memory, and leave as float within [0, 1].
    """

    def __init__(self, source: Images | Points, config: ImageSettings, device: torch.device) -> None:
        self.config = config
        if isinstance(source, Images):
            train, validation = split_pictures(source, config)
            notes = [*source.notes, *few_pictures(len(train[0]) + len(validation[0]))]
        else:
            notes = source.notes
            held = is_validation((one.tobytes() for one in source.xy), config.validation, config.seed)
            train = source.xy[~held], None if source.labels is None else source.labels[~held]
            validation = source.xy[held], None if source.labels is None else source.labels[held]
        self.train, self.labels = _on_device(*train, config, device)
        self.validation, self.validation_labels = _on_device(*validation, config, device)
        mean, std = _moments(self.train)
        self.info = DatasetInfo(
            kind="image" if isinstance(source, Images) else "points",
            shape=tuple(self.train.shape[1:]),
            class_names=source.class_names,
            train_size=len(self.train),
            validation_size=len(self.validation),
            mean=mean,
            std=std,
            notes=notes,
        )
        self._orders: dict[int, tuple[int, Tensor]] = {}
        self._cache: dict[str, object] = {}

    def cached(self, name: str, compute: Callable[[], T]) -> T:
        """Something derived from the data alone, computed once."""
        if name not in self._cache:
            self._cache[name] = compute()
        return cast(T, self._cache[name])

    def batch(self, step: int, draw: int, part: slice) -> Batch:
        """Examples `part` of the `draw`-th batch of a step: {"x": float (B, *shape), "y": int64 (B,)}.

        Each draw goes through the examples in epochs, every example once, in an order that depends on the
        seed, the draw and the epoch alone.
        """
        size = self.config.batch_size
        places = torch.arange(step * size + part.start, step * size + part.stop)
        epochs = places // len(self.train)
        index = torch.cat(
            [self._order(int(epoch), draw)[places[epochs == epoch] % len(self.train)] for epoch in torch.unique(epochs)]
        )
        index = to_device(index, self.train.device)
        x = as_float(self.train[index])
        if x.dim() == 4:
            random = generator(self.config.seed, Stream.AUGMENT, step, draw)
            x = augmented(x, self.config, random, size, part)
        return {"x": x} if self.labels is None else {"x": x, "y": self.labels[index]}

    def _order(self, epoch: int, draw: int) -> Tensor:
        if self._orders.get(draw, (-1,))[0] != epoch:
            random = generator(self.config.seed, Stream.ORDER, epoch, draw)
            self._orders[draw] = epoch, torch.randperm(len(self.train), generator=random)
        return self._orders[draw][1]


def as_float(x: Tensor) -> Tensor:
    """Pictures as stored (uint8) to float32 within [0, 1]; points pass through."""
    return x.float().div_(255) if x.dtype == torch.uint8 else x


def spread(x: Tensor, count: int) -> Tensor:
    """At most `count` examples from all over `x`: data sorted by class must not lose its last classes."""
    return x[torch.linspace(0, len(x) - 1, min(count, len(x)), device=x.device).long()]


def _on_device(
    values: np.ndarray, labels: np.ndarray | None, config: ImageSettings, device: torch.device
) -> tuple[Tensor, Tensor | None]:
    x = torch.from_numpy(np.ascontiguousarray(values))
    if x.dtype == torch.uint8:
        x = resize_images(x.permute(0, 3, 1, 2), config.image_size, config.channels)
    return x.to(device), None if labels is None else torch.from_numpy(labels).to(device)


def resize_images(x: Tensor, image_size: int, channels: int) -> Tensor:
    """Pictures uint8 (N, C, H, W) brought to the wanted size and number of channels (0 = as they are)."""
    if channels == 1 and x.shape[1] == 3:
        x = torch.cat([_grey(part) for part in x.split(PART)])
    elif channels == 3 and x.shape[1] == 1:
        x = x.expand(-1, 3, -1, -1)
    side = image_size or max(SMALLEST_SIDE, x.shape[-1])
    if x.shape[-2:] != (side, side):
        x = torch.cat([_resized(part, side) for part in x.split(PART)])
    return x.contiguous()


def _grey(x: Tensor) -> Tensor:
    luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)  # ITU-R BT.601
    return (x.float() * luma).sum(1, keepdim=True).round().to(torch.uint8)


def _resized(x: Tensor, side: int) -> Tensor:
    larger = F.interpolate(x.float(), (side, side), mode="bilinear", antialias=True)
    return larger.round().clamp(0, 255).to(torch.uint8)


def _moments(x: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel, in float64, a part at a time."""
    axes = [0, *range(2, x.dim())]
    sums = torch.zeros(2, x.shape[1], dtype=torch.float64)
    for part in x.split(PART):
        values = as_float(part).to("cpu", torch.float64)  # which a Mac's GPU has not
        sums += torch.stack([values.sum(axes), values.square().sum(axes)])
    mean, square = sums / (x.numel() / x.shape[1])
    std = (square - mean.square()).clamp_min(1e-6).sqrt()
    return mean.tolist(), std.tolist()
