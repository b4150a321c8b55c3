"""The small things that generative models are made of: distributions, losses, optimisers on a surface.

Pure functions of numbers (numpy only), for a page on which one moves them.
"""

import math
from typing import Any

import numpy as np

from aigc_core.common.errors import ConfigError

# What each distribution takes: name, least, most, usual.
PARAMETERS: dict[str, list[tuple[str, float, float, float]]] = {
    "normal": [("mean", -3, 3, 0), ("std", 0.1, 3, 1)],
    "bernoulli": [("p", 0, 1, 0.3)],
    "binomial": [("n", 1, 40, 10), ("p", 0, 1, 0.5)],
    "multinomial": [("a", 0, 10, 4), ("b", 0, 10, 3), ("c", 0, 10, 2), ("d", 0, 10, 1)],
}
SPAN, BINS = 6.0, 48  # of the axis of a normal distribution
MOST_DRAWS = 100_000


def distribution(kind: str, values: dict[str, float], draws: int, seed: int) -> dict[str, Any]:
    """Draw from a distribution, and what is exact.

    Args:
        values: by the names of `PARAMETERS[kind]`; those of a multinomial are weights of its four outcomes.

    Returns:
        `outcomes` (middles of bins, or numbers), `exact` and `drawn`: chance of each outcome, for a normal
        distribution its density; `mean` and `variance` exact, `drawn_mean` and `drawn_variance` of the draws.

    Raises:
        ConfigError: no such distribution, or a value it cannot have.
    """
    given = _checked(kind, values)
    random, draws = np.random.default_rng(abs(seed)), max(1, min(int(draws), MOST_DRAWS))
    if kind == "normal":
        edges = np.linspace(-SPAN, SPAN, BINS + 1)
        middles, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
        mean, std = given["mean"], given["std"]
        drawn = random.normal(mean, std, draws)
        exact = np.exp(-0.5 * ((middles - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))
        heights = np.histogram(drawn, edges)[0] / (draws * width)
        return _result(middles, exact, heights, (mean, std**2), drawn)
    if kind == "multinomial":
        weights = np.array([given[name] for name in "abcd"])
        if weights.sum() <= 0:
            raise ConfigError("basics.no_weight", "At least one of the weights must be above 0.")
        probs = weights / weights.sum()
        outcome = random.choice(4, draws, p=probs)
        numbers = np.arange(4)
        mean = float((numbers * probs).sum())
        variance = float(((numbers - mean) ** 2 * probs).sum())
        return _result(numbers, probs, np.bincount(outcome, minlength=4) / draws, (mean, variance), outcome)
    tries, p = (1 if kind == "bernoulli" else round(given["n"])), given["p"]
    numbers = np.arange(tries + 1)
    exact = np.array([math.comb(tries, int(k)) * p**k * (1 - p) ** (tries - k) for k in numbers])
    counts = random.binomial(tries, p, draws)
    shares = np.bincount(counts, minlength=tries + 1) / draws
    return _result(numbers, exact, shares, (tries * p, tries * p * (1 - p)), counts)


def _checked(kind: str, values: dict[str, float]) -> dict[str, float]:
    if kind not in PARAMETERS:
        raise ConfigError("basics.no_distribution", "There is no distribution “{kind}”.", kind=kind)
    given = {}
    for name, least, most, usual in PARAMETERS[kind]:
        value = values.get(name, usual)
        if not isinstance(value, int | float) or not least <= value <= most:
            raise ConfigError(
                "basics.out_of_range", "“{name}” must be from {least} to {most}.", name=name, least=least, most=most
            )
        given[name] = float(value)
    return given


def _result(
    outcomes: np.ndarray, exact: np.ndarray, drawn: np.ndarray, moments: tuple[float, float], values: np.ndarray
) -> dict[str, Any]:
    return {
        "outcomes": outcomes.tolist(), "exact": exact.tolist(), "drawn": drawn.tolist(),
        "mean": moments[0], "variance": moments[1],
        "drawn_mean": float(values.mean()), "drawn_variance": float(values.var()),
    }  # fmt: skip


def losses() -> dict[str, list[float]]:
    """What it costs to say probability p where the truth is 1, and how hard each loss pulls at the logit.

    `p`; `squared` = (1 − p)² and `cross_entropy` = −log p (nats); their derivatives by the logit t, p = σ(t), without
    sign: `squared_pull` = 2 (1 − p) · p (1 − p), which vanishes where the answer is most wrong, and
    `cross_entropy_pull` = 1 − p, which does not.
    """
    p = np.linspace(0.005, 0.995, 100)
    return {
        "p": p.tolist(),
        "squared": ((1 - p) ** 2).tolist(),
        "cross_entropy": (-np.log(p)).tolist(),
        "squared_pull": (2 * (1 - p) * p * (1 - p)).tolist(),
        "cross_entropy_pull": (1 - p).tolist(),
    }


# -- optimisers on a surface --------------------------------------------------------------------------------

START = {"valley": (-1.8, 1.2), "banana": (-1.5, 1.6), "saddle": (-1.6, 0.02)}
LOWEST = {"valley": (0.0, 0.0), "banana": (1.0, 1.0), "saddle": None}
REACH = 2.0  # of the drawn square on each side
GRID = 64
LOST = 1e3  # as far away as this, a racer is out
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
RACERS = ("gradient", "momentum", "adam", "adam_uncorrected", "adam_without_root")


def height(surface: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of a surface: a long valley, Rosenbrock's banana, or a saddle that falls to both sides."""
    if surface == "valley":
        return 0.5 * (x**2 + 25 * y**2)
    if surface == "banana":
        return (1 - x) ** 2 + 5 * (y - x**2) ** 2
    return 0.5 * x**2 - 0.5 * y**2 + 0.1 * y**4


def gradient(surface: str, at: np.ndarray) -> np.ndarray:
    """The gradient (2,) of a surface at a place (2,)."""
    x, y = at
    if surface == "valley":
        return np.array([x, 25 * y])
    if surface == "banana":
        return np.array([-2 * (1 - x) - 20 * x * (y - x**2), 10 * (y - x**2)])
    return np.array([x, -y + 0.4 * y**3])


def race(surface: str, lr: float, steps: int) -> dict[str, Any]:
    """Optimisers from one place on a surface, all with one learning rate.

    gradient: θ − η g. momentum: u ← 0.9 u + g, θ − η u. adam (Kingma & Ba 2015, algorithm 1): m ← β₁ m + (1 − β₁) g,
    v ← β₂ v + (1 − β₂) g², θ − η m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ); adam_uncorrected: without
    these two divisions; adam_without_root: the copied mistake θ − η m̂ / (v̂ + ε).

    Returns:
        `paths` by racer: places (steps + 1, 2), shorter where it flew out; `heights` along them; `map`: heights
        (64, 64) of the square of ±`reach`, rows from low y to high; `lowest`: where it is, or None.

    Raises:
        ConfigError: no such surface, or an impossible learning rate.
    """
    if surface not in START:
        raise ConfigError("basics.no_surface", "There is no surface “{surface}”.", surface=surface)
    if not 0 < lr <= 10:
        raise ConfigError("basics.bad_rate", "The learning rate must be above 0 and at most 10.")
    paths = {racer: _path(racer, surface, lr, max(1, min(int(steps), 1000))) for racer in RACERS}
    axis = np.linspace(-REACH, REACH, GRID)
    return {
        "paths": {racer: path.tolist() for racer, path in paths.items()},
        "heights": {racer: height(surface, *path.T).tolist() for racer, path in paths.items()},
        "map": height(surface, *np.meshgrid(axis, axis)).tolist(),
        "reach": REACH,
        "lowest": LOWEST[surface],
    }


def _path(racer: str, surface: str, lr: float, steps: int) -> np.ndarray:
    place = np.array(START[surface])
    m, v, path = np.zeros(2), np.zeros(2), [place]
    for t in range(1, steps + 1):
        g = gradient(surface, place)
        if racer == "gradient":
            place = place - lr * g
        elif racer == "momentum":
            m = BETA1 * m + g
            place = place - lr * m
        else:
            m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g**2
            corrected = racer != "adam_uncorrected"
            mean = m / (1 - BETA1**t) if corrected else m
            square = v / (1 - BETA2**t) if corrected else v
            place = place - lr * mean / ((square if racer == "adam_without_root" else np.sqrt(square)) + EPSILON)
        if not np.all(np.abs(place) < LOST):
            break
        path.append(place)
    return np.array(path)
