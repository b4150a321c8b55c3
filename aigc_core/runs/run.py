"""One run is one directory, and nothing outside this package touches its files.

config.json     the settings, and what they ran on                            `manifest`
facts.json      what the networks must know of the data                       `dataset_info`
status.json     state, step, speed, figures; replaced whole                   `status`
events.jsonl    one JSON object a line, appended                              `event_log`
control.jsonl   what people asked of the training while it ran, appended      `control`
judgement.json  figures at the end, and whether they passed the gate          `judgement`
log.txt         the training process's own output                             `open_log`
samples/        step_000500.png (or .txt), always from the same noise         `samples`
step_000500/    weights and optimizer state of one checkpoint                 `checkpoints`
best, last      the name of a checkpoint each
pinned, .used   whether it is to stay when old runs are swept away            `retention`
.lock, .beat    who trains it                                                 `claim`
.job            the number of its job on a cluster                            `cluster_job`
"""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal

from aigc_core.common import paths
from aigc_core.common.errors import RunError
from aigc_core.common.files import (
    json_object,
    mtime_ns,
    new_folder,
    patiently,
    read_own,
    resolved_folder,
    write_atomic,
    write_json,
)
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig, checked
from aigc_core.runs.checkpoint_index import CheckpointIndex
from aigc_core.runs.claim import LOCK, Claim
from aigc_core.runs.control_channel import ControlChannel
from aigc_core.runs.event_log import Event, EventLog
from aigc_core.runs.manifest import FORMAT, Manifest
from aigc_core.runs.retention import PIN, Retention
from aigc_core.runs.sample_store import SampleStore, damaged
from aigc_core.runs.status import START_TIMEOUT_S, Status, read_status, write_status

LARGEST_INFO = 20_000_000  # bytes of facts.json; it holds a tokenizer
LARGEST_JUDGEMENT = 4_000_000


class Run:
    """A run directory. Opening one reads nothing; everything is read when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = Manifest(path)
        self.event_log = EventLog(path)
        self.control = ControlChannel(path)
        self.checkpoints = CheckpointIndex(path)
        self.samples = SampleStore(path)

    @classmethod
    def create(cls, config: RunConfig, path: Path | None = None, given: dict[str, Any] | None = None) -> "Run":
        """A new, queued run at `path`, or under `paths.runs_root()` with a name of time, family and data.

        Args:
            given: what a class gives it: its `owner`, and `limits` (see `aigc_core.serving.classroom`).

        Raises:
            RunError: `path` is there already and not empty, or cannot be written.
        """
        if path is None:
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{config.family}-{config.data}-{secrets.token_hex(2)}"
            path = paths.runs_root() / name
        path = paths.absolute(path)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RunError("run.exists", "{path} is there already; choose another place with --out.", path=path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with new_folder(path) as folder:
                (folder / "samples").mkdir()
                made = {"format": FORMAT, "created": time.time(), "config": config.model_dump()} | (given or {})
                write_json(folder / "config.json", made)
                first = Status(total_steps=0 if config.minutes else config.steps, heartbeat=time.time())
                write_status(folder, first, durable=True)
                ControlChannel(folder).request("start")  # so that whoever sees it can already stop it
        except OSError as problem:
            raise cannot_write(path, problem) from problem
        return cls(path)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def shipped(self) -> bool:
        """Whether it came with the program (and must not be changed)."""
        return resolved_folder(self.path.absolute().parent) == resolved_folder(paths.shipped_root())

    @property
    def additions(self) -> Path:
        """Where to keep what people and pages add to it: its own folder, unless it came with the program."""
        return paths.runs_root() / ".additions" / self.name if self.shipped else self.path

    @cached_property
    def retention(self) -> Retention:
        return Retention(self.path, self.additions)

    @cached_property
    def claim(self) -> Claim:
        return Claim(self.path)

    def check_own(self) -> None:
        """Raises: RunError: it came with the program."""
        if self.shipped:
            raise RunError("run.shipped", "{name} came with the program and stays as it is.", name=self.name)

    def changed(self) -> tuple[int, ...]:
        """When the small files that describe it were last written, in nanoseconds; 0 for one that is not there."""
        return tuple(mtime_ns(self.path / name) for name in ("config.json", "status.json", "judgement.json", PIN))

    # -- what it is ---------------------------------------------------------------------------------------

    def config(self) -> Any:  # a `RunConfig`; which fields it has besides, its family knows
        """The settings, checked.

        Raises:
            RunError, ConfigError: they cannot be read.
        """
        values = self.manifest.read()["config"]
        return checked(config_class(values["family"]), values)

    def dataset_info(self) -> DatasetInfo | None:
        """What the networks must know of the data; None before the first start.

        Raises:
            AigcError: damaged.
        """
        if not (self.path / "facts.json").exists():
            return None
        try:
            return DatasetInfo.from_json(json_object(read_own(self.path / "facts.json", self.path, LARGEST_INFO)))
        except (OSError, ValueError) as problem:
            raise damaged("facts.json", self.name, problem) from problem

    def set_dataset_info(self, info: DatasetInfo) -> None:
        write_json(self.path / "facts.json", info.to_json())

    # -- how it stands ------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The state now. A run whose process is gone without a word is `interrupted`, and can be resumed; so is one
        whose `status.json` cannot be read, which its message then says."""
        try:
            status = read_status(self.path)
        except (OSError, ValueError) as problem:
            return self._status_without_file(damaged("status.json", self.name, problem))
        status.heartbeat = max(status.heartbeat, self.claim.last_beat())
        waiting = status.process is None and time.time() - status.heartbeat < START_TIMEOUT_S
        if status.active and not waiting and not status.alive():
            status.state = "interrupted"
            status.eta_s = status.message = None
        return status

    def _status_without_file(self, problem: RunError) -> Status:
        step = max(self.checkpoints.steps(), default=0)
        now = time.time()  # nobody has left it alone for days: it is not swept away
        return Status("interrupted", step=step, attempt=self.control.starts(), heartbeat=now, message=problem.message)

    def set_status(self, status: Status) -> None:
        status.heartbeat = time.time()
        write_status(self.path, status)

    def events(self, cursor: str = "") -> tuple[list[Event], str]:
        """Events after `cursor` and the next cursor: see `EventLog.read`."""
        return self.event_log.read(self.status().attempt, cursor)

    def judgement(self) -> dict[str, Any]:
        """What was found at the end.

        Raises:
            OSError, ValueError: nothing yet, or the file is damaged.
        """
        return json_object(read_own(self.path / "judgement.json", self.path, LARGEST_JUDGEMENT))

    def set_judgement(self, judgement: dict[str, Any]) -> None:
        write_json(self.path / "judgement.json", judgement)

    def forget_judgement(self) -> None:
        """What was found at the end is not true any more once the training goes on."""
        (self.path / "judgement.json").unlink(missing_ok=True)

    # -- what is done to it -------------------------------------------------------------------------------

    def ask(self, what: Literal["stop", "pause", "resume", "set"], **changes: object) -> None:
        """Ask a training that is queued, running or paused for something.

        Raises:
            RunError: there is no such request, or no training that could hear it.
        """
        status = self.status()
        if what not in ("stop", "pause", "resume", "set") or not status.active:
            raise RunError(
                "run.not_active",
                "{name} is {state}, so there is nothing to {what}.",
                name=self.name,
                state=status.state,
                what=what,
            )
        self.control.request(what, **changes)

    @contextmanager
    def train_alone(self) -> Iterator[None]:
        """Be the one process that trains it: see `Claim.hold`.

        Raises:
            RunError: another process trains it, or it came with the program.
        """
        self.check_own()
        with self.claim.hold():
            yield

    def open_log(self) -> IO[bytes]:
        """`log.txt`, for what the training process prints."""
        return (self.path / "log.txt").open("ab")

    def cluster_job(self) -> str | None:
        """The number of its newest job on a cluster; None if there is none."""
        try:
            return (self.path / ".job").read_text().strip()
        except OSError:
            return None

    def set_cluster_job(self, number: str | None) -> None:
        if number is None:
            (self.path / ".job").unlink(missing_ok=True)
        else:
            write_atomic(self.path / ".job", number)

    def remove_partial_files(self) -> None:
        """Remove what a killed process left half written. For whoever trains it alone: nobody else writes folders, and
        what others write is whole within a moment."""
        for half in self.path.glob("**/.*.partial"):
            if half.is_dir():
                shutil.rmtree(half, ignore_errors=True)
            elif time.time() - mtime_ns(half) / 1e9 > START_TIMEOUT_S:
                half.unlink(missing_ok=True)

    def delete(self) -> None:
        """Remove the run and everything in it.

        Raises:
            RunError: it is training, or it came with the program.
        """
        self.check_own()
        with self.claim.exclude_others():
            for one in [one for one in self.path.iterdir() if one.name != LOCK]:  # Windows removes no file that is open
                if one.is_dir() and not one.is_symlink():
                    shutil.rmtree(one)
                else:
                    patiently(one.unlink)
        shutil.rmtree(self.path)


def cannot_write(path: Path, problem: OSError) -> RunError:
    """The sentence for a run's folder that takes no file."""
    return RunError(
        "run.cannot_write",
        "The run cannot be written to {path} ({problem}).",
        path=path,
        problem=problem.strerror or problem,
    )
