"""Augmentation: each picture by itself, within its limits."""

import torch

from aigc_core.data.augment import augmented
from tests.helpers.sources import config


def test_augmentation_off_changes_nothing_and_on_moves_each_picture_by_itself() -> None:
    x = torch.rand(6, 1, 28, 28)
    whole = slice(0, 6)
    assert augmented(x, config("gan"), torch.Generator(), 6, whole) is x
    strong = config("gan", rotate=20, scale=0.1)
    both = augmented(x, strong, torch.Generator().manual_seed(5), 6, whole)
    half = augmented(x[3:], strong, torch.Generator().manual_seed(5), 6, slice(3, 6))
    torch.testing.assert_close(both[3:], half)
    mirror = augmented(x, config("gan", flip=True), torch.Generator().manual_seed(5), 6, whole)
    for before, after in zip(x, mirror, strict=True):
        same, turned = torch.allclose(before, after, atol=1e-5), torch.allclose(before.flip(-1), after, atol=1e-5)
        assert same != turned


def test_zoom_and_turn_stay_within_their_limits() -> None:
    dot = torch.zeros(200, 1, 29, 29)
    dot[:, :, 14, 24] = 1.0  # ten pixels right of the middle
    moved = augmented(dot, config("gan", rotate=30), torch.Generator().manual_seed(0), 200, slice(0, 200))
    places = moved.flatten(1).argmax(1)
    angle = torch.rad2deg(torch.atan2(14.0 - places // 29, places % 29 - 14.0))
    assert angle.abs().max() <= 33 and angle.max() > 20 and angle.min() < -20
