"""Colour and sharpness against pictures of which they are known."""

import pytest
import torch
from torch import Tensor

from aigc_core.metrics.image_statistics import color_distance, colorfulness, sharpness


def flat(*colors: tuple[int, int, int]) -> Tensor:
    """One picture of 8x8 in each colour."""
    return torch.tensor(colors, dtype=torch.uint8)[:, :, None, None].expand(-1, -1, 8, 8).contiguous()


def test_colors_that_have_nothing_in_common_are_at_a_distance_of_one() -> None:
    red, blue = flat((255, 0, 0)), flat((0, 0, 255))
    assert color_distance(red, blue) == 1 and color_distance(red, red) == 0
    assert color_distance(torch.cat([red, blue]), red) == pytest.approx(0.5)


def test_much_white_does_not_hide_the_color_of_things() -> None:
    red, blue = (flat((255, 255, 255)).clone() for _ in range(2))
    red[:, :, 0, 0] = torch.tensor([255, 0, 0])
    blue[:, :, 0, 0] = torch.tensor([0, 0, 255])
    assert color_distance(red, blue) == 1


def test_greys_are_compared_by_their_brightness() -> None:
    dark, light = torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.full((2, 1, 8, 8), 255, dtype=torch.uint8)
    assert color_distance(dark, light) == 1 and colorfulness(flat((90, 90, 90))) == 0
    assert colorfulness(flat((255, 0, 0), (0, 0, 0))) == pytest.approx(0.5)


def test_a_chessboard_is_as_sharp_as_can_be_and_a_plane_is_not_sharp() -> None:
    board = (255 * ((torch.arange(8)[:, None] + torch.arange(8)) % 2)).byte()[None, None]
    assert sharpness(board) == 1 and sharpness(torch.full_like(board, 9)) == 0
