"""One run is one directory; this module is the only one that touches its files.

config.json     the settings, and what they ran on
facts.json      what the networks must know of the data
status.json     state, step, speed, figures; replaced whole
events.jsonl    one JSON object a line, appended
control.jsonl   what people asked of the training while it ran, appended
judgement.json  figures at the end, and whether they passed the gate
log.txt         the training process's own output
samples/        step_000500.png (or .txt), always from the same noise or prompts
step_000500/    weights and optimiser state of one checkpoint
best, last      the name of a checkpoint each
pinned          there if it is to stay when old runs are swept away
.beat           touched by its process every few seconds
.used           touched when somebody loads its model
"""

import errno
import math
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from filelock import FileLock, Timeout
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from aigc_core.common import paths, process_identity
from aigc_core.common.errors import RunError
from aigc_core.common.files import (
    json_lines,
    json_object,
    json_value,
    new_file,
    new_folder,
    own_file,
    read_own,
    sync,
    write_atomic,
    write_json,
)
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.families import FAMILIES, config_class
from aigc_core.families.config import checked

State = Literal["queued", "running", "paused", "done", "failed", "stopped", "interrupted"]
FORMAT = 1
JUDGEMENT = "judgement.json"
PIN = "pinned"
BEAT = ".beat"
USED = ".used"
OWN_DIRECTIONS = "directions-own.json"  # of its latent space, with the names that people gave them
NAME = re.compile(r"\w[\w.-]*")  # of a run that pages may ask for; nothing that could be a path
STEP = re.compile(r"step_([0-9]{6,9})")
SAMPLE = re.compile(r"step_[0-9]{1,9}\.(png|txt)")
LONGEST_NAME = 200  # bytes
# Bytes that are read of a file; facts hold a tokenizer.
LARGEST = {"config.json": 1_000_000, "status.json": 1_000_000, "facts.json": 20_000_000}
LARGEST_JUDGEMENT = 4_000_000
LARGEST_ADDITION = 20_000_000  # of directions and clouds
LARGEST_SAMPLE = 50_000_000
LONGEST_LINE = 1_000_000
MOST_READ, MOST_LINES = 64_000_000, 250_000  # bytes and lines of the events that are read at once
LATEST = 1e11  # seconds since 1970; a date that browsers and calendars know
START_TIMEOUT_S = 60  # a new run whose process has not shown itself by then never will
BEAT_S = 5.0  # between two signs of life of a training
ELSEWHERE_S = 60  # without one, after which a training on another machine counts as dead
_HOLDS: dict[Any, dict[str, type]] = {
    "metrics": {"values": dict}, "eval": {"figures": dict}, "judged": {"figures": dict}, "sample": {"file": str},
    "set": {"changes": dict}, "note": {"key": str, "text": str, "values": dict},
    "finding": {"key": str, "text": str, "values": dict},
}  # fmt: skip


Count = Annotated[int, Field(ge=0, lt=2**53)]


def _sentence(said: dict[str, Any] | None) -> dict[str, Any] | None:
    if said is not None and not all(isinstance(said.get(name), shape) for name, shape in _HOLDS["note"].items()):
        raise ValueError("no sentence")
    return said


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
    message: Annotated[dict[str, Any] | None, AfterValidator(_sentence)] = None  # for a person: key, text, values
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


class Run:
    """A run directory. Opening one reads only `config.json`; everything else is read when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # -- making and finding ---------------------------------------------------------------------------

    @classmethod
    def create(cls, config: Any, path: Path | None = None, given: dict[str, Any] | None = None) -> "Run":
        """A new, queued run at `path`, or under `paths.runs_root()` with a name of time, family and data.

        Args:
            given: what a class gives it: its `owner`, and `limits` (see `aigc_core.serving.classroom.admit`).

        Raises:
            RunError: `path` is there already and not empty, or cannot be written.
        """
        if path is None:
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{config.family}-{config.data}-{secrets.token_hex(2)}"
            path = paths.runs_root() / name
        path = path.absolute()
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RunError("run.exists", "{path} is there already; choose another place with --out.", path=path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with new_folder(path) as folder:
                (folder / "samples").mkdir()
                made = {"format": FORMAT, "created": time.time(), "config": config.model_dump()} | (given or {})
                write_json(folder / "config.json", made)
                first = Status(total_steps=0 if config.minutes else config.steps, heartbeat=time.time())
                write_json(folder / "status.json", asdict(first))
                cls(folder).request("start")  # so that whoever sees it can already stop it
        except OSError as problem:
            raise cannot_write(path, problem) from problem
        return cls(path)

    @classmethod
    def open(cls, reference: str | Path) -> "Run":
        """The run in a directory, or the one whose name contains `reference`: yours before those that came along.

        Raises:
            RunError: none, or several.
        """
        path = Path(reference)
        if (path / "config.json").is_file():
            return cls(path)
        found = [run for run in list_runs() if str(reference) in run.name]
        exact = [run for run in found if run.name == str(reference)]
        found = [run for run in found if not run.shipped] or found
        if len(found) == 1 or exact:
            return (exact or found)[0]
        if found:
            raise RunError(
                "run.ambiguous",
                "“{name}” could be {count} runs: {found}; write more of the name.",
                name=reference,
                count=len(found),
                found=", ".join(run.name for run in found[:5]),
            )
        raise RunError(
            "run.not_found", "There is no run “{name}”; “python -m aigc_core runs” lists them.", name=reference
        )

    @classmethod
    def named(cls, name: str) -> "Run":
        """The run of exactly this name. For names that come from a page: never taken as a path.

        Raises:
            RunError: there is none.
        """
        if NAME.fullmatch(name) and len(name.encode()) <= LONGEST_NAME:
            for root in (paths.runs_root(), paths.shipped_root()):
                if (root / name / "config.json").is_file():
                    return cls(root / name)
        raise RunError("run.gone", "There is no run “{name}” any more.", name=name[:80])

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def additions(self) -> Path:
        """Where to keep what people and pages add to it: its own folder, unless it came with the program."""
        return paths.runs_root() / ".additions" / self.name if self.shipped else self.path

    @property
    def shipped(self) -> bool:
        """Whether it came with the program (and must not be changed)."""
        return _real(self.path.absolute().parent) == _real(paths.shipped_root())

    @property
    def owner(self) -> str:
        """Who in a class it belongs to; empty for a teacher's, or where there is no class."""
        owner = self._made_or_nothing().get("owner")
        return owner if isinstance(owner, str) else ""

    @property
    def given(self) -> dict[str, Any]:
        """What a class gave it, for one more like it: see `create`."""
        made = self._made_or_nothing()
        return {key: made[key] for key in ("owner", "limits") if key in made}

    def set_limit(self, what: Literal["minutes", "disk_mb"], most: float) -> None:
        """Let it go so far from now on."""
        made = self.made()
        write_json(self.path / "config.json", made | {"limits": made.get("limits", {}) | {what: most}})

    def limit(self, what: Literal["minutes", "parameters", "disk_mb"]) -> float:
        """How far it may go in a class; infinite elsewhere."""
        limits = self._made_or_nothing().get("limits")
        value = limits.get(what) if isinstance(limits, dict) else None
        return float(value) if value is not None and is_number(value) else math.inf

    def _made_or_nothing(self) -> dict[str, Any]:
        try:
            return self.made()
        except RunError:
            return {}

    @property
    def pinned(self) -> bool:
        """Whether somebody wants it kept when old runs are swept away."""
        return (self.path / PIN).exists()

    @property
    def cherished(self) -> bool:
        """Whether somebody has named directions in it."""
        try:
            return bool(json_value(read_own(self.additions / OWN_DIRECTIONS, self.additions, LARGEST_ADDITION)))
        except FileNotFoundError:
            return False
        except (OSError, ValueError):  # damaged: there was something
            return True

    def touch(self) -> None:
        """Note that somebody uses it, where runs may be swept away."""
        if self.path.parent == paths.runs_root():
            with suppress(OSError):  # a folder that takes no file
                (self.path / USED).touch()

    def touched(self) -> float:
        """When somebody used it or added to it last, in seconds since 1970; 0 if nobody has since it was trained."""
        added = [*self.path.glob("directions-*.json"), *self.path.glob("cloud-*.json"), self.path / USED]
        return max(map(_written, added)) / 1e9

    def changed(self) -> tuple[int, ...]:
        """When the small files that describe it were last written, in nanoseconds; 0 for one that is not there."""
        return tuple(_written(self.path / name) for name in ("config.json", "status.json", JUDGEMENT, PIN))

    def pin(self, keep: bool) -> None:
        if keep:
            write_atomic(self.path / PIN, "")
        else:
            (self.path / PIN).unlink(missing_ok=True)

    # -- config and facts -----------------------------------------------------------------------------

    def made(self) -> dict[str, Any]:
        """`config.json` whole: format, created, config and, once started, environment.

        Raises:
            RunError: missing, damaged, or from a newer version.
        """
        made = self._json("config.json")
        if not _is_made(made):
            raise RunError("run.bad_config", "The settings of {name} cannot be read by this version.", name=self.name)
        return made

    def config(self) -> Any:
        """The settings, checked.

        Raises:
            RunError, ConfigError: they cannot be read.
        """
        values = self.made()["config"]
        return checked(config_class(values["family"]), values)

    def set_environment(self, config: Any, environment: dict[str, Any]) -> None:
        """Record what the run runs on, and the settings as they were resolved."""
        made = self.made() | {"config": config.model_dump(), "environment": environment}
        write_json(self.path / "config.json", made)

    def set_following(self, following: "Run") -> None:
        """Record the next attempt at what this run did not reach, and there with which one it all began."""
        write_json(self.path / "config.json", self.made() | {"following": following.name})
        origin = self.made().get("origin", self.name)
        write_json(following.path / "config.json", following.made() | {"origin": origin})

    def forget_judgement(self) -> None:
        """What was found at the end is not true any more once the training goes on."""
        (self.path / JUDGEMENT).unlink(missing_ok=True)

    def facts(self) -> dict[str, Any] | None:
        """What the networks must know of the data (see `DatasetInfo`); None before the first start.

        Raises:
            AigcError: damaged.
        """
        if not (self.path / "facts.json").exists():
            return None
        return DatasetInfo.from_json(self._json("facts.json")).to_json()

    def set_facts(self, facts: dict[str, Any]) -> None:
        write_json(self.path / "facts.json", facts)

    # -- status ---------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The state now. A run whose process is gone without a word is `interrupted`, and can be resumed; so is one
        whose `status.json` cannot be read, which its message then says."""
        known = {one.name for one in fields(Status)}
        try:
            values = self._json("status.json")
            status = _STATUS.validate_python({key: value for key, value in values.items() if key in known})
        except RunError as problem:
            return self._status_without_file(problem)
        except ValidationError as problem:
            return self._status_without_file(self._damaged("status.json", problem))
        status.heartbeat = max(status.heartbeat, self._beaten())
        waiting = status.process is None and time.time() - status.heartbeat < START_TIMEOUT_S
        if status.active and not waiting and not status.alive():
            status.state = "interrupted"
            status.eta_s = status.message = None
        return status

    def _status_without_file(self, problem: RunError) -> Status:
        starts = sum(line.get("request") == "start" for line, _ in _objects(self.path / "control.jsonl"))
        step = max(self.checkpoints(), default=0)
        now = time.time()  # nobody has left it alone for days: it is not swept away
        return Status("interrupted", step=step, attempt=starts, heartbeat=now, message=problem.message)

    def set_status(self, status: Status) -> None:
        status.heartbeat = time.time()
        write_json(self.path / "status.json", asdict(status), durable=False)

    def _beaten(self) -> float:
        return _written(self.path / BEAT) / 1e9

    def beat(self) -> None:
        """Give a sign of life, for whoever cannot see the process."""
        with suppress(OSError):
            (self.path / BEAT).touch()

    def _keep_beating(self, ended: threading.Event) -> None:
        while not ended.wait(BEAT_S):
            self.beat()

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Be the one process that trains this run; the system gives it free however the process ends.

        Meanwhile a thread gives signs of life, by which other machines with the same folder see that it is trained.
        Whoever has claimed it may do so again.

        Raises:
            RunError: another process has it, or it came with the program.
        """
        self.check_own()
        if self._lock.is_locked:
            yield
            return
        ended = threading.Event()
        with self._alone():
            threading.Thread(target=self._keep_beating, args=(ended,), daemon=True, name=f"beat-{self.name}").start()
            try:
                yield
            finally:
                ended.set()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError("run.busy", "{name} is being trained already.", name=self.name) from None
        try:
            yield
        finally:
            self._lock.release()

    @cached_property
    def _lock(self) -> FileLock:
        return FileLock(self.path / ".lock")

    # -- events ---------------------------------------------------------------------------------------

    def append(self, kind: str, step: int, **values: Any) -> None:
        """Add one event. A line is written by one call, so that a kill leaves at most one torn line."""
        event = {"t": round(time.time(), 3), "step": step, "kind": kind, **values}
        _append_line(self.path / "events.jsonl", event)

    def events(self, cursor: str = "") -> tuple[list[dict[str, Any]], str]:
        """Events after `cursor`, and the cursor for the next call; ``""`` starts from the beginning.

        If the run was resumed meanwhile, events that it took back are gone, and the list starts anew: the
        first event is then ``{"kind": "restart"}``. Of very many events a call gives the first ones, and the cursor
        leads on.
        """
        attempt = self.status().attempt
        before, _, place = cursor.partition(":")
        restarted = bool(cursor) and before != str(attempt)
        offset = int(place) if re.fullmatch("[0-9]{1,15}", place) and not restarted else 0
        lines, offset = _read_lines(self.path / "events.jsonl", offset)
        events = [one for one in lines if _is_event(one)]
        if restarted:
            events.insert(0, {"kind": "restart"})
        return events, f"{attempt}:{offset}"

    def events_size(self) -> int:
        """Bytes of events so far: tells whether there are new ones."""
        try:
            return own_file(self.path / "events.jsonl", self.path).stat().st_size
        except OSError:
            return 0

    def take_back_events(self, step: int) -> list[dict[str, Any]]:
        """Drop events after `step`, because they will happen again; -1 drops all.

        Changes of settings are a person's doing and stay; returned are they all, the oldest first.
        """
        path = self.path / "events.jsonl"
        sets = []
        with new_file(path) as partial:
            with partial.open("w", encoding="utf-8") as file:
                for one, _ in _objects(path):
                    if _is_event(one) and (one["step"] <= step or one["kind"] == "set"):
                        file.write(json_lines([one]))
                        sets += [one] if one["kind"] == "set" else []
            sync(partial)
        return sets

    def settle(self) -> None:
        """Wait until the disk has all events, so that none is lost that a checkpoint comes after."""
        path = self.path / "events.jsonl"
        if path.exists():
            sync(path)

    # -- requests from people -------------------------------------------------------------------------

    def request(self, what: Literal["start", "stop", "pause", "resume", "set"], **changes: Any) -> None:
        """Ask the training process for something; it looks before every step."""
        _append_line(self.path / "control.jsonl", {"t": time.time(), "request": what, "changes": changes})

    def ask(self, what: Literal["stop", "pause", "resume", "set"], **changes: Any) -> None:
        """As `request`, of a training that is queued, running or paused.

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
        self.request(what, **changes)

    def requests(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Requests from byte `offset` on, and the next offset."""
        return _read_lines(self.path / "control.jsonl", offset)

    def requests_since_start(self) -> tuple[list[dict[str, Any]], int]:
        """Requests made since the training was last started, and the offset at which they begin."""
        offset = 0
        found: list[dict[str, Any]] = []
        for line, end in _objects(self.path / "control.jsonl"):
            if line.get("request") == "start":
                offset, found = end, []
            else:
                found.append(line)
        return found, offset

    def told_to_stop(self) -> bool:
        """Whether somebody asked for a stop since the training was last started."""
        return any(one.get("request") == "stop" for one in self.requests_since_start()[0])

    # -- samples --------------------------------------------------------------------------------------

    def add_sample(self, step: int, content: bytes, ending: str) -> str:
        """Keep one sample of the history; returns its file name."""
        name = f"step_{step:06d}{ending}"
        write_atomic(self.path / "samples" / name, content, durable=False)
        return name

    def samples(self) -> list[str]:
        """File names of the history, oldest first."""
        folder = self.path / "samples"
        if not folder.is_dir():
            return []
        names = [one.name for one in folder.iterdir() if SAMPLE.fullmatch(one.name)]
        return sorted(names, key=_step_of)

    def sample(self, name: str) -> bytes:
        """One sample's content.

        Raises:
            RunError: there is none of this name (names with a path in them included).
        """
        if name not in self.samples():
            raise RunError("run.no_sample", "{name} has no sample “{sample}”.", name=self.name, sample=name)
        try:
            return read_own(self.path / "samples" / name, self.path, LARGEST_SAMPLE)
        except (OSError, ValueError) as problem:
            raise self._damaged(name, problem) from problem

    # -- checkpoints ----------------------------------------------------------------------------------

    def checkpoint(self, step: int) -> Path:
        return self.path / f"step_{step:06d}"

    def checkpoints(self) -> list[int]:
        """Steps of the checkpoints that are whole, in order."""
        found = (match for one in self.path.glob("step_*") if (match := STEP.fullmatch(one.name)) and one.is_dir())
        return sorted(step for match in found if self.checkpoint(step := int(match[1])).name == match[0])

    def marked(self, mark: Literal["best", "last"]) -> int | None:
        """The step that `best` or `last` names, or None if there is no such checkpoint."""
        try:
            name = read_own(self.path / mark, self.path, 100).decode().strip()
        except (OSError, ValueError):
            return None
        step = _step_of(name) if STEP.fullmatch(name) else -1
        return step if step in self.checkpoints() else None

    def mark(self, mark: Literal["best", "last"], step: int) -> None:
        write_atomic(self.path / mark, self.checkpoint(step).name + "\n")

    def thin_checkpoints(self, keep: int) -> None:
        """Remove checkpoints until `keep` are left, each time the one whose neighbours are closest."""
        steps = self.checkpoints()
        stay = {self.marked("best"), self.marked("last")}
        while len(steps) > keep:
            inner = [i for i in range(1, len(steps) - 1) if steps[i] not in stay]
            if not inner:
                return
            crowded = min(inner, key=lambda i: steps[i + 1] - steps[i - 1])
            shutil.rmtree(self.checkpoint(steps.pop(crowded)), ignore_errors=True)

    def clear_away(self) -> None:
        """Remove what a killed process left half written. For whoever has claimed the run: nobody else writes folders,
        and what others write is whole within a moment."""
        for half in self.path.glob("**/.*.partial"):
            if half.is_dir():
                shutil.rmtree(half, ignore_errors=True)
            elif time.time() - _written(half) / 1e9 > START_TIMEOUT_S:
                half.unlink(missing_ok=True)

    def delete(self) -> None:
        """Remove the run and everything in it.

        Raises:
            RunError: it is training, or it came with the program.
        """
        self.check_own()
        with self._alone():
            shutil.rmtree(self.path)

    def check_own(self) -> None:
        """Raises: RunError: it came with the program."""
        if self.shipped:
            raise RunError("run.shipped", "{name} came with the program and stays as it is.", name=self.name)

    # -------------------------------------------------------------------------------------------------

    def _json(self, name: str) -> dict[str, Any]:
        try:
            return json_object(read_own(self.path / name, self.path, LARGEST[name]))
        except (OSError, ValueError) as problem:
            raise self._damaged(name, problem) from problem

    def _damaged(self, file: str, problem: Exception) -> RunError:
        return RunError(
            "run.damaged",
            "{file} of {name} cannot be read ({problem}).",
            file=file,
            name=self.name,
            problem=type(problem).__name__,
        )


def refuse_taken(path: Path) -> None:
    """Whatever is exported goes into a new or empty directory.

    Raises:
        RunError: there is something.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError("hub.taken", "{path} is there already and not empty; choose a new directory.", path=path)


def cannot_write(path: Path, problem: OSError) -> RunError:
    """The sentence for a run's folder that takes no file."""
    return RunError(
        "run.cannot_write",
        "The run cannot be written to {path} ({problem}).",
        path=path,
        problem=problem.strerror or problem,
    )


def thinned(events: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Events with about `most` points of the curves left, evenly; all else stays, and the last point."""
    points = sum(one["kind"] == "metrics" for one in events)
    every = -(-points // most)
    if every <= 1:
        return events
    kept, seen = [], 0
    for one in events:
        if one["kind"] == "metrics":
            seen += 1
            if (seen - 1) % every and seen != points:
                continue
        kept.append(one)
    return kept


def list_runs() -> list[Run]:
    """All runs, the newest first, then the models that came with the program."""
    return [*_runs_in(paths.runs_root(), newest_first=True), *_runs_in(paths.shipped_root(), newest_first=False)]


def _runs_in(root: Path, newest_first: bool) -> Iterator[Run]:
    if not root.is_dir():
        return
    for path in sorted(root.iterdir(), reverse=newest_first):
        if NAME.fullmatch(path.name) and (path / "config.json").is_file():
            yield Run(path)


@lru_cache(maxsize=64)
def _real(folder: Path) -> Path:
    return folder.resolve()


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _append_line(path: Path, value: dict[str, Any]) -> None:
    line = json_lines([value]).encode()
    with path.open("a+b", buffering=0) as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a line that a kill or a full disk has torn
                line = b"\n" + line
        if (file.write(line) or 0) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_made(made: dict[str, Any]) -> bool:
    """Whether `config.json` holds what is looked for in it, where it holds that at all."""
    config, created, environment = made.get("config"), made.get("created"), made.get("environment", {})
    return (
        made.get("format") == FORMAT
        and isinstance(created, int | float)
        and 0 <= created <= LATEST
        and isinstance(config, dict)
        and all(isinstance(config.get(key), str) for key in ("family", "data"))
        and config["family"] in FAMILIES
        and isinstance(environment, dict)
        and all(isinstance(environment.get(key) or "", str) for key in ("device", "networks"))
        and all(isinstance(made.get(key, ""), str) for key in ("owner", "origin", "following"))
        and isinstance(made.get("limits", {}), dict)
    )


def _is_event(line: dict[str, Any]) -> bool:
    """Whether a line holds what its kind of event must; a damaged disk or a stranger's folder may hold anything."""
    kind = line.get("kind")
    step = line.get("step")
    whole = isinstance(step, int) and not isinstance(step, bool) and abs(step) < 2**53 and is_number(line.get("t"))
    whole = whole and isinstance(kind, str) and isinstance(line.get("heard", 0), int)
    if not whole or not all(is_number(line[name]) for name in ("seconds", "lr") if name in line):
        return False
    return all(isinstance(line.get(name), shape) for name, shape in _HOLDS.get(kind, {}).items()) and (
        kind != "metrics" or all(map(is_number, line["values"].values()))
    )


def is_number(value: Any) -> bool:
    """Whether a value from a file is a number that can be drawn and reckoned with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _lines(path: Path, offset: int = 0) -> Iterator[tuple[dict[str, Any] | None, int]]:
    """Each whole line from byte `offset` on as a JSON object, None if it is none, with the offset at which it ends."""
    try:
        file = own_file(path, path.parent).open("rb")
    except OSError:
        return
    with file:
        file.seek(offset)
        begins = True
        while raw := file.readline(LONGEST_LINE):
            offset += len(raw)
            ends = raw.endswith(b"\n")
            if not ends and len(raw) < LONGEST_LINE:  # torn, or just being written
                return
            yield _object(raw) if begins and ends else None, offset
            begins = ends


def _objects(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Likewise, without what is none."""
    return ((value, end) for value, end in _lines(path) if value is not None)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        return json_object(line)
    except ValueError:
        return None


def _read_lines(path: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Whole JSON lines from byte `offset` on, and where they end; lines that are no objects are skipped. Of more than
    `MOST_LINES`, or more than `MOST_READ` bytes, the first ones."""
    if not path.exists():
        return [], 0
    values, end = [], offset
    for value, after in islice(_lines(path, offset), MOST_LINES):
        end = after
        if value is not None:
            values.append(value)
        if end - offset > MOST_READ:
            break
    return values, end


def _step_of(name: str) -> int:
    return int(name.removeprefix("step_").split(".")[0])
