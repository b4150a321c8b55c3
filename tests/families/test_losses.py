"""The losses against closed forms and against torch.distributions."""

import math

import pytest
import torch
from torch import distributions as dist

from aigc_core.families.gan.losses import OBJECTIVES, gradient_norm, interpolation_penalty, zero_centred_penalty
from aigc_core.families.vae.losses import (
    bernoulli_nll,
    gaussian_nll,
    importance_weighted_bound,
    kl_to_standard_normal,
    normal_log_density,
)

REAL, FAKE = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])


def sigmoid(t: torch.Tensor) -> torch.Tensor:
    return 1 / (1 + torch.exp(-t))


# Each game written out again from its paper, without the numerically safe forms.
EXPECTED = {
    "non-saturating": (-(sigmoid(REAL).log() + (1 - sigmoid(FAKE)).log()).mean(), -sigmoid(FAKE).log().mean()),
    "minimax": (-(sigmoid(REAL).log() + (1 - sigmoid(FAKE)).log()).mean(), (1 - sigmoid(FAKE)).log().mean()),
    "least-squares": (0.5 * ((REAL - 1) ** 2 + FAKE**2).mean(), 0.5 * ((FAKE - 1) ** 2).mean()),
    "hinge": (torch.tensor((0 + 2) / 2 + (1.5 + 0) / 2), torch.tensor(1.25)),
    "wasserstein": (torch.tensor(-1.25 - 0.5), torch.tensor(1.25)),
    "relativistic": (-sigmoid(REAL - FAKE).log().mean(), -sigmoid(FAKE - REAL).log().mean()),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_game_is_as_its_paper_writes_it(name: str) -> None:
    objective, (discriminator, generator) = OBJECTIVES[name], EXPECTED[name]
    torch.testing.assert_close(objective.discriminator(REAL, FAKE), discriminator)
    torch.testing.assert_close(objective.generator(REAL, FAKE), generator)


def test_at_balance_the_logistic_game_costs_two_log_two() -> None:
    nothing = torch.zeros(5)
    value = OBJECTIVES["non-saturating"].discriminator(nothing, nothing)
    assert value.item() == pytest.approx(2 * math.log(2))


def test_the_generator_of_the_minimax_game_starves_and_the_other_does_not() -> None:
    losing = torch.tensor([-12.0], requires_grad=True)
    starved, fed = (
        torch.autograd.grad(OBJECTIVES[name].generator(REAL[:1], losing), losing)[0].abs().item()
        for name in ("minimax", "non-saturating")
    )
    assert starved < 1e-4 and fed > 0.99


def test_penalties_of_a_linear_critic_are_known() -> None:
    weight = torch.tensor([3.0, 4.0])  # |w| = 5 everywhere

    def critic(x: torch.Tensor) -> torch.Tensor:
        return x @ weight + 1

    x = torch.randn(7, 2)
    torch.testing.assert_close(gradient_norm(critic, x), torch.full((7,), 5.0))
    assert zero_centred_penalty(critic, x).item() == pytest.approx(12.5)
    assert interpolation_penalty(critic, x, -x, torch.rand(7)).item() == pytest.approx(16.0)


def test_a_penalty_teaches_the_critic() -> None:
    layer = torch.nn.Linear(2, 1)
    zero_centred_penalty(lambda x: layer(x).squeeze(1), torch.randn(4, 2)).backward()
    torch.testing.assert_close(layer.weight.grad, layer.weight.detach())  # d(½|w|²)/dw = w


def test_kl_is_that_of_torch_distributions_summed_by_hand() -> None:
    mean, log_var = torch.randn(5, 3), torch.randn(5, 3)
    theirs = dist.kl_divergence(dist.Normal(mean, (0.5 * log_var).exp()), dist.Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_standard_normal(mean, log_var), theirs)


def test_likelihoods_are_those_of_torch_distributions_summed_over_a_picture() -> None:
    logits, x = torch.randn(4, 1, 5, 5), (torch.rand(4, 1, 5, 5) > 0.5).float()
    theirs = -dist.Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_nll(logits, x), theirs)
    mean, log_std = torch.randn(4, 1, 5, 5), torch.tensor(-0.7)
    theirs = -dist.Normal(mean, log_std.exp()).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(gaussian_nll(mean, x, log_std), theirs)


def test_the_importance_weighted_bound_reaches_the_evidence_of_a_model_where_it_is_known() -> None:
    # z ~ N(0, 1), x | z ~ N(z, 1)  =>  x ~ N(0, 2). The proposal is deliberately off.
    x = torch.tensor([1.5])
    evidence = dist.Normal(0.0, math.sqrt(2)).log_prob(x).item()
    mean, log_var = torch.tensor([[0.2]]), torch.tensor([[0.0]])
    z = mean + torch.randn(200_000, 1, 1, generator=torch.Generator().manual_seed(1))
    zero = torch.zeros_like(z)
    weights = normal_log_density(x.view(1, 1, 1) - z, zero, zero) + normal_log_density(z, zero, zero)
    weights -= normal_log_density(z, mean, log_var)
    elbo = weights.mean().item()
    k50 = importance_weighted_bound(weights.view(50, -1)).mean().item()
    everything = importance_weighted_bound(weights).item()
    assert elbo < k50 < evidence + 1e-3
    assert everything == pytest.approx(evidence, abs=5e-3)
    exact_elbo = evidence - dist.kl_divergence(dist.Normal(0.2, 1.0), dist.Normal(0.75, math.sqrt(0.5))).item()
    assert elbo == pytest.approx(exact_elbo, abs=1e-2)
