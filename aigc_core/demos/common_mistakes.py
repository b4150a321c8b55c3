"""Formulas that are copied a great deal and are wrong, trained next to the right ones, so that one sees what happens.

All on 8×8 digits with small dense networks, in seconds.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from aigc_core.common.device import threads
from aigc_core.common.errors import ConfigError
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.families.base import Phase
from aigc_core.families.image import ImageFamily, ImageRequest, sheet_png
from aigc_core.families.vae.losses import kl_to_standard_normal, normal_log_density
from aigc_core.training.quick_fit import prepared, quick_fit

STEPS = 600
SHOWN = ImageRequest(count=32, seed=0)
SETTINGS: dict[str, dict[str, Any]] = {
    "vae": {"data": "digits8", "network": "mlp", "width": 32, "latent_size": 8, "batch_size": 64},
    "gan": {"data": "digits8", "network": "mlp", "width": 32, "latent_size": 16, "batch_size": 64},
}


def show(mistake: str, progress: ProgressCallback = silent) -> dict[str, Any]:
    """Train the right formula and the wrong one.

    Args:
        mistake: one of `MISTAKES`.

    Returns:
        `right` and `wrong`: each a `sheet` (PNG of 32 pictures made from chance) and `figures`.

    Raises:
        ConfigError: no such mistake.
    """
    if mistake not in MISTAKES:
        raise ConfigError("basics.no_mistake", "There is no mistake “{mistake}” here.", mistake=mistake)
    with threads(1):  # networks so small that a second thread only costs time
        return MISTAKES[mistake](progress)


def _sample_sheet(family: ImageFamily) -> bytes:
    with torch.inference_mode():
        return sheet_png(family.sample(family.networks, SHOWN))


# -- variational autoencoders -------------------------------------------------------------------------------


def _vae(loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor], progress: ProgressCallback) -> dict[str, Any]:
    """Train by a loss of −log p(x|z) (B,), μ, log σ² and z (B, Z); measure the true bound."""
    family, data = prepared("vae", SETTINGS["vae"])
    model = family.networks["autoencoder"]

    def of_batch(x: Tensor, noise: Tensor) -> Tensor:
        mean, log_var = model.encoder(x, None)
        z = mean + torch.exp(0.5 * log_var) * noise
        return loss(model.decoder.nll(model.decoder(z, None), x), mean, log_var, z)

    quick_fit(family, data, STEPS, progress, of_batch)
    with torch.inference_mode():
        figures = family.evaluate(family.networks, data)
    wanted = ("negative_elbo", "reconstruction", "kl", "active_units")
    return {"sheet": _sample_sheet(family), "figures": {name: figures[name] for name in wanted}}


def _negative_elbo(nll: Tensor, mean: Tensor, log_var: Tensor, z: Tensor) -> Tensor:
    return (nll + kl_to_standard_normal(mean, log_var).sum(1)).mean()


def _averaged_pixels(nll: Tensor, mean: Tensor, log_var: Tensor, z: Tensor) -> Tensor:
    """Reconstruction averaged over pixels, KL summed: β = 784."""
    return (nll / (28 * 28) + kl_to_standard_normal(mean, log_var).sum(1)).mean()


def _averaged_kl(nll: Tensor, mean: Tensor, log_var: Tensor, z: Tensor) -> Tensor:
    """KL averaged over the code's numbers: β = 1/8 here, and another one with every other size of the code."""
    return (nll + kl_to_standard_normal(mean, log_var).mean(1)).mean()


def _two_likelihoods(nll: Tensor, mean: Tensor, log_var: Tensor, z: Tensor) -> Tensor:
    """“Encoder loss” −log q(z|x) and “decoder loss” −log p(x|z): no prior anywhere."""
    return (nll - normal_log_density(z, mean, log_var)).mean()


# -- generators ---------------------------------------------------------------------------------------------


def _regressed_generator(progress: ProgressCallback) -> dict[str, Any]:
    """G(z) drawn to real pictures by squared error: the least error has their average, whatever z is."""
    family, data = prepared("gan", SETTINGS["gan"])
    family.phases = (Phase("generator"),)
    generate = family.networks["generator"]

    def squared_error(x: Tensor, z: Tensor) -> Tensor:
        return (generate(z, None) - x).square().mean()

    quick_fit(family, data, STEPS, progress, lambda x, z: (generate(z, None) - x).square().mean())
    return {"sheet": _sample_sheet(family), "figures": _spread(family, data)}


def _adversarial_generator(progress: ProgressCallback) -> dict[str, Any]:
    """The same generator against a discriminator."""
    family, data = prepared("gan", SETTINGS["gan"])
    quick_fit(family, data, STEPS, progress)
    return {"sheet": _sample_sheet(family), "figures": _spread(family, data)}


def _spread(family: ImageFamily, data: ImageDataset) -> dict[str, float]:
    with torch.inference_mode():
        figures = family.evaluate(family.networks, data)
    return {name: figures[name] for name in ("diversity", "classes_missing", "coverage")}


Demonstration = Callable[[ProgressCallback], dict[str, Any]]


def _pair(right: Demonstration, wrong: Demonstration) -> Demonstration:
    def both(progress: ProgressCallback) -> dict[str, Any]:
        return {
            "right": right(lambda part, shown: progress(0.5 * part, None)),
            "wrong": wrong(lambda part, shown: progress(0.5 + 0.5 * part, None)),
        }

    return both


MISTAKES: dict[str, Demonstration] = {
    "averaged-pixels": _pair(partial(_vae, _negative_elbo), partial(_vae, _averaged_pixels)),
    "averaged-kl": _pair(partial(_vae, _negative_elbo), partial(_vae, _averaged_kl)),
    "two-likelihoods": _pair(partial(_vae, _negative_elbo), partial(_vae, _two_likelihoods)),
    "generator-by-error": _pair(_adversarial_generator, _regressed_generator),
}
