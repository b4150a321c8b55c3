"""Judging a run on held-out data."""

from typing import Any

import torch

from aigc_core.data.tensors import load_data
from aigc_core.run import Run
from aigc_core.sampler import load


def evaluate(run: Run, full: bool = False) -> dict[str, Any]:
    """The family's figures at the best checkpoint, on the data that training never saw.

    Args:
        full: measure on everything, and add what takes long (for a VAE the importance-weighted bound).

    Raises:
        RunError: no checkpoint. DataError: the data is not here.
    """
    model = load(run)
    family = model.family
    device = next(next(iter(family.networks.values())).parameters()).device
    tokenizer = family.facts.tokenizer or None
    data = load_data(family.config, torch.device(device), lambda what, part: None, tokenizer)
    with model.lock:
        figures = family.evaluate(family.networks, data, full)
    return {"run": run.name, "family": family.config.family, "data": family.config.data, "step": model.step, **figures}
