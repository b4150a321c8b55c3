"""A Gaussian of two networks that are corrected together, with a memory of its own and a step of its own."""

import io
import wave
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aigc_core.common.rng import normal_per_sample
from aigc_core.data.batch import Batch
from aigc_core.families import base
from aigc_core.families.base import EvalLevel, Networks, Phase, Result, StepContext, Update

RATE = 8000  # samples a second


class Place(nn.Module):
    """Two learned numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(2))

    def forward(self) -> Tensor:
        return self.value


class Family(base.Family):
    inference_networks = ("mean", "spread")
    phases = (
        Phase("both", networks=("mean", "spread")),
        Phase("mean", repeats=lambda config, step: step % 2, lr=lambda config: config.lr / 2),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.seen = torch.zeros(2)  # running mean of what it was shown

    def build(self) -> Networks:
        return {"mean": Place(), "spread": Place()}

    def train_step(self, update: Update, step: int) -> None:
        both, mean = self.phases
        update(both, self._likelihood)
        for _ in range(mean.repeats(self.config, step)):
            update(mean, self._pull)

    def loss(self, phase: str, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        return self._likelihood(batch, context) if phase == "both" else self._pull(batch, context)

    def _likelihood(self, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        x = batch["x"] + 0.01 * context.normal(2)
        self.seen = 0.9 * self.seen + 0.1 * x.mean(0).detach()
        mean, log_std = self.networks["mean"](), self.networks["spread"]()
        loss = (0.5 * ((x - mean) / log_std.exp()).square() + log_std).sum(1).mean()
        return loss, {"loss": loss.detach()}

    def _pull(self, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        loss = self.config.pull * (self.networks["mean"]() - self.seen).square().sum()
        return loss, {"pull": loss.detach()}

    def extra_state(self) -> dict[str, Tensor]:
        return {"seen": self.seen}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        self.seen = state["seen"]

    def fixed_inputs(self, data: Any) -> object:
        return data.validation[:1].clone()

    def make(self, networks: Networks, count: int, seed: int) -> list[Result]:
        z = normal_per_sample(count, 2, seed, 0)
        points = networks["mean"]() + networks["spread"]().exp() * z
        return [Result(sound(point), ".wav") for point in points.detach().numpy()]

    def snapshot(self, networks: Networks, fixed_inputs: object) -> Result:
        assert isinstance(fixed_inputs, Tensor)
        return Result(sound((networks["mean"]() + fixed_inputs[0]).numpy()), ".wav")

    def evaluate(self, networks: Networks, data: Any, extent: EvalLevel = "during") -> dict[str, Any]:
        """`distance` of the learned mean from that of held-out points."""
        distance = (networks["mean"]() - data.validation.mean(0)).norm()
        return {"distance": float(distance), "n": len(data.validation)}


def sound(point: np.ndarray) -> bytes:
    """A tenth of a second of two tones, one for each number."""
    time = np.arange(RATE // 10) / RATE
    tones = sum(np.sin(2 * np.pi * 440 * 2 ** float(np.clip(one, -2, 2)) * time) for one in point)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((8000 * np.asarray(tones)).astype("<i2").tobytes())
    return file.getvalue()
