"""What ends a training early, as a sentence that the run keeps."""

import errno
from contextlib import suppress
from typing import NoReturn

import torch

from aigc_core.common.errors import AigcError, TrainingError
from aigc_core.runs.queue import StatusCallback, fresh_status
from aigc_core.runs.run import Run


def fail(run: Run, on_status: StatusCallback, problem: Exception) -> NoReturn:
    """Leave what happened in the run, if its folder still takes it, and raise it.

    Raises:
        AigcError: what a person can do something about; anything else is raised as it is.
    """
    error = _in_words(problem)
    status = fresh_status(run)
    status.state, status.message, status.eta_s = "failed", error.message, None
    with suppress(OSError):
        run.set_status(status)
    on_status(status)
    if error is problem:
        raise error from problem.__cause__
    if error.message["key"] == "train.defect":
        raise problem
    raise error from problem


def _in_words(problem: Exception) -> AigcError:
    if isinstance(problem, AigcError):
        return problem
    no_memory = isinstance(problem, torch.OutOfMemoryError | MemoryError)
    no_memory |= isinstance(problem, OSError) and problem.errno == errno.ENOMEM
    no_memory |= "DefaultCPUAllocator" in str(problem)  # torch has no error of its own for this
    if no_memory:
        return TrainingError(
            "train.no_memory", "There is too little memory for this; try a smaller batch_size, width or context."
        )
    if isinstance(problem, OSError):
        return TrainingError(
            "train.cannot_write",
            "A file could not be read or written ({problem}); free some space or mend the folder, then resume.",
            problem=problem,
        )
    return TrainingError(
        "train.defect",
        "The training ended by an error in the program ({problem}); the run's log.txt says more.",
        problem=f"{type(problem).__name__}: {problem}",
    )
