"""What a glance at pictures takes in, as numbers that need no network: their colours and their sharpness."""

import torch
from torch import Tensor

LEVELS = 4  # of each channel in a histogram of colours


def color_histogram(pictures: Tensor) -> Tensor:
    """Shares of the colours in pictures uint8 (N, C, H, W): float64 (LEVELS ** C,), summing to 1.

    Of colour pictures a pixel counts by the difference of its largest and smallest channel, so that much white or black
    around a thing does not hide what colour the thing has.
    """
    levels = pictures.long() * LEVELS // 256
    numbers = torch.zeros_like(levels[:, 0])
    for channel in levels.unbind(1):
        numbers = numbers * LEVELS + channel
    weights = chroma(pictures) if pictures.shape[1] > 1 else torch.ones_like(numbers, dtype=torch.float32)
    counts = torch.bincount(numbers.flatten(), weights.flatten().double(), LEVELS ** pictures.shape[1])
    return counts / counts.sum().clamp_min(1e-12)


def chroma(pictures: Tensor) -> Tensor:
    """The difference between the largest and the smallest channel of each pixel: float (N, H, W) in [0, 1]."""
    return (pictures.amax(1).float() - pictures.amin(1).float()) / 255


def color_distance(first: Tensor, second: Tensor) -> float:
    """Total variation between the colours of two sets of pictures uint8 (N, C, H, W): 0 alike, 1 none in common."""
    return float((color_histogram(first) - color_histogram(second)).abs().sum() / 2)


def colorfulness(pictures: Tensor) -> float:
    """The mean `chroma`: 0 for greys."""
    return float(chroma(pictures).mean())


def sharpness(pictures: Tensor) -> float:
    """The mean step from a pixel to the next, across and down, of pictures uint8 (N, C, H, W), in [0, 1].

    Next to that of real pictures: blur is below 1, noise above.
    """
    x = pictures.float() / 255
    return float(x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()) / 2
