"""A training of seconds inside this process, without a run: for demonstrations that are forgotten afterwards."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from aigc_core.common.device import choose
from aigc_core.common.gradient_step import gradient_step
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data.batch import Batch
from aigc_core.data.datasets import Dataset, load_data
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.families import config_class, family_class
from aigc_core.families.base import Family, Phase, StepContext
from aigc_core.families.base import Loss as FamilyLoss
from aigc_core.families.config import make_config
from aigc_core.training import optim

AnyFamily = TypeVar("AnyFamily", bound=Family)
Loss = Callable[[Tensor, Tensor], Tensor]  # of a batch (B, …) and normal noise (B, Z)


def prepared(family: str, settings: dict[str, Any]) -> tuple[Any, ImageDataset]:  # a family's own methods are used
    """An untrained family and its pictures, on the processor."""
    config = make_config(config_class(family), None, None, settings)
    data = load_data(config, torch.device("cpu"), silent, None)
    assert isinstance(data, ImageDataset)
    return family_class(family)(config, data.info), data


def quick_fit(
    family: AnyFamily, data: Dataset, steps: int, progress: ProgressCallback, loss: Loss | None = None
) -> AnyFamily:
    """Train a family on its data, as the trainer does but for schedule and EMA, or by another `loss`; returns it in
    evaluation mode."""
    config = family.config
    shard = slice(0, config.batch_size)
    optimizers = optim.for_phases(family, choose("cpu", "float32"))
    step = draw = 0

    def update(phase: Phase, loss_of: FamilyLoss) -> None:
        nonlocal draw
        for name, network in family.networks.items():
            network.requires_grad_(name in phase.networks)
        context = StepContext(config, step, draw, shard, torch.device("cpu"))
        value, _ = loss_of(data.batch(step, draw, shard), context)
        gradient_step(value, optimizers[phase.name])
        draw += 1

    def given(loss: Loss, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        return loss(batch["x"], context.normal(config.latent_size)), {}

    for step in range(steps):
        draw = 0
        if loss is None:
            family.train_step(update, step)
        else:
            for phase in family.phases:
                update(phase, partial(given, loss))
        progress((step + 1) / steps, None)
    for network in family.networks.values():
        network.eval().requires_grad_(False)
    return family
