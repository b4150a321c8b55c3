"""Several processes train one run together, as `torchrun` and `accelerate launch` start them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from accelerate import Accelerator
from torch import nn

from aigc_core.common.device import Device
from aigc_core.common.errors import ConfigError, DeviceError
from aigc_core.families.config import RunConfig
from aigc_core.runs.run import Run


@dataclass(frozen=True)
class Processes:
    """What each of the processes knows once they have found one another: the main one's run, settings and device, and
    its own part (`shard`) of every batch."""

    accelerator: Accelerator
    run: Run
    config: RunConfig
    device: Device
    shard: slice

    @property
    def main(self) -> bool:
        """Whether this process writes."""
        return bool(self.accelerator.is_main_process)

    @property
    def several(self) -> bool:
        return bool(self.accelerator.num_processes > 1)


def join_processes(run: Run | None, config: RunConfig | None, device: Device | None) -> Processes:
    """Let processes find one another; only the main one has something to give.

    `Device` says where and how to compute; the accelerator lets processes talk, and what it is made with stays for all
    the trainings of a process.

    Raises:
        DeviceError: they cannot train together there. ConfigError: a batch cannot be shared evenly.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        assert run is not None and config is not None and device is not None
        accelerator = Accelerator(cpu=True, mixed_precision="no")
        return Processes(accelerator, run, config, device, _shard_of(config, accelerator))
    if not dist.is_initialized():
        gpus = torch.cuda.is_available() and dist.is_nccl_available()
        dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo")
    shared: list[Any] = [str(run.path) if run else None, config, device]
    dist.broadcast_object_list(shared)
    path, config, device = shared
    assert config is not None and device is not None
    accelerator = Accelerator(cpu=device.kind == "cpu", mixed_precision="no")
    if accelerator.num_processes != dist.get_world_size():  # each would take itself for the only one
        raise DeviceError(
            "device.not_together",
            "Several processes cannot train together on {device} here; start them with torchrun, or set device to cpu.",
            device=device.kind,
        )
    return Processes(accelerator, Run(Path(path)), config, device, _shard_of(config, accelerator))


def _shard_of(config: RunConfig, accelerator: Accelerator) -> slice:
    if config.batch_size % accelerator.num_processes:
        raise ConfigError(
            "config.batch_not_shared",
            "A batch of {batch} cannot be shared evenly by {processes} processes; make it a multiple.",
            batch=config.batch_size,
            processes=accelerator.num_processes,
        )
    share = config.batch_size // accelerator.num_processes
    rank = accelerator.process_index
    return slice(rank * share, (rank + 1) * share)


def mean_gradients(parameters: list[nn.Parameter], accelerator: Accelerator) -> None:
    """Replace gradients by their mean over all processes, in one exchange."""
    flat = torch.cat([one.grad.flatten() for one in parameters if one.grad is not None])
    flat = accelerator.reduce(flat, "mean")
    for one, part in zip(parameters, flat.split([one.numel() for one in parameters]), strict=True):
        one.grad = part.view_as(one)
