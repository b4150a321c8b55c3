"""Judging a run on held-out data."""

from typing import Any

import numpy as np
import torch

from aigc_core import features
from aigc_core.data.sources import silent
from aigc_core.data.tensors import PictureData, load_data
from aigc_core.device import device_of
from aigc_core.families.base import PictureFamily, PictureRequest
from aigc_core.metrics import frechet_distance, moments
from aigc_core.run import Run
from aigc_core.sampler import load

MOST_JUDGED = 10_000  # pictures on each side of a distance
LEAST_SHARE = 0.01  # of the made pictures; a class with less counts as missing


def evaluate(run: Run, full: bool = False, step: int | None = None) -> dict[str, Any]:
    """The family's figures at a checkpoint (None: the best one), on the data that training never saw.

    Args:
        full: measure on everything, and add what takes long: for a VAE the importance-weighted bound; for
            pictures of a kind that a shipped network knows, the distance in its features.

    Raises:
        RunError: no checkpoint. DataError: the data is not here.
    """
    model = load(run, step)
    family = model.family
    tokenizer = family.facts.tokenizer or None
    data = load_data(family.config, device_of(family.networks), silent, tokenizer)
    with model.lock:
        figures = family.evaluate(family.networks, data, full)
        if full and isinstance(family, PictureFamily) and isinstance(data, PictureData):
            figures |= in_features(family, data)
    return {"run": run.name, "family": family.config.family, "data": family.config.data, "step": model.step, **figures}


def in_features(family: PictureFamily, data: PictureData) -> dict[str, Any]:
    """Made against held-out pictures in the features of `aigc_core.features`; nothing where it has no network.

    `frechet_features` (Heusel 2017, with our features instead of Inception's), and beside it
    `frechet_features_real`, the same distance between as many training pictures and the held-out ones;
    `features_n` pictures on each side; `classes_missing` of those that the network tells apart.
    """
    network = features.load(family.config.data)
    if network is None:
        return {}
    count = min(MOST_JUDGED, len(data.validation))
    spread = torch.linspace(0, len(data.train) - 1, count).long()
    made = torch.from_numpy(family.sample(family.networks, PictureRequest(count=count, seed=1)))
    ours, classes = features.measured(network, made.permute(0, 3, 1, 2))
    held_out = moments(features.measured(network, data.validation[:count])[0])
    real = moments(features.measured(network, data.train[spread])[0])
    shares = np.bincount(classes, minlength=network.head.out_features) / count
    return {
        "frechet_features": frechet_distance(moments(ours), held_out),
        "frechet_features_real": frechet_distance(real, held_out),
        "features_n": count,
        "classes_missing": int((shares < LEAST_SHARE).sum()),
    }
