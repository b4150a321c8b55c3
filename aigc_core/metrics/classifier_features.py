"""Features in which pictures are compared: the last layer but one of a small classifier.

Pixels call two 7s different that a person calls alike. A classifier's features do not, which is why the usual
measures of generators compare those (Inception's for photographs: Heusel 2017; here a small network trained on
the same kind of picture, since Inception knows no digits).
"""

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from aigc_core.common.errors import RunError
from aigc_core.common.gradient_step import gradient_step
from aigc_core.common.paths import shipped_root
from aigc_core.common.rng import Stream, generator
from aigc_core.data.image_dataset import as_float, resize_images
from aigc_core.data.sources import SOURCES, source_of

SIDE = 28  # pixels; other sizes are brought to it
SIZE = 64  # features
PART = 1000  # pictures at once
DROPOUT = 0.3  # of the features while training: none shall be indispensable


class FeatureNetwork(nn.Module):
    """x float (B, 1, 28, 28) in [0, 1] -> features (B, 64), at least 0; `head` makes logits (B, classes) of them."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * (SIDE // 4) ** 2, SIZE), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(SIZE, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


def features_file(data: str) -> Path | None:
    """Where the weights of the network for a data source lie; None if it has none.

    Raises:
        DataError: there is no such source.
    """
    name = source_of(data).features
    file = shipped_root() / "features" / f"{name}.safetensors"
    return file if name and file.is_file() else None


def load(data: str) -> FeatureNetwork | None:
    """The network that judges pictures of a data source, or None if none was trained for it.

    Raises:
        RunError: its file is damaged. DataError: there is no such source.
    """
    file = features_file(data)
    if file is None:
        return None
    try:
        tensors = load_file(file)
        network = FeatureNetwork(len(tensors["head.bias"]))
        network.load_state_dict(tensors)
    except (OSError, KeyError, RuntimeError, SafetensorError) as problem:
        raise RunError(
            "features.damaged", "{file} cannot be read; install the program again.", file=file.name
        ) from problem
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def extract(network: FeatureNetwork, x: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of pictures as stored, uint8 (N, C, H, W): features float32 (N, 64), the class each is taken for (N,), and with
    which probability (N,)."""
    features = torch.cat([network(as_float(resize_images(part, SIDE, 1))) for part in x.cpu().split(PART)])
    sure, classes = network.head(features).softmax(1).max(1)
    return features.numpy(), classes.numpy(), sure.numpy()


def train(x: Tensor, labels: Tensor, classes: int, epochs: int = 6, seed: int = 0) -> FeatureNetwork:
    """Train a network on pictures uint8 (N, C, H, W) and their classes int64 (N,)."""
    network, random = FeatureNetwork(classes), generator(seed, Stream.INIT)
    for weights in network.parameters():  # by a generator of our own: other threads may draw meanwhile
        if weights.dim() > 1:
            nn.init.kaiming_uniform_(weights, nonlinearity="relu", generator=random)
        else:
            nn.init.zeros_(weights)
    x, size = resize_images(x.cpu(), SIDE, 1), min(128, len(x))
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * (len(x) // size))
    for epoch in range(epochs):
        order = torch.randperm(len(x), generator=generator(seed, Stream.ORDER, epoch))
        for index in order.split(size)[: len(x) // size]:
            kept = (torch.rand(size, SIZE, generator=random) > DROPOUT) / (1 - DROPOUT)
            loss = F.cross_entropy(network.head(network(as_float(x[index])) * kept), labels[index])
            gradient_step(loss, optimizer)
            schedule.step()
    return network.eval().requires_grad_(False)


def save(network: FeatureNetwork, data: str) -> Path:
    """Keep a trained network with the program; returns its file."""
    file = shipped_root() / "features" / f"{SOURCES[data].features}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), file)
    return file
