"""Which checkpoints a run has, and which of them are `best` and `last`."""

import re
import shutil
from pathlib import Path
from typing import Literal

from aigc_core.common.files import read_own, write_atomic

NAME = re.compile(r"step_([0-9]{6,9})")

Mark = Literal["best", "last"]


class CheckpointIndex:
    """The checkpoints in a run's folder: a subfolder `step_NNNNNN` each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def can_go_on(self, step: int) -> bool:
        """Whether training can go on from a checkpoint: a run that was given away has weights alone."""
        return (self.folder(step) / "optimizer.safetensors").is_file()

    def folder(self, step: int) -> Path:
        """Where the checkpoint of a step lies, whether there is one or not."""
        return self._folder / f"step_{step:06d}"

    def steps(self) -> list[int]:
        """Steps of the checkpoints that are whole, in order."""
        found = (match for one in self._folder.glob("step_*") if (match := NAME.fullmatch(one.name)) and one.is_dir())
        return sorted(step for match in found if self.folder(step := int(match[1])).name == match[0])

    def marked(self, mark: Mark) -> int | None:
        """The step that `best` or `last` names, or None if there is no such checkpoint."""
        try:
            match = NAME.fullmatch(read_own(self._folder / mark, self._folder, 100).decode().strip())
        except (OSError, ValueError):
            return None
        return int(match[1]) if match and int(match[1]) in self.steps() else None

    def mark(self, mark: Mark, step: int) -> None:
        write_atomic(self._folder / mark, self.folder(step).name + "\n")

    def thin(self, keep: int) -> None:
        """Remove checkpoints until `keep` are left, each time the one whose neighbours are closest."""
        steps = self.steps()
        stay = {self.marked("best"), self.marked("last")}
        while len(steps) > keep:
            inner = [i for i in range(1, len(steps) - 1) if steps[i] not in stay]
            if not inner:
                return
            crowded = min(inner, key=lambda i: steps[i + 1] - steps[i - 1])
            shutil.rmtree(self.folder(steps.pop(crowded)), ignore_errors=True)
