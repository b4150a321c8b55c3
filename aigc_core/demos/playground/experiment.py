"""Networks of a few hundred weights that learn points in the plane."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from aigc_core.common.gradient_step import gradient_step
from aigc_core.common.rng import Stream, generator
from aigc_core.data.points import centres_of, points_of
from aigc_core.demos.playground.settings import PlaygroundSettings
from aigc_core.families.common.image_networks import dense
from aigc_core.families.gan.losses import OBJECTIVES, interpolation_penalty, zero_centred_penalty
from aigc_core.families.vae.family import SMALLEST_LOG_STD
from aigc_core.families.vae.losses import (
    gaussian_nll,
    kl_to_standard_normal,
)

Which = Literal["both", "d", "g"]

BETAS = (0.5, 0.99)  # of Adam: little memory of the mean, because a GAN's gradients turn


class Experiment:
    """One experiment; `step` moves it on, `change` takes other settings, `view.view_of` shows it."""

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
        loss = objective.discriminator(self.discriminate(real), self.discriminate(fake))
        penalty = torch.zeros(())
        if objective.penalty == "interpolates":
            mix = torch.rand(len(real), generator=self._random(Stream.PENALTY, draw))
            penalty = interpolation_penalty(self.discriminate, real, fake, mix)
        elif objective.penalty == "real and fake":
            penalty = zero_centred_penalty(self.discriminate, real) + zero_centred_penalty(self.discriminate, fake)
        gradient_step(loss + chosen.penalty * penalty, self.optimizers["d"], lr=chosen.lr_d)
        self.losses["d"] = float(loss.detach())

    def _train_generator(self, draw: int) -> None:
        chosen, objective = self.settings, OBJECTIVES[self.settings.objective]
        self.other.requires_grad_(False)  # its gradient is not wanted here
        made = self._blurred(self.decoder(self._codes(chosen.batch_size, draw, 1)), draw + 200)
        fake = self.discriminate(made)
        real = fake
        if objective.compares:
            with torch.no_grad():
                real = self.discriminate(self._blurred(self._batch(draw + 50), draw + 300))
        loss = objective.generator(real, fake)
        gradient_step(loss, self.optimizers["g"], lr=chosen.lr_g)
        self.other.requires_grad_(True)
        self.losses["g"] = float(loss.detach())

    def _train_vae(self) -> None:
        x = self._batch(0)
        mean, log_var = self.encode(x)
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
        return random_codes(self.settings, count, self._random(Stream.LATENT, draw, of))

    def _blurred(self, x: Tensor, draw: int) -> Tensor:
        if not self.settings.blur:
            return x
        return x + self.settings.blur * torch.randn(x.shape, generator=self._random(Stream.AUGMENT, draw))

    def _random(self, stream: Stream, *counters: int) -> torch.Generator:
        return generator(self.settings.seed, stream, self.step_count, *counters)

    def discriminate(self, x: Tensor) -> Tensor:
        """The discriminator's logits (N,) of points (N, 2)."""
        return self.other(x).squeeze(-1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (N, Z) of the VAE's posteriors of points (N, 2)."""
        mean, log_var = self.other(x).chunk(2, dim=-1)
        return mean, log_var.clamp(-20, 20)


def random_codes(settings: PlaygroundSettings, count: int, random: torch.Generator) -> Tensor:
    if settings.latent == "uniform" and settings.model == "gan":
        return 2 * torch.rand(count, settings.latent_size, generator=random) - 1
    return torch.randn(count, settings.latent_size, generator=random)


def _mlp(sizes: list[int]) -> nn.Sequential:
    """Dense layers with leaky ReLUs between, none after the last."""
    return nn.Sequential(*dense(sizes[:-1], negative_slope=0.2), nn.Linear(sizes[-2], sizes[-1]))
