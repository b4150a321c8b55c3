"""A training of seconds inside this process, without a run: for demonstrations that are forgotten afterwards."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aigc_core.common.device import choose
from aigc_core.data.datasets import load_data
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.data.sources import silent
from aigc_core.families import config_class, family_class
from aigc_core.families.base import StepContext
from aigc_core.families.config import make_config
from aigc_core.training import optim

Look = Callable[[float], None]  # told the part that is done
Loss = Callable[[Tensor, Tensor], Tensor]  # of a batch (B, …) and normal noise (B, Z)


def prepared(family: str, settings: dict[str, Any]) -> tuple[Any, ImageDataset]:
    """An untrained family and its pictures, on the processor."""
    config = make_config(config_class(family), None, None, settings)
    data = load_data(config, torch.device("cpu"), silent, None)
    assert isinstance(data, ImageDataset)
    return family_class(family)(config, data.info), data


def quick_fit(family: Any, data: Any, steps: int, look: Look, loss: Loss | None = None) -> Any:
    """Train a family on its data, as the loop does but for schedule and average, or by another `loss`; returns it in
    evaluation mode."""
    config = family.config
    part = slice(0, config.batch_size)
    optimizers = {
        phase.network: optim.make(family.networks[phase.network], config, choose("cpu", "float32"))
        for phase in family.phases
    }
    for step in range(steps):
        for draw, phase in enumerate(family.phases):
            for name, network in family.networks.items():
                network.requires_grad_(name == phase.network)
            batch = data.batch(step, draw, part)
            moment = StepContext(config, step, draw, part, torch.device("cpu"))
            if loss is None:
                value = family.loss(phase.network, batch, moment)[0]
            else:
                value = loss(batch["x"], moment.normal(config.latent_size))
            value.backward()
            optimizers[phase.network].step()
            optimizers[phase.network].zero_grad()
        look((step + 1) / steps)
    for network in family.networks.values():
        network.eval().requires_grad_(False)
    return family
