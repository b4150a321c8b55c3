"""Directions, paths and projections, against spaces whose answer is known."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from aigc_core.common.rng import normal_per_sample
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.families.base import EvalLevel, Networks, Result, StepContext
from aigc_core.families.common.image_networks import CodeReader
from aigc_core.families.image import ImageFamily
from aigc_core.inference.latent import directions, interpolation, projection
from aigc_core.metrics.image_attributes import boldness, slant, width
from tests.helpers.runs import tiny

SIDE = 16


class Known(ImageFamily):
    """A space of 4 numbers that is known: the first makes a bar thick, the second moves it, the rest do little."""

    inference_networks = ("it",)
    phases = ()

    def build(self) -> Networks:
        self.turn: Tensor = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(0))).Q
        return {"it": nn.Linear(1, 1)}

    def first(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        found: Tensor = (z @ self.turn) * torch.tensor([3.0, 2.0, 0.1, 0.0])
        return found

    def decode(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        own = z @ self.turn
        columns = torch.arange(SIDE).float()
        thick = 3 + own[:, 0:1]
        centre = SIDE / 2 + 1.2 * own[:, 1:2]
        bar = torch.sigmoid(2 * (thick / 2 - (columns - centre).abs()))
        bar = (bar + 0.02 * own[:, 2:3]).clamp(0, 1)
        shown: Tensor = bar[:, None, None, :].expand(-1, 1, SIDE, -1)
        return shown

    def decoder(self, networks: Networks) -> CodeReader:
        return CodeReader()

    def encode(self, networks: Networks, x: Tensor, labels: Tensor | None) -> Tensor:
        return torch.zeros(len(x), 4)

    def loss(self, phase: str, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        raise NotImplementedError

    def snapshot(self, networks: Networks, fixed_inputs: object) -> Result:
        raise NotImplementedError

    def evaluate(self, networks: Networks, data: object, extent: EvalLevel = "during") -> dict[str, Any]:
        raise NotImplementedError


@pytest.fixture
def known() -> Known:
    return Known(tiny("vae", latent_size=4), DatasetInfo("image", (1, SIDE, SIDE)))


def test_found_directions_are_the_known_ones_strongest_first(known: Known) -> None:
    found = directions.principal_directions(known, known.networks)
    vectors = np.array([one.vector for one in found])
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(found)), atol=1e-5)
    true = known.turn.numpy().T  # a row each: thickness, place, shade, nothing
    assert {int(np.abs(true @ vector).argmax()) for vector in vectors[:2]} == {0, 1}
    assert all(np.abs(true @ vector).max() > 0.99 for vector in vectors[:2])
    effects = [one.effect for one in found]
    assert effects == sorted(effects, reverse=True)
    assert not any(np.abs(true[3] @ vector) > 0.9 for vector in vectors)  # what changes nothing is left out
    assert found == directions.principal_directions(known, known.networks)


def test_learned_directions_point_where_the_labels_and_the_ink_say(known: Known) -> None:
    def left_or_right(made: np.ndarray) -> np.ndarray:
        columns = made[:, 0, :, 0].astype(float)
        right: np.ndarray = (columns * np.arange(SIDE)).sum(1) / columns.sum(1).clip(1) > SIDE / 2
        return right.astype(int)

    seen: list[float] = []
    found = directions.learned_directions(
        known, known.networks, left_or_right, ["left", "right"], lambda part, shown: seen.append(part)
    )
    by_id = {one.id: one for one in found}
    true = known.turn.numpy().T
    assert np.dot(by_id["class-right"].vector, true[1]) > 0.98
    assert np.dot(by_id["class-left"].vector, true[1]) < -0.98
    assert np.dot(by_id["attribute-boldness"].vector, true[0]) > 0.95
    assert (by_id["class-right"].quality or 0) > 0.95
    assert "attribute-slant" not in by_id  # nothing in this space slants
    assert seen == sorted(seen) and seen[0] == 0


def test_measures_follow_what_they_are_called() -> None:
    y, x = np.mgrid[:28, :28]
    upright, leaning = np.abs(x - 14) < 2, np.abs(x - 14 - (14 - y) * 0.4) < 2
    thick, wide = np.abs(x - 14) < 4, np.abs(y - 14) < 2
    pictures = np.stack([upright, leaning, thick, wide])[..., None].astype(np.uint8) * 255
    assert slant(pictures)[1] > 0.3 > abs(slant(pictures)[0])
    assert boldness(pictures)[2] > boldness(pictures)[0]
    assert width(pictures)[3] > width(pictures)[0]
    np.testing.assert_allclose(slant(255 - pictures), slant(pictures), atol=1e-9)  # on white as on black


def test_projection_finds_a_code_that_draws_the_same(known: Known) -> None:
    (z,) = normal_per_sample(1, 4, seed=11)
    target = known.decode(known.networks, z[None], None)[0]
    steps: list[float] = []
    code, error = projection.project(
        known, known.networks, projection.Observation(target, torch.ones(1, SIDE, SIDE)), None,
        lambda part, code, error: steps.append(part),
    )  # fmt: skip
    assert error < 0.02
    assert steps[-1] == 1 and len(steps) == projection.PROJECTION_STEPS
    true = known.turn.T @ z
    np.testing.assert_allclose((known.turn.T @ torch.tensor(code))[:2], true[:2], atol=0.15)


def test_what_is_hidden_changes_nothing(known: Known) -> None:
    target = known.decode(known.networks, normal_per_sample(1, 4, seed=12), None)[0].clone()
    mask = torch.ones(1, SIDE, SIDE)
    mask[:, SIDE // 2 :] = 0
    found = []
    for filling in (0.0, 1.0):
        target[:, SIDE // 2 :] = filling
        found.append(
            projection.project(
                known, known.networks, projection.Observation(target, mask), None, lambda *a: None, steps=5
            )
        )
    assert found[0] == found[1]


def test_a_search_can_be_ended_from_within(known: Known) -> None:
    def enough(part: float, code: list[float], error: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        projection.project(
            known,
            known.networks,
            projection.Observation(torch.zeros(1, SIDE, SIDE), torch.ones(1, SIDE, SIDE)),
            None,
            enough,
        )


def test_a_path_ends_where_it_shall_and_keeps_its_length() -> None:
    a, b, c = np.array([2.0, 0, 0]), np.array([0, 2.0, 0]), np.array([0, 0, 2.0])
    stops = np.stack([a, b, c])
    for kind in ("linear", "spherical"):
        for part, stop in ((0, a), (0.5, b), (1, c), (-3, a), (9, c)):
            np.testing.assert_allclose(interpolation.interpolate_codes(stops, part, kind), stop, atol=1e-12)
    np.testing.assert_allclose(interpolation.interpolate_codes(stops, 0.25, "linear"), [1, 1, 0])
    halfway = interpolation.interpolate_codes(stops, 0.25, "spherical")
    np.testing.assert_allclose(halfway, [2**0.5, 2**0.5, 0])
    third = interpolation.slerp(a, b, 1 / 3)
    np.testing.assert_allclose(np.degrees(np.arccos(third @ a / 4)), 30)


def test_a_path_between_odd_codes_is_still_a_path() -> None:
    zero, a = np.zeros(3), np.array([1.0, 2, 3])
    np.testing.assert_allclose(interpolation.slerp(zero, a, 0.5), a / 2)
    np.testing.assert_allclose(interpolation.slerp(a, a, 0.3), a)
    np.testing.assert_allclose(interpolation.slerp(a, -a, 0.5), 0, atol=1e-12)
    np.testing.assert_allclose(interpolation.slerp(a, 3 * a, 0.5), 2 * a)
