"""Several processes train one run together, as `torchrun` and `accelerate launch` start them."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import nn
from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous

from aigc_core.common.device import Device
from aigc_core.common.errors import ConfigError, DeviceError
from aigc_core.families.config import RunConfig
from aigc_core.runs.run import Run

PATIENCE = timedelta(hours=1)  # with a process that is late
_ENDED, _MILLIJOULES = "aigc/ended/", "aigc/millijoules"  # keys of the store


@dataclass(frozen=True)
class Processes:
    """What each of the processes knows once they have found one another: the main one's run, settings and device, and
    its own part (`shard`) of every batch."""

    accelerator: Accelerator
    run: Run
    config: RunConfig
    device: Device
    shard: slice
    store: Store | None = None  # of keys and numbers, which all see; None for a single one

    @property
    def main(self) -> bool:
        """Whether this process writes."""
        return bool(self.accelerator.is_main_process)

    @property
    def several(self) -> bool:
        return bool(self.accelerator.num_processes > 1)

    @property
    def first_here(self) -> bool:
        """Whether no other one on this machine comes before it."""
        return bool(self.accelerator.is_local_main_process)

    def agree(self, holds: bool) -> bool:
        """Whether something holds in all of them, which all have to ask at the same point."""
        return all(gather_object([holds])) if self.several else holds

    def hand_over(self, joules: float) -> None:
        """Tell the main one what another one has used."""
        assert self.store is not None
        self.store.add(_MILLIJOULES, round(1e3 * joules))

    def handed_over(self) -> float:
        """Joules that the others have told of so far."""
        return 0.0 if self.store is None else self.store.add(_MILLIJOULES, 0) / 1e3

    def part(self) -> None:
        """Wait until all have come to the end, after which none may talk to another: one that closes its connections
        earlier can take with it what others have not read yet."""
        if self.store is None:
            return
        self.store.set(f"{_ENDED}{self.accelerator.process_index}", "")
        self.store.wait([f"{_ENDED}{rank}" for rank in range(self.accelerator.num_processes)], PATIENCE)
        dist.destroy_process_group()


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
    store, rank, size = next(rendezvous("env://"))
    gpus = torch.cuda.is_available() and dist.is_nccl_available()
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", store=store, rank=rank, world_size=size)
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
    return Processes(accelerator, Run(Path(path)), config, device, _shard_of(config, accelerator), store)


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
