"""Everything about an experiment that is drawn."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.common.rng import Stream, generator
from aigc_core.data.points import SPREAD
from aigc_core.demos.playground.experiment import Experiment, random_codes
from aigc_core.demos.playground.settings import PlaygroundSettings
from aigc_core.families.gan.losses import OBJECTIVES
from aigc_core.families.vae.family import SMALLEST_LOG_STD
from aigc_core.families.vae.losses import gaussian_nll, importance_weighted_bound, normal_log_density

SHOWN = 400  # points of each kind
COUNTED = 2500  # points in which modes are counted
NEAR = 3 * SPREAD  # of a mode's centre, or of a real point where there are no modes
LEAST_POINTS = 2  # generated near a mode, for it to count as covered
HEAT = 40  # places a side
MANIFOLD = 21  # lines a side
ARROWS = 80
MOST_COMPARED = 500  # real points that made ones are compared with
CLOUDS = 60  # posteriors
DENSITY_SAMPLES = 24  # for the VAE's density at a place
PLANE = 1.2  # the plane that is shown reaches from −PLANE to PLANE
RANGE = 2.0  # of z that is shown, in standard deviations


def view_of(experiment: Experiment) -> dict[str, Any]:
    """Everything that is drawn, in plain values.

    Returns:
        step, losses; `real`, `made` (N, 2); `manifold` (lines, lines, 2), where a square grid of z goes;
        `heat` uint8 (HEAT, HEAT) from the lower left, with `low` and `high` in words' units; `arrows` (N, 4):
        place and direction of what a made point feels; `clouds` (N, 4): mean and spread of posteriors in the first
        two latent numbers; `modes`, `covered`, `near`: see `coverage`.
    """
    chosen = experiment.settings
    with torch.no_grad():
        made = experiment.decoder(random_codes(chosen, COUNTED, generator(chosen.seed, Stream.SAMPLE)))
        manifold = experiment.decoder(manifold_codes(chosen)).view(MANIFOLD, -1, 2)
        values = _heat(experiment)
    low, high = float(values.min()), float(values.max())
    if chosen.model == "gan" and chosen.objective in ("non-saturating", "minimax"):
        low, high = 0.0, 1.0
    scaled = ((values - low) / max(high - low, 1e-9)).clamp(0, 1)
    return {
        "step": experiment.step_count,
        "losses": experiment.losses,
        "finite": all(bool(torch.isfinite(one).all()) for one in (*experiment.decoder.parameters(), made)),
        "real": _rounded(experiment.data[:: max(1, len(experiment.data) // SHOWN)]),
        "made": _rounded(made[:SHOWN]),
        "manifold": _rounded(manifold),
        "heat": (scaled * 255).round().to(torch.uint8).numpy(),
        "low": low,
        "high": high,
        "arrows": _arrows(experiment) if chosen.model == "gan" else [],
        "clouds": _posteriors(experiment) if chosen.model == "vae" else [],
        **coverage(made.numpy(), experiment.centres, experiment.data.numpy()),
    }


def _heat(experiment: Experiment) -> Tensor:
    """What the discriminator thinks of each place, or how dense the VAE thinks it is: (HEAT, HEAT)."""
    line = torch.linspace(-PLANE, PLANE, HEAT)
    places = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1).view(-1, 2)
    if experiment.settings.model == "gan":
        judged = experiment.discriminate(places)
        if experiment.settings.objective in ("non-saturating", "minimax"):
            judged = torch.sigmoid(judged)
        return judged.view(HEAT, HEAT)
    return log_density(experiment, places).exp().view(HEAT, HEAT)


def log_density(experiment: Experiment, x: Tensor) -> Tensor:
    """log p(x) of the VAE, by importance sampling from its own posterior (Burda 2015): (N, 2) -> (N,)."""
    mean, log_var = experiment.encode(x)
    noise = torch.randn(DENSITY_SAMPLES, *mean.shape, generator=generator(0, Stream.EVALUATE))
    z = mean + torch.exp(0.5 * log_var) * noise
    prior = normal_log_density(z, torch.zeros_like(z), torch.zeros_like(z))
    nll = gaussian_nll(experiment.decoder(z), x, experiment.log_std.clamp_min(SMALLEST_LOG_STD))
    return importance_weighted_bound(prior - nll - normal_log_density(z, mean, log_var))


def _arrows(experiment: Experiment) -> list[list[float]]:
    """Where each made point is pushed: minus the gradient of the generator's loss by the point."""
    objective = OBJECTIVES[experiment.settings.objective]
    with torch.no_grad():
        places = experiment.decoder(
            random_codes(experiment.settings, ARROWS, generator(experiment.settings.seed, Stream.SAMPLE))
        )
    places.requires_grad_(True)
    fake = experiment.discriminate(places)
    real = (
        experiment.discriminate(experiment.data[:ARROWS]).detach()
        if objective.compares and len(experiment.data) >= ARROWS
        else fake
    )
    (gradient,) = torch.autograd.grad(objective.generator(real, fake) * ARROWS, places)
    return _rounded(torch.cat([places.detach(), -gradient], dim=1))


def _posteriors(experiment: Experiment) -> list[list[float]]:
    with torch.no_grad():
        mean, log_var = experiment.encode(experiment.data[:CLOUDS])
    spread = torch.exp(0.5 * log_var)
    second = 1 if mean.shape[1] > 1 else 0
    return _rounded(torch.stack([mean[:, 0], mean[:, second], spread[:, 0], spread[:, second]], dim=1))


def coverage(made: np.ndarray, centres: np.ndarray | None, real: np.ndarray) -> dict[str, Any]:
    """How many modes have at least `LEAST_POINTS` of the made points (N, 2) within `NEAR`, and the share of points
    near any: {"modes", "covered", "near"}. Without centres the real points stand for them, and nothing is counted."""
    targets = real if centres is None else centres
    if not len(targets):
        return {"modes": 0, "covered": 0, "near": 0.0}
    some = targets[:: max(1, len(targets) // MOST_COMPARED)]
    nearest, owner = torch.cdist(torch.from_numpy(made), torch.from_numpy(some)).min(1)
    near = (nearest <= NEAR).numpy()
    counts = np.bincount(owner.numpy()[near], minlength=len(some))
    covered = int((counts >= LEAST_POINTS).sum()) if centres is not None else 0
    return {"modes": 0 if centres is None else len(centres), "covered": covered, "near": float(near.mean())}


def manifold_codes(settings: PlaygroundSettings) -> Tensor:
    """A square grid in the first two latent numbers, the others 0: (MANIFOLD², Z); a line where there is only one."""
    edge = 1.0 if settings.latent == "uniform" and settings.model == "gan" else RANGE
    line = torch.linspace(-edge, edge, MANIFOLD)
    if settings.latent_size == 1:
        return line[:, None]
    first, second = torch.meshgrid(line, line, indexing="ij")
    codes = torch.zeros(MANIFOLD**2, settings.latent_size)
    codes[:, 0], codes[:, 1] = first.flatten(), second.flatten()
    return codes


def _rounded(x: Tensor) -> list[Any]:
    return np.round(x.numpy().astype(np.float64), 3).tolist()
