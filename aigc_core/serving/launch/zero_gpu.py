"""Trainings on Hugging Face's ZeroGPU, which lends a GPU to one call at a time, in a forked process that may have no
children. Elsewhere (`$SPACES_ZERO_GPU` is not set) nothing of this is used.
"""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from aigc_core.runs.run import Run

LONGEST_S = 300  # that a call may keep the GPU
AROUND_S = 60  # of it, for start and judgement
LOOK_S = 1.0
Train = Callable[[str], Iterator[int]]


def is_available() -> bool:
    """Whether this is a Space whose GPU is lent by the call."""
    return bool(os.environ.get("SPACES_ZERO_GPU"))


def prepare() -> None:
    """Call when the app starts, before torch is imported: ZeroGPU wants to know then which functions borrow a GPU."""
    if is_available():
        _gpu_train()


def start(run: Run) -> None:
    """Train a run with a borrowed GPU, in the background; its steps are limited by the time that the GPU is lent."""
    run.manifest.set_limit("minutes", min(run.manifest.limit("minutes"), (LONGEST_S - AROUND_S) / 60))

    def watch() -> None:
        for _ in _gpu_train()(str(run.path)):
            pass

    threading.Thread(target=watch, daemon=True, name=f"zero-{run.name}").start()


def is_pending(run: Run) -> bool:
    """Never without this app, which would lose count of it."""
    return False


def withdraw(run: Run) -> None:
    """What waits for the GPU looks at its requests when it gets it."""


def train(path: str) -> Iterator[int]:
    """Train and judge the run of this folder in this very process; yields the step, second by second."""
    from aigc_core.evaluation.pipeline import fit_and_judge

    run = Run(Path(path))
    work = threading.Thread(target=fit_and_judge, args=(run,), daemon=True)
    work.start()
    while work.is_alive():
        yield run.status().step
        work.join(LOOK_S)


def duration_s(path: str) -> int:
    """How long the GPU is needed for the run of this folder."""
    minutes = Run(Path(path)).config().minutes
    return min(LONGEST_S, round(60 * minutes + AROUND_S)) if minutes else LONGEST_S


_wrapped: list[Train] = []


def _gpu_train() -> Train:
    """`train` as ZeroGPU's own package wraps it; once, because it counts the wrapped ones."""
    if not _wrapped:
        import spaces

        _wrapped.append(spaces.GPU(duration=duration_s)(train))
    return _wrapped[0]
