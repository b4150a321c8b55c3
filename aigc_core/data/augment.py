"""Small random changes to training pictures, a whole batch at a time, on the device."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from aigc_core.common.device import to_device
from aigc_core.data.settings import ImageSettings


def augmented(x: Tensor, config: ImageSettings, random: torch.Generator, size: int, part: slice) -> Tensor:
    """Pictures (B, C, H, W) in [0, 1], each turned, mirrored and scaled by its own amount.

    Args:
        config: `rotate` in degrees, `flip`, `scale` as a part of the size; all off leaves `x` as it is.
        size, part: the whole batch's size and which part of it `x` is, so that the amounts do not depend on
            how a batch is shared between processes.

    What comes in from outside the frame is the picture's own border.
    """
    if not (config.rotate or config.flip or config.scale):
        return x
    amounts = to_device((2 * torch.rand(size, 3, generator=random) - 1)[part], x.device)
    angle = amounts[:, 0] * math.radians(config.rotate)
    zoom = 1 + amounts[:, 1] * config.scale
    mirror = torch.where(amounts[:, 2] < 0, -1.0, 1.0) if config.flip else torch.ones_like(zoom)
    cos, sin, none = torch.cos(angle) / zoom, torch.sin(angle) / zoom, torch.zeros_like(zoom)
    rows = torch.stack([mirror * cos, -sin, none, mirror * sin, cos, none], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(rows, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
