"""The 2-D lab: finite differences, exact counts and an integral as judges."""

import json
from typing import get_args

import numpy as np
import pytest
import torch

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.data.points import grid_centres, ring_centres
from aigc_core.demos.playground import experiment
from aigc_core.demos.playground.experiment import NEAR, PLANE, Experiment, coverage
from aigc_core.demos.playground.settings import PlaygroundSettings, playground_settings
from aigc_core.families.gan.losses import OBJECTIVES
from aigc_core.serving.api import playground as api


def choices(name: str) -> tuple[str, ...]:
    return get_args(PlaygroundSettings.model_fields[name].annotation)


def run(steps: int, which: experiment.Which = "both", **settings: object) -> Experiment:
    made = Experiment(playground_settings(settings))
    for _ in range(steps):
        made.step(which)
    return made


def weights(made: Experiment) -> list[torch.Tensor]:
    return [one.detach().clone() for one in (*made.decoder.parameters(), *made.other.parameters())]


def same(left: list[torch.Tensor], right: list[torch.Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(left, right, strict=True))


def test_every_game_of_the_gan_family_can_be_played_here() -> None:
    assert set(choices("objective")) == set(OBJECTIVES)


@pytest.mark.parametrize("pattern", choices("pattern"))
@pytest.mark.parametrize("model", choices("model"))
def test_every_pattern_is_learned_and_shown(model: str, pattern: str) -> None:
    view = run(5, model=model, pattern=pattern, drawn=((0.1, 0.2), (0.3, -0.4))).view()
    assert view["finite"] and view["step"] == 5
    assert json.dumps({key: value for key, value in view.items() if key != "heat"}, allow_nan=False)


@pytest.mark.parametrize("objective", choices("objective"))
def test_every_game_is_played_with_every_kind_of_code(objective: str) -> None:
    for latent, size in (("normal", 1), ("uniform", 2), ("normal", 5)):
        view = run(5, objective=objective, latent=latent, latent_size=size, blur=0.1, depth=1).view()
        assert view["finite"] and set(view["losses"]) == {"d", "g"}


def test_the_same_settings_are_the_same_experiment() -> None:
    assert same(weights(run(8, pattern="grid")), weights(run(8, pattern="grid")))
    assert not same(weights(run(8)), weights(run(8, seed=1)))


def test_one_network_alone_is_corrected() -> None:
    made = run(2)
    before = weights(made)
    parts = len(list(made.decoder.parameters()))
    made.step("d")
    assert same(weights(made)[:parts], before[:parts]) and not same(weights(made)[parts:], before[parts:])
    before = weights(made)
    made.step("g")
    assert not same(weights(made)[:parts], before[:parts]) and same(weights(made)[parts:], before[parts:])


def test_live_settings_keep_the_networks_and_others_begin_anew() -> None:
    made = run(5)
    before = weights(made)
    made.change(playground_settings({"lr_g": 0.1, "objective": "hinge", "pattern": "moons", "batch_size": 8}))
    assert same(weights(made), before) and made.step_count == 5
    made.change(playground_settings({"width": 8}))
    assert made.step_count == 0 and len(weights(made)[0]) == 8


@pytest.mark.parametrize("objective", ["non-saturating", "minimax", "least-squares", "hinge", "wasserstein"])
def test_arrows_point_where_the_generators_loss_falls_fastest(objective: str) -> None:
    made = run(30, objective=objective)
    x, y, dx, dy = np.array(made.view()["arrows"])[3]
    game = OBJECTIVES[objective]

    def loss(x: float, y: float) -> float:
        with torch.no_grad():
            judged = made._discriminate(torch.tensor([[x, y]], dtype=torch.float32))
        return float(game.generator(judged, judged))

    h = 1e-2
    expected = [-(loss(x + h, y) - loss(x - h, y)) / (2 * h), -(loss(x, y + h) - loss(x, y - h)) / (2 * h)]
    assert [dx, dy] == pytest.approx(expected, abs=0.03 * max(map(abs, expected)) + 2e-3)


@pytest.mark.parametrize("centres", [ring_centres(), grid_centres()])
def test_modes_are_counted_exactly(centres: np.ndarray) -> None:
    made = np.repeat(centres[:-2], 3, axis=0) + np.float32(0.5 * NEAR)
    found = coverage(np.concatenate([made, centres[-1:], np.full((5, 2), 3, dtype=np.float32)]), centres, centres)
    assert found["modes"] == len(centres) and found["covered"] == len(centres) - 2  # one point alone covers nothing
    assert found["near"] == pytest.approx((len(made) + 1) / (len(made) + 6))


def test_the_density_of_the_vae_is_one() -> None:
    made = run(600, model="vae", pattern="moons")
    with torch.no_grad():
        line = torch.linspace(-2 * PLANE, 2 * PLANE, 81)
        places = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1).view(-1, 2)
        total = float(made._log_density(places).exp().sum() * (line[1] - line[0]) ** 2)
    assert total == pytest.approx(1, abs=0.1)


def test_both_learn() -> None:
    gan = run(1500, objective="relativistic", penalty=0.1, lr_d=2e-3, lr_g=2e-3, width=48).view()
    assert gan["covered"] >= 7 and gan["near"] > 0.25
    vae = run(1500, model="vae", pattern="line").view()
    assert vae["near"] > 0.5 and vae["losses"]["negative_elbo"] < 0


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"width": 1}, "width"), ({"objective": "chess"}, "objective"), ({"nothing": 1}, "nothing"),
     ({"drawn": [[0, 9]]}, "drawn"), ({"lr_d": float("nan")}, "lr_d"), ({"batch_size": 1e9}, "batch_size")],
)  # fmt: skip
def test_an_impossible_setting_is_a_sentence(settings: dict[str, object], name: str) -> None:
    with pytest.raises(ConfigError, match=f"“{name}” cannot be"):
        api.start(settings)


def test_an_experiment_is_moved_on_by_its_name_alone() -> None:
    one, other = api.start({}), api.start({"model": "vae"})
    assert one["view"]["step"] == 0
    view = api.advance(one["lab"], {}, 3, "both")
    assert view["step"] == 3 and len(view["heat"]) == experiment.HEAT**2
    assert api.advance(other["lab"], {"model": "vae"}, 0, None)["step"] == 0
    assert api.advance(one["lab"], {}, 10**9, "g")["step"] <= 3 + api.MOST_STEPS
    with pytest.raises(RunError, match="no longer open"):
        api.advance("../" + one["lab"], {}, 1, "both")


def test_the_oldest_experiment_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MOST_OPEN", 2)
    first, second = api.start({})["lab"], api.start({})["lab"]
    api.advance(first, {}, 0, "both")
    api.start({})
    api.advance(first, {}, 0, "both")
    with pytest.raises(RunError, match="no longer open"):
        api.advance(second, {}, 0, "both")
