"""What one training consists of, shared by the parts of the trainer."""

from dataclasses import dataclass

import torch

from aigc_core.common.device import Device
from aigc_core.data.datasets import Dataset
from aigc_core.families.base import Family, Networks
from aigc_core.families.config import RunConfig
from aigc_core.runs.run import Run
from aigc_core.training.distributed import Processes
from aigc_core.training.ema import EMA


@dataclass
class TrainingState:
    """A run's networks, data and optimizers, and the step at which the training stands.

    `networks` are those that are written; the family may be given compiled ones. `optimizers` go by the name of their
    phase.
    """

    processes: Processes
    data: Dataset
    family: Family
    networks: Networks
    optimizers: dict[str, torch.optim.Optimizer]
    ema: EMA
    step: int = 0
    elapsed_s: float = 0.0

    @property
    def run(self) -> Run:
        return self.processes.run

    @property
    def device(self) -> Device:
        return self.processes.device

    @property
    def config(self) -> RunConfig:
        """The settings as they stand; some may change while the training runs."""
        return self.family.config
