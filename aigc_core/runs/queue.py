"""Who may compute now: runs wait for one another without any server, by files beside the runs.

`.queue/slot-0.lock` is held by the run that computes (one file per slot: see `slots`). Whoever waits or computes has a
ticket, `TIME-NUMBER.waiting` or `.running`, which names its process, its run and the run's owner. Owners take turns:
each one's first ticket goes before any other's second, and nobody computes twice at once. Locks are the system's own
and tickets count only while their process lives, so a killed one makes room at once, and one that was halted while it
waited holds nobody up.

Importable without torch, because many may wait, and each is a process.
"""

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from aigc_core.common import process_identity
from aigc_core.common.errors import AigcError, message
from aigc_core.common.files import json_object, patiently, write_atomic
from aigc_core.common.signals import SignalHandler
from aigc_core.runs.run import Run
from aigc_core.runs.slots import slots
from aigc_core.runs.status import State, Status

POLL_S = 0.3  # between two looks of the next one in the queue; the third looks half as often as the second, and so on
FAR_BACK = 10  # places, from which on nobody looks more rarely
AROUND_S = 15.0  # what a training takes besides its steps: start, and being judged
UNKNOWN_S = 60.0  # what one is taken to last whose steps nobody has timed

_TICKET = re.compile(r"\d+-\d+\.(waiting|running)")
Waiting = Callable[[int, float], bool]  # called with the place in the queue and seconds to go; False gives up
StatusCallback = Callable[[Status], None]


class NoQueue:
    """For a run that waits for nobody."""

    def acquire(self, run: Run, waiting: Waiting) -> bool:
        return True

    def release(self) -> None:
        """Nothing was taken."""


@dataclass(frozen=True)
class Ticket:
    """One that waits or computes; `path` of its file, whose name sorts by time."""

    path: Path
    running: bool
    owner: str
    run: Path

    def left_s(self) -> float:
        """How long its training is going to take from now on."""
        try:
            status = Run(self.run).status()
            minutes = Run(self.run).config().minutes
        except AigcError:
            return UNKNOWN_S
        steps_s = 60 * minutes - status.elapsed_s if minutes else UNKNOWN_S
        return AROUND_S + (status.eta_s if self.running and status.eta_s is not None else max(0.0, steps_s))


class QueueSlot:
    """A process's place in the queue of a folder of runs."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".queue"
        self._held: FileLock | None = None
        self._ticket: Path | None = None

    def acquire(self, run: Run, waiting: Waiting) -> bool:
        """Wait for a slot to train `run`; True once it is taken.

        Meanwhile `waiting(place, seconds)` is called, 1 being next; False from it gives up.
        """
        if self._held is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._ticket = self._folder / f"{time.time_ns():020d}-{os.getpid()}.waiting"
            says = {"process": process_identity.identity(), "owner": run.manifest.owner, "run": str(run.path)}
            write_atomic(self._ticket, json.dumps(says), durable=False)
            try:
                while (pause_s := self._looked(waiting)) is not None:
                    time.sleep(pause_s)
            finally:
                if self._held is None:
                    self.release()
        return self._held is not None

    def _looked(self, waiting: Waiting) -> float | None:
        """Look once; returns how long to wait until the next look, or None if it is over, with a slot or without."""
        with FileLock(self._folder / "lock"):
            tickets = living(self._folder)
            queue = _in_order(tickets)
            place = next((place for place, one in enumerate(queue) if one.path == self._ticket), None)
            free = next((place for place, one in enumerate(queue) if not _is_computing(one.owner, tickets)), None)
            if place is None or (place == free and self._take_slot()):  # None: its file was deleted by hand
                return None
        ahead = [one for one in tickets if one.running] + queue[:place]
        goes_on = waiting(place + 1, sum(one.left_s() for one in ahead) / slots())
        return POLL_S * min(max(1, place), FAR_BACK) if goes_on else None

    def release(self) -> None:
        if self._ticket is not None:
            patiently(partial(self._ticket.unlink, missing_ok=True))
            self._ticket = None
        if self._held is not None:
            self._held.release()
            self._held = None

    def _take_slot(self) -> bool:
        for number in range(slots()):
            lock = FileLock(self._folder / f"slot-{number}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            self._held = lock
            if self._ticket is not None:
                self._ticket = patiently(partial(self._ticket.rename, self._ticket.with_suffix(".running")))
            return True
        return False


def living(folder: Path) -> list[Ticket]:
    """The tickets of processes that exist on this machine, oldest first, without those that wait but are halted; what
    dead ones left is cleared away."""
    found = []
    for path in sorted(folder.glob("*")):
        if (parts := _TICKET.fullmatch(path.name)) is None:
            continue
        running = parts[1] == "running"
        try:
            says = json_object(path.read_bytes())
            process, owner, run = str(says["process"]), str(says["owner"]), Path(says["run"])
        except OSError:  # just taken away, or no more files can be opened here: its process may well live
            continue
        except (ValueError, KeyError, TypeError):
            process, owner, run = "", "", Path()
        there = bool(process) and process_identity.exists(process)
        if there and (running or not process_identity.halted(process)):
            found.append(Ticket(path, running, owner, run))
        elif there is False:
            path.unlink(missing_ok=True)
    return found


def _in_order(tickets: list[Ticket]) -> list[Ticket]:
    """Those who wait, next one first."""
    before: dict[str, int] = {}
    for one in tickets:
        if one.running and one.owner:
            before[one.owner] = before.get(one.owner, 0) + 1
    ranked = []
    for one in tickets:
        if one.running:
            continue
        ranked.append((before.get(one.owner, 0), one.path.name, one))
        if one.owner:  # where nobody owns anything, whoever came first is first
            before[one.owner] = before.get(one.owner, 0) + 1
    return [one for _, _, one in sorted(ranked, key=lambda entry: entry[:2])]


def _is_computing(owner: str, tickets: list[Ticket]) -> bool:
    return bool(owner) and any(one.running and one.owner == owner for one in tickets)


def wait(run: Run, slot: QueueSlot | NoQueue, on_status: StatusCallback = lambda status: None) -> bool:
    """Wait until a run may compute, its status saying where it stands; False if somebody said stop."""
    with SignalHandler() as signals:
        status = fresh_status(run)
        enter(run, status, "queued")
        if slot.acquire(run, partial(still_waiting, run, status, signals, on_status)):
            return True
        stopped(run, status, on_status)
        return False


def stopped(run: Run, status: Status, on_status: StatusCallback) -> Status:
    """Leave a run that has not come to its first step."""
    status.message = None
    enter(run, status, "stopped")
    on_status(status)
    return status


def still_waiting(
    run: Run, status: Status, signals: SignalHandler, on_status: StatusCallback, place: int, left_s: float
) -> bool:
    """While queued: show the place, and look whether someone said stop."""
    minutes = max(1, round(left_s / 60))
    text = "Waiting for its turn: place {place}, in about {minutes} min."
    status.message = message("queue.place", text, place=place, minutes=minutes)
    with suppress(OSError):  # a disk that is full for a moment is no reason to leave the queue
        run.set_status(status)
    on_status(status)
    return not (signals.asked or run.control.stop_requested())


def fresh_status(run: Run) -> Status:
    """The last status, signed by this process."""
    status = run.status()
    status.process = process_identity.identity()
    return status


def enter(run: Run, status: Status, state: State) -> None:
    status.state = state
    run.set_status(status)
