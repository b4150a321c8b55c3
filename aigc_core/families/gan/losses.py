"""The games a GAN can play, as pure functions of the discriminator's outputs.

Throughout, `real` = D(x) and `fake` = D(G(z)) are raw outputs (logits) float (B,), before any sigmoid; σ is the
sigmoid and softplus(t) = log(1 + eᵗ) = −log σ(−t). Results are scalars: the mean over the batch, in nats for
the logistic games, in units of D (squared for least squares) for the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Critic = Callable[[Tensor], Tensor]  # x (B, *shape) -> logits (B,)


@dataclass(frozen=True)
class Objective:
    """What discriminator and generator make small, both given (real, fake); and the penalty of D's slope."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    penalty: Literal["none", "interpolates", "real and fake"] = "none"
    compares: bool = False  # whether the generator's part looks at `real`


def logistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """−log σ(D(x)) − log(1 − σ(D(G(z)))): binary cross-entropy, nats. Goodfellow 2014, eq. 1.

    At balance (D = 0 everywhere) it is 2 log 2 ≈ 1.386.
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def non_saturating_generator(real: Tensor, fake: Tensor) -> Tensor:
    """−log σ(D(G(z))), nats. Goodfellow 2014, section 3: its gradient lives while D is winning."""
    return F.softplus(-fake).mean()


def minimax_generator(real: Tensor, fake: Tensor) -> Tensor:
    """log(1 − σ(D(G(z)))), nats (negative). Goodfellow 2014, eq. 1: its gradient dies while D is winning."""
    return -F.softplus(fake).mean()


def least_squares_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """½ (D(x) − 1)² + ½ D(G(z))². LSGAN, Mao 2017, eq. 9 with labels a = 0, b = c = 1."""
    return 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean()


def least_squares_generator(real: Tensor, fake: Tensor) -> Tensor:
    """½ (D(G(z)) − 1)². LSGAN, Mao 2017, eq. 9."""
    return 0.5 * (fake - 1).square().mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 − D(x)) + max(0, 1 + D(G(z))). Lim & Ye 2017; Miyato 2018, eq. 16."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def mean_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """D(G(z)) − D(x): minus the estimated Wasserstein-1 distance. Arjovsky 2017, eq. 2."""
    return fake.mean() - real.mean()


def mean_generator(real: Tensor, fake: Tensor) -> Tensor:
    """−D(G(z)). Arjovsky 2017; for the hinge game Miyato 2018, eq. 17."""
    return -fake.mean()


def relativistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(D(G(z)) − D(x)), nats: each fake must look less real than its real partner.

    Jolicoeur-Martineau 2018 (RpGAN); with R1 + R2 it converges locally: Huang 2024, eq. 2 and section 2.
    """
    return F.softplus(fake - real).mean()


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(D(x) − D(G(z))), nats: the mirror image. Huang 2024, eq. 2."""
    return F.softplus(real - fake).mean()


OBJECTIVES: dict[str, Objective] = {
    "non-saturating": Objective(logistic_discriminator, non_saturating_generator),
    "minimax": Objective(logistic_discriminator, minimax_generator),
    "least-squares": Objective(least_squares_discriminator, least_squares_generator),
    "hinge": Objective(hinge_discriminator, mean_generator),
    "wasserstein": Objective(mean_discriminator, mean_generator, "interpolates"),
    "relativistic": Objective(relativistic_discriminator, relativistic_generator, "real and fake", compares=True),
}


def discriminator_auc(real: Tensor, fake: Tensor) -> Tensor:
    """How often D thinks a real example more real than a made one, over all pairs (B,), (B,): in [0, 1].

    The area under D's ROC curve: 1 tells all apart, ½ none; it means the same in every game. Ties count half.
    """
    fake = fake.float().sort().values
    real = real.float()
    below = torch.searchsorted(fake, real) + torch.searchsorted(fake, real, right=True)
    return below.float().mean() / (2 * len(fake))


def gradient_norm(critic: Critic, x: Tensor) -> Tensor:
    """|∇ₓ D(x)| (B,), differentiable, in units of D per unit of x."""
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return gradient.flatten(1).norm(dim=1)


def interpolation_penalty(critic: Critic, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """mean (|∇D(x̂)| − 1)² at x̂ = mix · x + (1 − mix) · G(z), mix (B,) uniform. Gulrajani 2017, eq. 3."""
    mix = mix.view(-1, *[1] * (real.dim() - 1))
    return (gradient_norm(critic, mix * real + (1 - mix) * fake) - 1).square().mean()


def zero_centred_penalty(critic: Critic, x: Tensor) -> Tensor:
    """½ mean |∇D(x)|²: R1 where x is real (Mescheder 2018, eq. 9), R2 where it is made."""
    return 0.5 * gradient_norm(critic, x).square().mean()
