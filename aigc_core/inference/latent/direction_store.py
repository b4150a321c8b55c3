"""The directions of a run: computed once, learned on demand, named by people; kept with the run."""

import threading
import uuid
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Literal, TypedDict

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from aigc_core.common.errors import DataError
from aigc_core.common.progress import ProgressCallback
from aigc_core.inference.latent import directions
from aigc_core.inference.latent.class_predictor import class_predictor
from aigc_core.inference.latent.session import open_model, parse_points, rounded
from aigc_core.runs.additions import additions_lock, read_additions, write_addition
from aigc_core.runs.retention import OWN_DIRECTIONS
from aigc_core.runs.run import Run

MOST_OWN = 200  # named directions of one run
_computing = threading.Lock()


class Directions(TypedDict):
    """Of a checkpoint, each as `directions.Direction` has it; `learned` is None before `learn_directions`."""

    found: list[dict[str, Any]]
    learned: list[dict[str, Any]] | None
    own: list[dict[str, Any]]


def list_directions(run: Run, step: int | None) -> Directions:
    """Directions of a checkpoint: principal ones at once, learned ones if they were learned before, a person's own."""
    model, family = open_model(run, step)
    with _computing:  # without the model's lock: people at its sliders do not wait for this
        found = _read_directions(run, _directions_file("found", model.step))
        if found is None:
            found = [asdict(one) for one in directions.principal_directions(family, family.networks)]
            write_addition(run, _directions_file("found", model.step), found)
    return {
        "found": found,
        "learned": _read_directions(run, _directions_file("learned", model.step)),
        "own": _read_directions(run, OWN_DIRECTIONS) or [],
    }


def learn_directions(run: Run, step: int | None, progress: ProgressCallback) -> list[dict[str, Any]]:
    """Directions towards classes and along attributes (seconds of work); they are kept with the run."""
    model, family = open_model(run, step)
    classify = None if family.classes else class_predictor(family, learn=True)

    found = directions.learned_directions(family, family.networks, classify, family.info.class_names, progress)
    plain = [asdict(one) for one in found]
    write_addition(run, _directions_file("learned", model.step), plain)
    return plain


def name_direction(run: Run, step: int | None, name: str, vector: object) -> dict[str, Any]:
    """Keep a direction under a person's name for it; returns it with its effect.

    Raises:
        DataError: no name, or no direction.
    """
    _, family = open_model(run, step)
    name = "".join(one for one in " ".join(name.split()) if one.isprintable())[:60]  # nothing that turns a line round
    (point,) = parse_points([{"z": vector}])
    length = float(np.linalg.norm(point.z))
    if not name or length < 1e-6 or len(point.z) != family.config.latent_size:
        raise DataError("explore.bad_direction", "A direction needs a name, and must not be zero.")
    unit = torch.tensor(point.z) / length
    effect = directions.direction_effect(family, family.networks, unit)
    made = directions.Direction(f"own-{uuid.uuid4().hex[:8]}", "own", name, rounded(unit.numpy()), effect)
    with additions_lock(run):
        own = _read_directions(run, OWN_DIRECTIONS) or []
        if len(own) >= MOST_OWN:
            raise DataError("explore.too_many_directions", "This run has {count} named directions; delete some first.",
                            count=len(own))  # fmt: skip
        write_addition(run, OWN_DIRECTIONS, [*own, asdict(made)])
    return asdict(made)


def delete_direction(run: Run, which: str) -> None:
    """Delete one of a person's own directions."""
    with additions_lock(run):
        own = _read_directions(run, OWN_DIRECTIONS) or []
        write_addition(run, OWN_DIRECTIONS, [one for one in own if one["id"] != which])


def _directions_file(kind: Literal["found", "learned"], step: int) -> str:
    return f"directions-{kind}-{step:06d}.json"


_DIRECTIONS = TypeAdapter(list[directions.Direction])


def _read_directions(run: Run, name: str) -> list[dict[str, Any]] | None:
    """Directions kept with the run, by pages or as it came; None if there are none or they cannot be read."""
    for content in read_additions(run, name):
        with suppress(ValidationError):
            return [asdict(one) for one in _DIRECTIONS.validate_json(content)]
    return None
