"""What a glance at pictures takes in, as numbers that need no network: their colours and their sharpness."""

import torch
from torch import Tensor

LEVELS = 4  # of each channel in a histogram of colours


def color_histogram(pictures: Tensor) -> Tensor:
    """Shares of the colours among all pixels of pictures uint8 (N, C, H, W): float64 (LEVELS ** C,), summing to 1."""
    levels = pictures.long() * LEVELS // 256
    numbers = torch.zeros_like(levels[:, 0])
    for channel in levels.unbind(1):
        numbers = numbers * LEVELS + channel
    counts = torch.bincount(numbers.flatten(), minlength=LEVELS ** pictures.shape[1]).double()
    return counts / counts.sum()


def color_distance(first: Tensor, second: Tensor) -> float:
    """Total variation between the colours of two sets of pictures uint8 (N, C, H, W): 0 alike, 1 none in common."""
    return float((color_histogram(first) - color_histogram(second)).abs().sum() / 2)


def colorfulness(pictures: Tensor) -> float:
    """The mean difference between the largest and the smallest channel of a pixel, in [0, 1]: 0 for greys."""
    return float((pictures.amax(1).float() - pictures.amin(1).float()).mean() / 255)


def sharpness(pictures: Tensor) -> float:
    """The mean step from a pixel to the next, across and down, of pictures uint8 (N, C, H, W), in [0, 1].

    Next to that of real pictures: blur is below 1, noise above.
    """
    x = pictures.float() / 255
    return float(x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()) / 2
