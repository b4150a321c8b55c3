"""Judging a run on held-out data."""

import math
from typing import Any, cast

import numpy as np
import torch

from aigc_core.common.device import device_of
from aigc_core.common.errors import RunError
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data.datasets import load_data
from aigc_core.data.image_dataset import ImageDataset, spread
from aigc_core.data.sources import source_of
from aigc_core.families.base import EvalLevel
from aigc_core.families.image import ImageFamily
from aigc_core.inference.model_cache import load
from aigc_core.metrics import classifier_features, inception_features
from aigc_core.metrics.distances import frechet_distance, kernel_distance, manifold_overlap, moments
from aigc_core.metrics.sample_quality import LEAST_COMPARED, SampleQuality, few
from aigc_core.runs.run import Run

MOST_JUDGED = {"end": 2_000, "full": 10_000}  # pictures on each side of a distance in features
MOST_IN_INCEPTION = 2_000  # likewise, at some 20 a second and core
MOST_PAIRED = 2_000  # where every pair is looked at
SURE = 0.8  # probability of the likeliest class
SEED = 1  # of the examples that are judged


def evaluate(run: Run, extent: EvalLevel = "during", step: int | None = None) -> dict[str, Any]:
    """The family's figures at a checkpoint (None: the best one), on the data that training never saw.

    Args:
        extent: at the end of a run also what takes some seconds, or everything there is: for a VAE the
            importance-weighted bound; for pictures of a kind that a shipped network knows, distances in its features.

    Returns:
        The figures, without those that are no finite number here.

    Raises:
        RunError: no checkpoint. DataError: the data is not here, or other data than that of the run.
    """
    model = load(run, step)
    family = model.family
    tokenizer = family.info.tokenizer or None
    data = load_data(family.config, device_of(family.networks), silent, tokenizer)
    family.info.check_goes_with(data.info, family.config)
    with model.lock:
        figures = family.evaluate(family.networks, data, extent)
        if extent != "during" and isinstance(family, ImageFamily) and isinstance(data, ImageDataset):
            if "coverage" not in figures:
                figures |= likeness(family, data, extent)
            figures |= in_features(family, data, MOST_JUDGED[extent])
    finite = {name: one for name, one in figures.items() if not isinstance(one, float) or math.isfinite(one)}
    return {
        "run": run.name, "family": family.config.family, "data": family.config.data, "step": model.step,
        **finite, "seed": SEED,
    }  # fmt: skip


def in_inception(run: Run, progress: ProgressCallback) -> dict[str, Any]:
    """Made against held-out pictures in Inception's features, as papers report them for photographs.

    `frechet_inception`, `kernel_inception`, the same of training pictures as `…_real`, and `inception_n`.

    Raises:
        RunError: no pictures, no checkpoint, or the package is missing. DataError: no weights, or no data.
    """
    family = load(run).family
    if not isinstance(family, ImageFamily) or len(family.info.shape) != 3:
        raise RunError(
            "inception.no_pictures", "{run} makes no pictures, and Inception looks at nothing else.", run=run.name
        )
    network = inception_features.load(progress)
    data = cast(ImageDataset, load_data(family.config, device_of(family.networks), silent, None))
    family.info.check_goes_with(data.info, family.config)
    count = min(MOST_IN_INCEPTION, len(data.validation))
    made = torch.from_numpy(family.sample_like(family.networks, data, count, SEED))
    ours = inception_features.extract(network, made.permute(0, 3, 1, 2))
    held_out = inception_features.extract(network, spread(data.validation, count))
    real = inception_features.extract(network, spread(data.train, count))
    return _two_distances("inception", ours, real, held_out) | {"inception_n": count}


def likeness(family: ImageFamily, data: ImageDataset, extent: EvalLevel) -> dict[str, Any]:
    """How like real examples made ones are (`aigc_core.metrics.sample_quality`), with their number `likeness_n`."""
    judge = data.cached("likeness", lambda: SampleQuality(data, classifier_features.load(family.config.data)))
    figures = judge.compute(family.sample_like(family.networks, data, judge.count(extent), SEED))
    return {"likeness_n": figures.pop("n"), **figures}


def in_features(family: ImageFamily, data: ImageDataset, most: int) -> dict[str, Any]:
    """Made against held-out pictures in the features of a classifier (`aigc_core.metrics.classifier_features`); nothing
    where there is no such network.

    `frechet_features` (Heusel 2017, with our features instead of Inception's), and beside it
    `frechet_features_real`, the same distance between as many training pictures and the held-out ones;
    `kernel_features` and `kernel_features_real` likewise (Bińkowski 2018); `features_n` pictures on each side;
    `coverage_features` (see `manifold_overlap`); `recognised`, the part of which the network is sure, as a part of that
    of held-out pictures; `features`, the name of that network.
    """
    network = classifier_features.load(family.config.data)
    if network is None or len(data.validation) < LEAST_COMPARED:
        return {}
    count = min(most, len(data.validation))
    made = torch.from_numpy(family.sample_like(family.networks, data, count, SEED))
    ours, _, sure = classifier_features.extract(network, made.permute(0, 3, 1, 2))
    held_out, _, sure_of_real = classifier_features.extract(network, spread(data.validation, count))
    real = classifier_features.extract(network, spread(data.train, count))[0]
    return _two_distances("features", ours, real, held_out) | {
        "features_n": count,
        "features": source_of(family.config.data).features,
        "coverage_features": manifold_overlap(few(held_out), few(ours))["coverage"],
        "recognised": float((sure > SURE).mean() / max((sure_of_real > SURE).mean(), 1e-12)),
    }


def _two_distances(name: str, made: np.ndarray, real: np.ndarray, held_out: np.ndarray) -> dict[str, float]:
    """Of made ones to held-out ones, and of real ones to them, in features (N, D) each."""
    some_made, some_real, some_held_out = (few(one, MOST_PAIRED) for one in (made, real, held_out))
    return {
        f"frechet_{name}": frechet_distance(moments(made), moments(held_out)),
        f"frechet_{name}_real": frechet_distance(moments(real), moments(held_out)),
        f"kernel_{name}": kernel_distance(some_made, some_held_out),
        f"kernel_{name}_real": kernel_distance(some_real, some_held_out),
    }
