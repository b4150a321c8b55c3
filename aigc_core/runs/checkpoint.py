"""Weights and optimiser state of one step, as safetensors: nothing is ever unpickled.

    model.safetensors      every network's weights, "network/parameter"
    ema.safetensors        the averaged networks, if the run keeps averages
    optimizer.safetensors  each phase's moments, "network/index/moment"
    extra.safetensors      what a family must know besides, if it must
    meta.json              step, seconds trained, the best figure so far, settings changed while it ran, checksums

No random state: every draw is a function of the seed and the step (see `aigc_core.common.rng`).
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Annotated, Any, NotRequired

import torch
from pydantic import Field, TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor
from typing_extensions import TypedDict

from aigc_core.common.errors import RunError
from aigc_core.common.files import json_object, new_folder, own_file, read_own, write_json
from aigc_core.common.safetensors_header import Header
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.families import family_class
from aigc_core.families.base import Family, Networks, Unfilled
from aigc_core.families.config import RunConfig
from aigc_core.runs.checkpoint_tensors import Shapes, check_header, header_of, read_tensors
from aigc_core.runs.run import Run
from aigc_core.runs.status import Count

Optimizers = dict[str, torch.optim.Optimizer]

TENSORS = ("model.safetensors", "ema.safetensors", "optimizer.safetensors", "extra.safetensors")
LARGEST_META = 1_000_000  # bytes
MOMENTS = ("step", "exp_avg", "exp_avg_sq", "momentum")  # what optimisers keep; the first is a single number


class Meta(TypedDict):
    """What a checkpoint knows besides tensors; `best` is None before the first measurement."""

    step: Count
    elapsed_s: float
    best: float | None
    best_step: NotRequired[Count | None]  # runs of older versions have no
    figures: NotRequired[dict[str, Any]]  # the newest ones
    live: dict[str, Any]
    threads: NotRequired[Annotated[int, Field(ge=1, le=1024)]]  # that computed it; none on a GPU
    step_s: NotRequired[Annotated[float, Field(gt=0)]]  # of a step with as many threads, at its fastest
    sums: NotRequired[dict[str, str]]  # SHA-256 of each file of tensors, by its name


_META = TypeAdapter(Meta)


def save(
    folder: Path,
    networks: Networks,
    averages: Networks,
    optimizers: Optimizers,
    meta: Meta,
    extra: dict[str, Tensor] | None = None,
) -> None:
    """Write a checkpoint; it exists only once it is whole.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with new_folder(folder) as partial:
        try:
            save_file(flat(networks), partial / "model.safetensors")
            if averages:
                save_file(flat(averages), partial / "ema.safetensors")
            save_file(_optimizer_tensors(optimizers), partial / "optimizer.safetensors")
            if extra:
                save_file({name: value.contiguous() for name, value in extra.items()}, partial / "extra.safetensors")
        except SafetensorError as problem:  # its word for a disk that takes no more
            number = re.search(r"os error (\d+)", str(problem))
            raise (OSError(int(number[1]), os.strerror(int(number[1]))) if number else problem) from problem
        sums = {file.name: _sum(file) for file in partial.iterdir()}
        write_json(partial / "meta.json", meta | {"sums": sums})


def unfilled(run: Run) -> Family:
    """A run's family with networks that have no weights yet: to see what they would be.

    Raises:
        AigcError: its settings or facts cannot be read or contradict one another, or it has not been started yet.
    """
    config, info = run.config(), run.dataset_info()
    if info is None:
        raise RunError("run.no_checkpoint", "{name} has no checkpoint yet; wait for its first one.", name=run.name)
    return unfilled_with(run, config, info)


def unfilled_with(run: Run, config: RunConfig, info: DatasetInfo) -> Family:
    """The same of settings and facts that were read already."""
    if not config.accepts(info):
        raise _contradicts(run, f"{config.family}, {info.kind}")
    with Unfilled():
        family = family_class(config.family)(config, info)
    if contradiction := family.contradiction():
        raise _contradicts(run, contradiction)
    return family


def _contradicts(run: Run, what: str) -> RunError:
    return RunError(
        "run.contradicts_itself",
        "The settings of {name} do not go with its data ({what}), so no model can be made of it; get the run anew.",
        name=run.name,
        what=what,
    )


def shapes_of(networks: Networks) -> Shapes:
    """The shapes of all that networks hold, by the names under which `save` writes them."""
    return {
        f"{name}/{key}": one.shape for name, network in networks.items() for key, one in network.state_dict().items()
    }


def check_before_resuming(run: Run, config: RunConfig, info: DatasetInfo) -> None:
    """Whether any checkpoint has weights for the networks that these settings and facts describe.

    Only the beginnings of files are read, and no memory is taken for networks.

    Raises:
        RunError: there are checkpoints, and none has.
    """
    shapes, problems = shapes_of(unfilled_with(run, config, info).networks), []
    for step in reversed(run.checkpoints.steps()):
        try:
            check_header(header_of(run.checkpoints.folder(step) / TENSORS[0]), shapes)
            return
        except (OSError, ValueError, SafetensorError) as problem:
            problems.append(_damaged(run.checkpoints.folder(step), problem))
    if problems:
        raise problems[0]


def load(
    folder: Path, networks: Networks, averages: Networks, optimizers: Optimizers, extra: dict[str, Tensor]
) -> tuple[Meta, dict[str, Tensor]]:
    """Read a checkpoint into what `save` was given; returns its meta, and tensors of the shapes of `extra`.

    Raises:
        RunError: damaged, or of other networks.
    """
    try:
        meta = _META.validate_python(json_object(read_own(folder / "meta.json", folder.parent, LARGEST_META)))
        if f"step_{meta['step']:06d}" != folder.name:
            raise ValueError(f"meta.json is of step {meta['step']}")
        sums = meta.get("sums", {})
        for name in TENSORS:
            if name in sums and _sum(own_file(folder / name, folder.parent)) != sums[name]:
                raise ValueError(f"bytes of {name} have changed")
        _into(networks, read_tensors(folder / TENSORS[0], shapes_of(networks)))
        if averages:
            _into(averages, read_tensors(folder / TENSORS[1], shapes_of(averages)))
        moments = header_of(folder / TENSORS[2])
        _into_optimizers(optimizers, read_tensors(folder / TENSORS[2], _moments(optimizers, moments)))
        shapes = {name: value.shape for name, value in extra.items()}
        return meta, read_tensors(folder / TENSORS[3], shapes) if extra else {}
    except (OSError, ValueError, SafetensorError) as problem:
        raise _damaged(folder, problem) from problem


def empty_for_use(run: Run, step: int) -> Family:
    """A run's family with the networks that sampling needs, still without weights and the memory for them, once a
    checkpoint's file was seen to have them.

    Raises:
        AigcError: the run cannot be read, or the checkpoint is damaged or of other networks.
    """
    family = _unfilled_for_use(run)
    try:
        check_header(header_of(_file_for_use(run.checkpoints.folder(step))), shapes_of(family.networks))
    except (OSError, ValueError, SafetensorError) as problem:
        raise _damaged(run.checkpoints.folder(step), problem) from problem
    return family


def for_use(run: Run, step: int) -> Family:
    """The same with weights: the averages where there are any, else the raw ones.

    Raises:
        AigcError: likewise, or there are numbers that are infinite or none.
    """
    family, folder = _unfilled_for_use(run), run.checkpoints.folder(step)
    try:
        tensors = read_tensors(_file_for_use(folder), shapes_of(family.networks))
    except (OSError, ValueError, SafetensorError) as problem:
        raise _damaged(folder, problem) from problem
    for name, network in family.networks.items():
        network.load_state_dict(_own(tensors, name), assign=True)
    return family


def _unfilled_for_use(run: Run) -> Family:
    family = unfilled(run)
    family.networks = {name: family.networks[name] for name in family.inference_networks}
    return family


def _file_for_use(folder: Path) -> Path:
    averages = folder / TENSORS[1]
    return averages if averages.exists() else folder / TENSORS[0]


def load_network(run: Run, name: str) -> dict[str, Tensor]:
    """The best weights of one of a run's networks that sampling needs.

    Raises:
        AigcError: the run has no checkpoint or a damaged one, or cannot be read.
    """
    return dict(for_use(run, best_step(run)).networks[name].state_dict())


def best_step(run: Run) -> int:
    """The checkpoint to use: the best by the validation figure, else the last.

    Raises:
        RunError: there is none yet.
    """
    step = run.checkpoints.marked("best")
    step = run.checkpoints.marked("last") if step is None else step
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


def flat(networks: Networks) -> dict[str, Tensor]:
    """All that networks hold, "network/parameter"."""
    return {
        f"{name}/{key}": value.contiguous()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }


def _into(networks: Networks, tensors: dict[str, Tensor]) -> None:
    for name, network in networks.items():
        network.load_state_dict(_own(tensors, name))


def _own(tensors: dict[str, Tensor], network: str) -> dict[str, Tensor]:
    prefix = f"{network}/"
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _moments(optimizers: Optimizers, found: Header) -> Shapes:
    """The shapes that optimisers' moments must have, of those that a file names: a parameter that had no gradient yet
    has none.

    Raises:
        ValueError: it names others.
    """
    shapes: Shapes = {}
    for owner, optimizer in optimizers.items():
        parameters = [one for group in optimizer.param_groups for one in group["params"]]
        for index, parameter in enumerate(parameters):
            kept = [moment for moment in MOMENTS if f"{owner}/{index}/{moment}" in found]
            if kept not in ([], ["momentum"], ["step", "exp_avg", "exp_avg_sq"]):
                raise ValueError(f"{owner}/{index} has only {', '.join(kept)}")
            for moment in kept:
                shapes[f"{owner}/{index}/{moment}"] = torch.Size(()) if moment == "step" else parameter.shape
    return shapes


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
