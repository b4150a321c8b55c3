"""Files that pages add to a run, which may lie beside one that came with the program."""

from collections.abc import Iterator
from contextlib import suppress

from filelock import FileLock

from aigc_core.common.files import read_own, write_json
from aigc_core.runs.retention import LARGEST_ADDITION
from aigc_core.runs.run import Run, cannot_write


def additions_lock(run: Run) -> FileLock:
    """Held by whoever changes what is kept with a run."""
    run.additions.mkdir(parents=True, exist_ok=True)
    return FileLock(run.additions / ".additions.lock")


def read_additions(run: Run, name: str) -> Iterator[bytes]:
    """What is kept under a name: what pages added first, then what came with the run."""
    for folder in dict.fromkeys((run.additions, run.path)):
        with suppress(OSError, ValueError):
            yield read_own(folder / name, folder, LARGEST_ADDITION)


def write_addition(run: Run, name: str, values: object) -> None:
    """Keep values as JSON under a name.

    Raises:
        RunError: the folder cannot be written.
    """
    folder = run.additions
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / name, values, durable=False)
    except OSError as problem:
        raise cannot_write(folder, problem) from problem
