"""Distributions, losses and optimisers against scipy, finite differences and torch; wrong formulas go wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from aigc_core.common.errors import ConfigError
from aigc_core.demos import basics, common_mistakes

EXACT: list[tuple[str, dict[str, float], Callable[[np.ndarray], np.ndarray]]] = [
    ("normal", {"mean": 0.5, "std": 1.5}, stats.norm(0.5, 1.5).pdf),
    ("bernoulli", {"p": 0.3}, stats.bernoulli(0.3).pmf),
    ("binomial", {"n": 12, "p": 0.25}, stats.binom(12, 0.25).pmf),
]


@pytest.mark.parametrize(("kind", "values", "exact"), EXACT, ids=[one[0] for one in EXACT])
def test_a_distribution_is_that_of_scipy_and_draws_come_near_it(
    kind: str, values: dict[str, float], exact: Callable[[np.ndarray], np.ndarray]
) -> None:
    found = basics.distribution(kind, values, 100_000, 0)
    assert found["exact"] == pytest.approx(exact(np.array(found["outcomes"])))
    assert found["drawn"] == pytest.approx(found["exact"], abs=0.02)
    assert found["drawn_mean"] == pytest.approx(found["mean"], abs=0.03)
    assert found["drawn_variance"] == pytest.approx(found["variance"], rel=0.03)


def test_a_multinomial_goes_by_its_weights() -> None:
    found = basics.distribution("multinomial", {"a": 1, "b": 0, "c": 3, "d": 0}, 50_000, 1)
    assert found["exact"] == [0.25, 0, 0.75, 0]
    assert found["drawn"] == pytest.approx(found["exact"], abs=0.02)
    assert found["drawn"][1] == found["drawn"][3] == 0
    assert (found["mean"], found["variance"]) == (1.5, 0.75)


def test_draws_belong_to_their_seed() -> None:
    first, same, other = (basics.distribution("normal", {}, 500, seed) for seed in (3, 3, 4))
    assert first == same and first["drawn"] != other["drawn"] and first["exact"] == other["exact"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("cauchy", {}), ("normal", {"std": 0}), ("binomial", {"n": 1e9}), ("bernoulli", {"p": float("nan")}),
     ("multinomial", {"a": 0, "b": 0, "c": 0, "d": 0}), ("normal", {"mean": "x"})],
)  # fmt: skip
def test_nonsense_is_a_sentence(kind: str, values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        basics.distribution(kind, values, 10, 0)


def test_the_pull_of_a_loss_is_its_derivative_by_the_logit() -> None:
    found = basics.losses()
    t = torch.logit(torch.tensor(found["p"], dtype=torch.float64)).requires_grad_()
    for name, loss in (("squared", (1 - t.sigmoid()) ** 2), ("cross_entropy", -t.sigmoid().log())):
        assert found[name] == pytest.approx(loss.detach().numpy())
        (gradient,) = torch.autograd.grad(loss.sum(), t, retain_graph=True)
        assert found[f"{name}_pull"] == pytest.approx(-gradient.numpy())


@pytest.mark.parametrize("surface", list(basics.START))
def test_slopes_are_those_of_the_surfaces(surface: str) -> None:
    for at in np.random.default_rng(0).uniform(-2, 2, (20, 2)):
        nearby = [basics.height(surface, *(at + step)) for step in 1e-6 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])]
        expected = [(nearby[0] - nearby[1]) / 2e-6, (nearby[2] - nearby[3]) / 2e-6]
        assert basics.gradient(surface, at) == pytest.approx(expected, abs=1e-5)


MakeOptimizer = Callable[[list[torch.Tensor], float], torch.optim.Optimizer]


@pytest.mark.parametrize("surface", list(basics.START))
@pytest.mark.parametrize(
    ("racer", "optimizer"),
    [("gradient", lambda p, lr: torch.optim.SGD(p, lr)), ("momentum", lambda p, lr: torch.optim.SGD(p, lr, 0.9)),
     ("adam", lambda p, lr: torch.optim.Adam(p, lr))],
)  # fmt: skip
def test_racers_go_where_those_of_torch_go(racer: str, optimizer: MakeOptimizer, surface: str) -> None:
    place = torch.tensor(basics.START[surface], dtype=torch.float64, requires_grad=True)
    theirs, one = [place.tolist()], optimizer([place], 0.01)
    for _ in range(60):
        place.grad = torch.from_numpy(basics.gradient(surface, place.detach().numpy()))
        one.step()
        theirs.append(place.tolist())
    assert np.array(basics.race(surface, 0.01, 60)["paths"][racer]) == pytest.approx(np.array(theirs), rel=1e-9)


def test_adam_without_the_root_flies_out_or_stays_behind() -> None:
    for surface in ("valley", "banana"):
        heights = basics.race(surface, 0.05, 150)["heights"]
        assert len(heights["adam"]) == 151
        assert len(heights["adam_without_root"]) < 151 or heights["adam_without_root"][-1] > 2 * heights["adam"][-1]


def test_a_race_of_nonsense_is_a_sentence() -> None:
    for surface, lr in (("hill", 0.1), ("valley", 0.0), ("valley", -1.0), ("valley", float("nan"))):
        with pytest.raises(ConfigError):
            basics.race(surface, lr, 10)
    with pytest.raises(ConfigError):
        common_mistakes.show("nothing")


# -- wrong formulas -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown() -> Callable[[str], dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}

    def of(mistake: str) -> dict[str, Any]:
        if mistake not in found:
            found[mistake] = common_mistakes.show(mistake)
            assert all(one["sheet"].startswith(b"\x89PNG") for one in found[mistake].values())
        return {side: one["figures"] for side, one in found[mistake].items()}

    return of


def test_averaging_pixels_makes_the_code_useless(shown: Callable[[str], dict[str, Any]]) -> None:
    found = shown("averaged-pixels")
    assert found["wrong"]["kl"] < 0.2 < 2 < found["right"]["kl"]
    assert found["wrong"]["negative_elbo"] > found["right"]["negative_elbo"]


def test_averaging_the_kl_term_spends_too_much_code(shown: Callable[[str], dict[str, Any]]) -> None:
    found = shown("averaged-kl")
    assert found["wrong"]["kl"] > 1.3 * found["right"]["kl"]
    assert found["wrong"]["negative_elbo"] > found["right"]["negative_elbo"]


def test_two_likelihoods_lose_the_prior(shown: Callable[[str], dict[str, Any]]) -> None:
    found = shown("two-likelihoods")
    assert found["wrong"]["kl"] > 3 * found["right"]["kl"]


def test_a_generator_by_squared_error_makes_one_picture(shown: Callable[[str], dict[str, Any]]) -> None:
    found = shown("generator-by-error")
    assert found["wrong"]["diversity"] < 0.1 < found["right"]["diversity"]
    assert found["wrong"]["classes_missing"] >= 8
