"""Randomness as a function of names and numbers, with nothing to remember between steps.

Every draw has its own generator, seeded from (seed, what it is for, counters such as the step). Therefore a
resumed run draws what the undisturbed run would have drawn, and a batch may be split in any way.
"""

import hashlib
from enum import StrEnum

import torch
from torch import Tensor


class Stream(StrEnum):
    """What a draw is for; two streams never share numbers."""

    INIT = "init"
    ORDER = "order"
    AUGMENT = "augment"
    LATENT = "latent"
    DROPOUT = "dropout"
    PENALTY = "penalty"
    SAMPLE = "sample"
    EVALUATE = "evaluate"


def derived_seed(seed: int, stream: Stream, *counters: int) -> int:
    """A 63-bit seed for one draw."""
    text = f"{seed}/{stream}/{'/'.join(map(str, counters))}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def generator(seed: int, stream: Stream, *counters: int) -> torch.Generator:
    """A CPU generator for one draw: the same numbers whatever device computes with them."""
    return torch.Generator().manual_seed(derived_seed(seed, stream, *counters))


def normal_per_sample(count: int, size: int, seed: int, first: int = 0) -> Tensor:
    """Latent vectors float32 (count, size), the i-th a function of (seed, first + i) alone."""
    return torch.stack([torch.randn(size, generator=generator(seed, Stream.SAMPLE, first + i)) for i in range(count)])
