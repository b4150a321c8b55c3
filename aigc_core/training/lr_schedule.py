"""The learning rate over a training: a linear warm-up, then constant, linear or along half a cosine."""

import math

from aigc_core.families.config import RunConfig


def lr_factor(config: RunConfig, step: int, elapsed_s: float) -> float:
    """What the learning rate is multiplied by at a step, 0 to 1. Where the budget is minutes, time counts."""
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    if config.lr_schedule == "constant":
        return warm
    part = elapsed_s / (60 * config.minutes) if config.minutes else step / config.steps
    part = min(part, 1.0)
    left = 1 - part if config.lr_schedule == "linear" else 0.5 * (1 + math.cos(math.pi * part))
    return warm * (config.lr_end + (1 - config.lr_end) * left)
