"""The terms of the evidence lower bound (Kingma & Welling 2013), in nats, one number per example.

−ELBO(x) = −E_q(z|x) log p(x|z) + KL(q(z|x) ‖ p(z)). Both terms are sums over dimensions. Averaging them over
pixels or over latent dimensions instead, as is widely copied, weighs them by accident: with 784 pixels and 20
dimensions it amounts to β = 39.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """−Σ x log σ(l) + (1 − x) log(1 − σ(l)): (…, *shape) -> (…,) summed over the last `x.dim() − 1` axes.

    `x` in [0, 1]; for grey values this is the cross-entropy that the field reports as −log p(x|z).
    """
    return _sum(F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none"), x)


def gaussian_nll(mean: Tensor, x: Tensor, log_std: Tensor) -> Tensor:
    """Σ (x − μ)² / 2σ² + log σ + ½ log 2π, σ shared by all values: shapes as `bernoulli_nll`."""
    scaled = (x - mean) * torch.exp(-log_std)
    return _sum(0.5 * scaled.square() + log_std + 0.5 * math.log(2 * math.pi), x)


def kl_to_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − log σ²) per dimension: (B, Z), not yet summed.

    Kingma & Welling 2013, appendix B.
    """
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


def normal_log_density(z: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """log N(z; μ, σ²) summed over the last axis."""
    return -0.5 * ((z - mean).square() * torch.exp(-log_var) + log_var + math.log(2 * math.pi)).sum(-1)


def importance_weighted_bound(log_weights: Tensor) -> Tensor:
    """log (1/K) Σₖ wₖ with log w = log p(x|z) + log p(z) − log q(z|x): (K, B) -> (B,).

    At least the ELBO, at most log p(x), nearer to it as K grows: Burda 2015, theorem 1.
    """
    return torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))


def _sum(values: Tensor, x: Tensor) -> Tensor:
    return values.flatten(values.dim() - (x.dim() - 1)).sum(-1)
