"""From a checkpoint to pictures or text. A model is loaded once and kept until another is needed more."""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from aigc_core.common.device import choose
from aigc_core.common.errors import RunError
from aigc_core.families.base import Family, Result
from aigc_core.families.capabilities import ContinuesText, DecodesLatent
from aigc_core.families.causal_lm import TextRequest
from aigc_core.families.image import ImageRequest
from aigc_core.runs import checkpoint
from aigc_core.runs.run import Run

MOST_LOADED = 4
NOTED_S = 3600  # between two notes that a model is used


@dataclass
class Model:
    """A loaded model; `lock` lets one caller compute at a time, `waiting` is for callers who share a batch."""

    family: Family
    step: int
    key: tuple[str, int, int]  # run, step, and when that checkpoint was written
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: deque[Any] = field(default_factory=deque)
    used: float = -math.inf  # when that was last noted in the run

    def note_use(self, run: Run) -> None:
        """Keep the run from being swept away as one that nobody has touched."""
        if time.monotonic() - self.used > NOTED_S:
            self.used = time.monotonic()
            run.retention.touch()


_loaded: OrderedDict[tuple[str, int, int], Model] = OrderedDict()
_loading = threading.Lock()


def load(run: Run, step: int | None = None, device: str = "auto") -> Model:
    """The model of a run at a step (the best one if None).

    Raises:
        RunError: no checkpoint, a damaged one, or none at that step.
    """
    step = checkpoint.best_step(run) if step is None else step
    folder = run.checkpoints.folder(step)
    try:
        written = (folder / "meta.json").stat().st_mtime_ns  # a resumed run may write the same step again
    except OSError:
        raise RunError(
            "run.no_such_checkpoint", "{name} has no checkpoint at step {step}.", name=run.name, step=step
        ) from None
    key = (str(run.path.resolve()), step, written)
    with _loading:
        if key not in _loaded:
            _loaded[key] = Model(_load(run, step, device), step, key)
            while len(_loaded) > MOST_LOADED:
                _loaded.popitem(last=False)
        _loaded.move_to_end(key)
        model = _loaded[key]
    model.note_use(run)
    return model


def _load(run: Run, step: int, device: str) -> Family:
    family = checkpoint.for_use(run, step)
    target = torch.device(choose(device, "float32").kind)
    for network in family.networks.values():
        network.to(target).eval().requires_grad_(False)
    return family


def pictures(run: Run, request: ImageRequest, step: int | None = None) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) or points float32 (N, 2).

    Raises:
        RunError: the run makes something else, has no checkpoint, or was trained without the class asked for.
    """
    model = load(run, step)
    family = model.family
    if isinstance(family, ContinuesText):
        raise RunError("run.makes_text", "{name} makes text: ask with --prompt.", name=run.name)
    if not isinstance(family, DecodesLatent):
        raise RunError("run.no_pictures", "{name} makes no pictures; choose a run that does.", name=run.name)
    if request.label is not None and not 0 <= request.label < family.classes:
        raise RunError(
            "run.no_such_class",
            "{name} knows {count} classes, numbered from 0, and {label} is none of them.",
            name=run.name,
            count=family.classes,
            label=request.label,
        )
    with model.lock:
        return family.sample(family.networks, request)


def text(run: Run, request: TextRequest, step: int | None = None) -> Iterator[str]:
    """The continuation of a prompt, piece by piece.

    Raises:
        RunError: the run makes something else or has no checkpoint.
        ConfigError: the prompt has no character that the model knows.
    """
    model = load(run, step)
    family = model.family
    if isinstance(family, DecodesLatent):
        raise RunError("run.makes_pictures", "{name} makes pictures: ask without --prompt.", name=run.name)
    if not isinstance(family, ContinuesText):
        raise RunError("run.no_text", "{name} writes no text; choose a run that does.", name=run.name)
    with model.lock:
        yield from family.stream(family.networks, request)


def make(run: Run, count: int, seed: int, step: int | None = None) -> list[Result]:
    """Results of a run of any family, as files, the i-th from (`seed`, i).

    Raises:
        RunError: it has no checkpoint.
    """
    model = load(run, step)
    with model.lock:
        return model.family.make(model.family.networks, count, seed)
