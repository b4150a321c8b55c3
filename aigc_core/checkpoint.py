"""Weights and optimiser state of one step, as safetensors: nothing is ever unpickled.

    model.safetensors      every network's weights, "network/parameter"
    ema.safetensors        the averaged networks, if the run keeps averages
    optimizer.safetensors  each phase's moments, "network/index/moment"
    meta.json              step, seconds trained, the best figure so far, settings changed while it ran, checksums

No random state: every draw is a function of the seed and the step (see `aigc_core.seeds`).
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Any, NotRequired

import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from typing_extensions import TypedDict

from aigc_core.errors import RunError
from aigc_core.files import new_folder, write_json
from aigc_core.run import Run

Networks = dict[str, nn.Module]
Optimizers = dict[str, torch.optim.Optimizer]


class Meta(TypedDict):
    """What a checkpoint knows besides tensors; `best` is None before the first measurement."""

    step: int
    elapsed_s: float
    best: float | None
    best_step: NotRequired[int | None]  # runs of older versions have no
    figures: NotRequired[dict[str, Any]]  # the newest ones
    live: dict[str, Any]
    sums: NotRequired[dict[str, str]]  # SHA-256 of each file of tensors, by its name


_META = TypeAdapter(Meta)


def save(folder: Path, networks: Networks, averages: Networks, optimizers: Optimizers, meta: Meta) -> None:
    """Write a checkpoint; it exists only once it is whole.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with new_folder(folder) as partial:
        try:
            save_file(_flat(networks), partial / "model.safetensors")
            if averages:
                save_file(_flat(averages), partial / "ema.safetensors")
            save_file(_optimizer_tensors(optimizers), partial / "optimizer.safetensors")
        except SafetensorError as problem:  # its word for a disk that takes no more
            number = re.search(r"os error (\d+)", str(problem))
            raise (OSError(int(number[1]), os.strerror(int(number[1]))) if number else problem) from problem
        sums = {file.name: _sum(file) for file in partial.iterdir()}
        write_json(partial / "meta.json", meta | {"sums": sums})


def load(folder: Path, networks: Networks, averages: Networks, optimizers: Optimizers) -> Meta:
    """Read a checkpoint into what `save` was given; returns its meta.

    Raises:
        RunError: damaged, or of other networks.
    """
    try:
        meta = _META.validate_json((folder / "meta.json").read_bytes())
        for name, known in meta.get("sums", {}).items():
            if _sum(folder / name) != known:
                raise ValueError(f"bytes of {name} have changed")
        _into(networks, load_file(folder / "model.safetensors"))
        if averages:
            _into(averages, load_file(folder / "ema.safetensors"))
        _into_optimizers(optimizers, load_file(folder / "optimizer.safetensors"))
        return meta
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as problem:
        raise _damaged(folder, problem) from problem


def load_for_use(folder: Path, networks: Networks) -> None:
    """Read the weights to sample with: the averages where there are any, else the raw weights.

    Raises:
        RunError: damaged, or of other networks.
    """
    tensors = tensors_for_use(folder)
    try:
        _into(networks, tensors)
    except (ValueError, KeyError, RuntimeError) as problem:
        raise _damaged(folder, problem) from problem


def tensors_for_use(folder: Path) -> dict[str, Tensor]:
    """The weights to sample with, "network/parameter": averages where there are any, else the raw weights.

    Raises:
        RunError: damaged.
    """
    averaged = folder / "ema.safetensors"
    try:
        tensors = load_file(folder / "model.safetensors")
        return tensors | load_file(averaged) if averaged.exists() else tensors
    except (OSError, ValueError, SafetensorError) as problem:
        raise _damaged(folder, problem) from problem


def load_network(run: Run, name: str) -> dict[str, Tensor]:
    """The best weights of one of a run's networks.

    Raises:
        RunError: the run has no checkpoint, or a damaged one.
    """
    tensors = tensors_for_use(run.checkpoint(best_step(run)))
    return {key.removeprefix(f"{name}/"): value for key, value in tensors.items() if key.startswith(f"{name}/")}


def best_step(run: Run) -> int:
    """The checkpoint to use: the best by the validation figure, else the last.

    Raises:
        RunError: there is none yet.
    """
    step = run.marked("best")
    step = run.marked("last") if step is None else step
    if step is None:
        raise RunError("run.no_checkpoint", "{name} has no checkpoint yet; wait for its first one.", name=run.name)
    return step


def _damaged(folder: Path, problem: Exception) -> RunError:
    return RunError(
        "run.damaged_checkpoint",
        "Checkpoint {checkpoint} of {name} cannot be read ({problem}).",
        checkpoint=folder.name,
        name=folder.parent.name,
        problem=str(problem).split("\n")[0],
    )


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _flat(networks: Networks) -> dict[str, Tensor]:
    return {
        f"{name}/{key}": value.contiguous()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }


def _into(networks: Networks, tensors: dict[str, Tensor]) -> None:
    for name, network in networks.items():
        prefix = f"{name}/"
        own = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        network.load_state_dict(own)


def _optimizer_tensors(optimizers: Optimizers) -> dict[str, Tensor]:
    return {
        f"{name}/{index}/{moment}": value.contiguous()
        for name, optimizer in optimizers.items()
        for index, moments in optimizer.state_dict()["state"].items()
        for moment, value in moments.items()
    }


def _into_optimizers(optimizers: Optimizers, tensors: dict[str, Tensor]) -> None:
    for name, optimizer in optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            owner, index, moment = key.split("/")
            if owner == name:
                state.setdefault(int(index), {})[moment] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
