"""Who may compute now: runs wait for one another without any server, by files beside the runs.

`.queue/slot-0.lock` is held by the run that computes (one file per slot; `$AIGC_SLOTS`, normally 1). A waiting
run leaves a ticket whose name sorts by time; the first living ticket takes the next free slot. Locks are the
system's own, so a killed process frees its slot at once.
"""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from aigc_core.errors import ConfigError

POLL_S = 0.3

_TICKET = re.compile(r"\d+-(\d+)-([\d.]+)\.ticket")
Waiting = Callable[[int], bool]  # called with the place in the queue; False gives up


class AlwaysFree:
    """For a run that waits for nobody."""

    def acquire(self, waiting: Waiting) -> bool:
        return True

    def release(self) -> None:
        """Nothing was taken."""


class Turn:
    """A place in the queue of a folder of runs."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".queue"
        self._held: FileLock | None = None

    def acquire(self, waiting: Waiting) -> bool:
        """Wait for a slot. Meanwhile `waiting(place)` is called, 1 being next; False from it gives up."""
        self._folder.mkdir(parents=True, exist_ok=True)
        process = psutil.Process()
        ticket = self._folder / f"{time.time_ns():020d}-{process.pid}-{process.create_time():.2f}.ticket"
        ticket.touch()
        try:
            while True:
                ahead = [one for one in self._living_tickets() if one.name < ticket.name]
                if not ahead and self._take_slot():
                    return True
                if not waiting(len(ahead) + 1):
                    return False
                time.sleep(POLL_S)
        finally:
            ticket.unlink(missing_ok=True)

    def release(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None

    def _take_slot(self) -> bool:
        for number in range(_slots()):
            lock = FileLock(self._folder / f"slot-{number}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            self._held = lock
            return True
        return False

    def _living_tickets(self) -> list[Path]:
        living = []
        for ticket in self._folder.glob("*.ticket"):
            parts = _TICKET.fullmatch(ticket.name)
            if parts is None:
                continue
            pid, started = parts.groups()
            try:
                if abs(psutil.Process(int(pid)).create_time() - float(started)) < 1:
                    living.append(ticket)
                    continue
            except psutil.Error:
                pass
            ticket.unlink(missing_ok=True)
        return living


def _slots() -> int:
    """How many may compute at once.

    Raises:
        ConfigError: `$AIGC_SLOTS` is no number from 1 on.
    """
    given = os.environ.get("AIGC_SLOTS", "1")
    if not given.isdecimal() or int(given) < 1:
        raise ConfigError(
            "config.bad_slots", "AIGC_SLOTS must be a whole number from 1 on, not “{given}”.", given=given
        )
    return int(given)
