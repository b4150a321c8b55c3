"""How far a training may go in a class: minutes, weights, and place on the disk; or in a lesson. Else infinite."""

import math
from typing import TYPE_CHECKING

import torch

from aigc_core.common.errors import ClassError, Message, message
from aigc_core.common.files import size_mb
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.families.base import count_parameters
from aigc_core.families.config import RunConfig
from aigc_core.runs.run import Run

if TYPE_CHECKING:
    from aigc_core.families.base import Family


class ClassLimits:
    """The limits that a class or a lesson gave a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lesson_s = 60 * run.manifest.limit("lesson_minutes")
        self.seconds = min(60 * run.manifest.limit("minutes"), self._lesson_s)
        self._disk_mb = run.manifest.limit("disk_mb")
        self._parameters = run.manifest.limit("parameters")

    def check_parameters(self, family_cls: "type[Family]", config: RunConfig, info: DatasetInfo) -> None:
        """Look how large the networks will be, without the memory for them.

        Raises:
            ClassError: larger than the class allows.
        """
        if math.isinf(self._parameters):
            return
        with torch.device("meta"):
            weights = count_parameters(family_cls(config, info).networks)
        if weights > self._parameters:
            raise ClassError(
                "class.too_large",
                "This network has {weights} weights, and in this class at most {most} are allowed; make it smaller.",
                weights=f"{weights:,}",
                most=f"{self._parameters:,.0f}",
            )

    def check_preparation(self, seconds: float) -> None:
        """Raises: ClassError: the data took longer than a training may last."""
        if seconds > self.seconds:
            text = "Preparing the data took longer than a training may last in this class; take less of it."
            raise ClassError("class.data_too_slow", text)

    def time_is_up(self, elapsed_s: float) -> Message | None:
        """What to say once a training has lasted as long as it may."""
        if elapsed_s < self.seconds:
            return None
        if self.seconds == self._lesson_s:
            text = "The {minutes} minutes that this lesson gives a training are over."
            return message("lesson.time_up", text, minutes=f"{self.seconds / 60:g}")
        text = "The {minutes} minutes that a training may last in this class are over."
        return message("class.time_up", text, minutes=f"{self.seconds / 60:g}")

    def disk_is_full(self) -> Message | None:
        """What to say once the run's folder takes more than was left for it."""
        if math.isinf(self._disk_mb) or size_mb(self._run.path) <= self._disk_mb:
            return None
        text = "This training has used up the {most} MB that were left for it; delete older runs and resume it."
        return message("class.disk_over", text, most=round(self._disk_mb))
