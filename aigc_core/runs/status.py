"""A run's state at one moment, and `status.json`, which holds it."""

import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from aigc_core.common import process_identity
from aigc_core.common.files import json_object, read_own, write_json
from aigc_core.runs.event_log import is_sentence

LARGEST = 1_000_000  # bytes
START_TIMEOUT_S = 60  # a new run whose process has not shown itself by then never will
ELSEWHERE_S = 60  # without a sign of life, after which a training on another machine counts as dead

State = Literal["queued", "running", "paused", "done", "failed", "stopped", "interrupted"]
Count = Annotated[int, Field(ge=0, lt=2**53)]


def _checked_sentence(value: dict[str, Any] | None) -> dict[str, Any] | None:
    if value is not None and not is_sentence(value):
        raise ValueError("no sentence")
    return value


@dataclass
class Status:
    """A run's state at one moment. `attempt` counts starts; `figures` are the newest held-out figures."""

    state: State = "queued"
    step: Count = 0
    total_steps: Count = 0  # 0 where the budget is minutes and no step has been timed yet
    elapsed_s: float = 0.0  # of training, all attempts together
    eta_s: float | None = None
    steps_per_s: float | None = None
    attempt: Count = 0
    process: str | None = None  # which process trains it: see `aigc_core.common.process_identity`
    heartbeat: float = 0.0
    # For a person: key, text, values.
    message: Annotated[dict[str, Any] | None, AfterValidator(_checked_sentence)] = None
    figures: dict[str, Any] = field(default_factory=dict)
    energy_j: float = 0.0  # of training, all attempts together
    energy_how: Literal["measured", "estimated"] = "estimated"

    @property
    def active(self) -> bool:
        """Whether a process trains it, waits to, or holds it paused."""
        return self.state in ("queued", "running", "paused")

    def alive(self) -> bool:
        """Whether the process that trains it still exists; one on another machine does while it says so."""
        if self.process is None:
            return False
        seen = process_identity.exists(self.process)
        return time.time() - self.heartbeat < ELSEWHERE_S if seen is None else seen


_STATUS = TypeAdapter(Status)
_FIELDS = {one.name for one in fields(Status)}


def read_status(folder: Path) -> Status:
    """The status that a run's folder holds, as it was written; fields of newer versions are left out.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    values = json_object(read_own(folder / "status.json", folder, LARGEST))
    try:
        return _STATUS.validate_python({key: value for key, value in values.items() if key in _FIELDS})
    except ValidationError as problem:
        raise ValueError("no status") from problem


def write_status(folder: Path, status: Status, *, durable: bool = False) -> None:
    write_json(folder / "status.json", asdict(status), durable=durable)
