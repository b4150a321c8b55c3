"""`samples/`: the history of samples, always from the same noise or prompts."""

import re
from pathlib import Path

from aigc_core.common.errors import RunError
from aigc_core.common.files import read_own, write_atomic
from aigc_core.media import kinds

NAME = re.compile(r"step_([0-9]{1,9})(\.[a-z0-9]{1,8})")
LARGEST = 50_000_000  # bytes


class SampleStore:
    """The samples of the run in a folder."""

    def __init__(self, folder: Path) -> None:
        self._run, self._folder = folder, folder / "samples"

    def add(self, step: int, content: bytes, suffix: str) -> str:
        """Keep one sample; returns its file name."""
        name = f"step_{step:06d}{suffix}"
        write_atomic(self._folder / name, content, durable=False)
        return name

    def names(self) -> list[str]:
        """File names, oldest first."""
        if not self._folder.is_dir():
            return []
        suffixes = {kind.suffix for kind in kinds.KINDS.values()}
        names = (NAME.fullmatch(one.name) for one in self._folder.iterdir())
        found = [match for match in names if match and match[2] in suffixes]
        return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]

    def read(self, name: str) -> bytes:
        """One sample's content.

        Raises:
            RunError: there is none of this name (names with a path in them included).
        """
        run = self._run.name
        if name not in self.names():
            raise RunError("run.no_sample", "{name} has no sample “{sample}”.", name=run, sample=name)
        try:
            return read_own(self._folder / name, self._run, LARGEST)
        except (OSError, ValueError) as problem:
            raise damaged(name, run, problem) from problem


def damaged(file: str, run: str, problem: Exception) -> RunError:
    """The sentence for a file of a run that cannot be read."""
    return RunError(
        "run.damaged",
        "{file} of {name} cannot be read ({problem}).",
        file=file,
        name=run,
        problem=type(problem).__name__,
    )
