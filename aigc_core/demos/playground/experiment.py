"""Networks of a few hundred weights that learn points in the plane, and everything about them that can be drawn."""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from aigc_core.common.gradient_step import gradient_step
from aigc_core.common.rng import Stream, generator
from aigc_core.data.points import SPREAD, centres_of, points_of
from aigc_core.demos.playground.settings import PlaygroundSettings
from aigc_core.families.common.image_networks import dense
from aigc_core.families.gan.losses import OBJECTIVES, interpolation_penalty, zero_centred_penalty
from aigc_core.families.vae.family import SMALLEST_LOG_STD
from aigc_core.families.vae.losses import (
    gaussian_nll,
    importance_weighted_bound,
    kl_to_standard_normal,
    normal_log_density,
)

Which = Literal["both", "d", "g"]

BETAS = (0.5, 0.99)  # of Adam: little memory of the mean, because a GAN's gradients turn
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


class Experiment:
    """One experiment; `step` moves it on, `view` shows it, `change` takes other settings."""

    def __init__(self, settings: PlaygroundSettings) -> None:
        self.settings, self.step_count = settings, 0
        self.losses: dict[str, float] = {}
        self._load()
        self._build()

    def change(self, settings: PlaygroundSettings) -> None:
        """Take other settings; new networks only where the old ones do not fit them."""
        before, self.settings = self.settings, settings
        if any(getattr(before, name) != getattr(settings, name) for name in PlaygroundSettings.rebuilding):
            self._build()
        if (before.pattern, before.drawn) != (settings.pattern, settings.drawn):
            self._load()

    def step(self, which: Which = "both") -> None:
        """One round of corrections: of the discriminator, of the generator, or of both; a VAE has one network."""
        chosen = self.settings
        if chosen.model == "vae":
            self._train_vae()
        else:
            for draw in range(chosen.d_steps if which == "both" else which == "d"):
                self._train_discriminator(draw)
            for draw in range(chosen.g_steps if which == "both" else which == "g"):
                self._train_generator(draw)
        self.step_count += 1

    # -- building ---------------------------------------------------------------------------------------

    def _load(self) -> None:
        chosen = self.settings
        xy = np.array(chosen.drawn, dtype=np.float32) if chosen.pattern == "drawn" else points_of(chosen.pattern).xy
        self.data = torch.from_numpy(xy.reshape(-1, 2))
        self.centres = centres_of(chosen.pattern)

    def _build(self) -> None:
        chosen, self.step_count, self.losses = self.settings, 0, {}
        hidden = [chosen.width] * chosen.depth
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(generator(chosen.seed, Stream.INIT).initial_seed())
            self.decoder = _mlp([chosen.latent_size, *hidden, 2])
            self.other = _mlp([2, *hidden, 1 if chosen.model == "gan" else 2 * chosen.latent_size])
        self.log_std = nn.Parameter(torch.tensor(-1.0))  # of the VAE's Gaussian likelihood
        if chosen.model == "gan":
            self.optimizers = {
                "g": torch.optim.Adam(self.decoder.parameters(), betas=BETAS),
                "d": torch.optim.Adam(self.other.parameters(), betas=BETAS),
            }
        else:
            together = [*self.decoder.parameters(), *self.other.parameters(), self.log_std]
            self.optimizers = {"vae": torch.optim.Adam(together)}

    # -- learning ---------------------------------------------------------------------------------------

    def _train_discriminator(self, draw: int) -> None:
        chosen, objective = self.settings, OBJECTIVES[self.settings.objective]
        real = self._blurred(self._batch(draw), draw)
        with torch.no_grad():
            fake = self._blurred(self.decoder(self._codes(chosen.batch_size, draw, 0)), draw + 100)
        loss = objective.discriminator(self._discriminate(real), self._discriminate(fake))
        penalty = torch.zeros(())
        if objective.penalty == "interpolates":
            mix = torch.rand(len(real), generator=self._random(Stream.PENALTY, draw))
            penalty = interpolation_penalty(self._discriminate, real, fake, mix)
        elif objective.penalty == "real and fake":
            penalty = zero_centred_penalty(self._discriminate, real) + zero_centred_penalty(self._discriminate, fake)
        gradient_step(loss + chosen.penalty * penalty, self.optimizers["d"], lr=chosen.lr_d)
        self.losses["d"] = float(loss.detach())

    def _train_generator(self, draw: int) -> None:
        chosen, objective = self.settings, OBJECTIVES[self.settings.objective]
        self.other.requires_grad_(False)  # its gradient is not wanted here
        made = self._blurred(self.decoder(self._codes(chosen.batch_size, draw, 1)), draw + 200)
        fake = self._discriminate(made)
        real = fake
        if objective.compares:
            with torch.no_grad():
                real = self._discriminate(self._blurred(self._batch(draw + 50), draw + 300))
        loss = objective.generator(real, fake)
        gradient_step(loss, self.optimizers["g"], lr=chosen.lr_g)
        self.other.requires_grad_(True)
        self.losses["g"] = float(loss.detach())

    def _train_vae(self) -> None:
        x = self._batch(0)
        mean, log_var = self._encode(x)
        z = mean + torch.exp(0.5 * log_var) * torch.randn(mean.shape, generator=self._random(Stream.LATENT, 0))
        reconstruction = gaussian_nll(self.decoder(z), x, self.log_std.clamp_min(SMALLEST_LOG_STD)).mean()
        kl = kl_to_standard_normal(mean, log_var).sum(1).mean()
        gradient_step(reconstruction + self.settings.beta * kl, self.optimizers["vae"], lr=self.settings.lr)
        terms = {"negative_elbo": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
        self.losses = {name: float(value.detach()) for name, value in terms.items()}

    def _batch(self, draw: int) -> Tensor:
        if not len(self.data):
            return torch.zeros(self.settings.batch_size, 2)
        index = torch.randint(len(self.data), (self.settings.batch_size,), generator=self._random(Stream.ORDER, draw))
        return self.data[index]

    def _codes(self, count: int, draw: int, of: int) -> Tensor:
        return _codes(self.settings, count, self._random(Stream.LATENT, draw, of))

    def _blurred(self, x: Tensor, draw: int) -> Tensor:
        if not self.settings.blur:
            return x
        return x + self.settings.blur * torch.randn(x.shape, generator=self._random(Stream.AUGMENT, draw))

    def _random(self, stream: Stream, *counters: int) -> torch.Generator:
        return generator(self.settings.seed, stream, self.step_count, *counters)

    def _discriminate(self, x: Tensor) -> Tensor:
        return self.other(x).squeeze(-1)

    def _encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.other(x).chunk(2, dim=-1)
        return mean, log_var.clamp(-20, 20)

    # -- what can be seen -------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """Everything that is drawn, in plain values.

        Returns:
            step, losses; `real`, `made` (N, 2); `manifold` (lines, lines, 2), where a square grid of z goes;
            `heat` uint8 (HEAT, HEAT) from the lower left, with `low` and `high` in words' units; `arrows` (N, 4):
            place and direction of what a made point feels; `clouds` (N, 4): mean and spread of posteriors in the first
            two latent numbers; `modes`, `covered`, `near`: see `coverage`.
        """
        chosen = self.settings
        with torch.no_grad():
            made = self.decoder(_codes(chosen, COUNTED, generator(chosen.seed, Stream.SAMPLE)))
            manifold = self.decoder(manifold_codes(chosen)).view(MANIFOLD, -1, 2)
            values = self._heat()
        low, high = float(values.min()), float(values.max())
        if chosen.model == "gan" and chosen.objective in ("non-saturating", "minimax"):
            low, high = 0.0, 1.0
        scaled = ((values - low) / max(high - low, 1e-9)).clamp(0, 1)
        return {
            "step": self.step_count,
            "losses": self.losses,
            "finite": all(bool(torch.isfinite(one).all()) for one in (*self.decoder.parameters(), made)),
            "real": _rounded(self.data[:: max(1, len(self.data) // SHOWN)]),
            "made": _rounded(made[:SHOWN]),
            "manifold": _rounded(manifold),
            "heat": (scaled * 255).round().to(torch.uint8).numpy(),
            "low": low,
            "high": high,
            "arrows": self._arrows() if chosen.model == "gan" else [],
            "clouds": self._posteriors() if chosen.model == "vae" else [],
            **coverage(made.numpy(), self.centres, self.data.numpy()),
        }

    def _heat(self) -> Tensor:
        """What the discriminator thinks of each place, or how dense the VAE thinks it is: (HEAT, HEAT)."""
        line = torch.linspace(-PLANE, PLANE, HEAT)
        places = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1).view(-1, 2)
        if self.settings.model == "gan":
            judged = self._discriminate(places)
            if self.settings.objective in ("non-saturating", "minimax"):
                judged = torch.sigmoid(judged)
            return judged.view(HEAT, HEAT)
        return self._log_density(places).exp().view(HEAT, HEAT)

    def _log_density(self, x: Tensor) -> Tensor:
        """log p(x) of the VAE, by importance sampling from its own posterior (Burda 2015): (N, 2) -> (N,)."""
        mean, log_var = self._encode(x)
        noise = torch.randn(DENSITY_SAMPLES, *mean.shape, generator=generator(0, Stream.EVALUATE))
        z = mean + torch.exp(0.5 * log_var) * noise
        prior = normal_log_density(z, torch.zeros_like(z), torch.zeros_like(z))
        nll = gaussian_nll(self.decoder(z), x, self.log_std.clamp_min(SMALLEST_LOG_STD))
        return importance_weighted_bound(prior - nll - normal_log_density(z, mean, log_var))

    def _arrows(self) -> list[list[float]]:
        """Where each made point is pushed: minus the gradient of the generator's loss by the point."""
        objective = OBJECTIVES[self.settings.objective]
        with torch.no_grad():
            places = self.decoder(_codes(self.settings, ARROWS, generator(self.settings.seed, Stream.SAMPLE)))
        places.requires_grad_(True)
        fake = self._discriminate(places)
        real = (
            self._discriminate(self.data[:ARROWS]).detach() if objective.compares and len(self.data) >= ARROWS else fake
        )
        (gradient,) = torch.autograd.grad(objective.generator(real, fake) * ARROWS, places)
        return _rounded(torch.cat([places.detach(), -gradient], dim=1))

    def _posteriors(self) -> list[list[float]]:
        with torch.no_grad():
            mean, log_var = self._encode(self.data[:CLOUDS])
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


def _codes(settings: PlaygroundSettings, count: int, random: torch.Generator) -> Tensor:
    if settings.latent == "uniform" and settings.model == "gan":
        return 2 * torch.rand(count, settings.latent_size, generator=random) - 1
    return torch.randn(count, settings.latent_size, generator=random)


def _mlp(sizes: list[int]) -> nn.Sequential:
    """Dense layers with leaky ReLUs between, none after the last."""
    return nn.Sequential(*dense(sizes[:-1], negative_slope=0.2), nn.Linear(sizes[-2], sizes[-1]))


def _rounded(x: Tensor) -> list[Any]:
    return np.round(x.numpy().astype(np.float64), 3).tolist()
