"""Building blocks of networks, judged by what they are short for."""

import pytest
import torch
from torch.nn import functional as F

from aigc_core.families.common.image_networks import Resize
from aigc_core.families.gan.config import Config as GANConfig
from aigc_core.families.gan.family import Generator
from tests.helpers.runs import tiny


@pytest.mark.parametrize("side", [1, 2, 7, 8])
def test_doubling_and_convolution_in_one_are_the_two_after_each_other(side: int) -> None:
    block = Resize(3, 5).double()
    x = torch.randn(2, 3, side, side, dtype=torch.float64, requires_grad=True)
    ours, theirs = block(x), block.conv(F.interpolate(x, scale_factor=2))
    assert ours.shape == (2, 5, 2 * side, 2 * side)
    torch.testing.assert_close(ours, theirs)
    target = torch.randn_like(ours)
    assert block.conv.bias is not None
    inputs = (x, block.conv.weight, block.conv.bias)
    for mine, their in zip(
        torch.autograd.grad((ours * target).sum(), inputs),
        torch.autograd.grad((theirs * target).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(mine, their)


@pytest.mark.parametrize("network", ["dcgan", "style", "resize"])
@pytest.mark.parametrize("side", [28, 32, 64])
def test_generators_make_pictures_of_every_size(network: str, side: int) -> None:
    config = tiny("gan", network=network, width=8)
    assert isinstance(config, GANConfig)
    made = Generator(config, (3, side, side), classes=0)(torch.randn(2, config.latent_size), None)
    assert made.shape == (2, 3, side, side)
    assert made.min() >= 0 and made.max() <= 1
