"""Which process trains a run: one at a time, and others see that it lives."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from aigc_core.common.errors import RunError
from aigc_core.common.files import mtime_ns

LOCK = ".lock"
BEAT_S = 5.0  # between two signs of life


class Claim:
    """The lock on the run in a folder; the system gives it free however the process ends."""

    def __init__(self, folder: Path) -> None:
        self._name, self._beat = folder.name, folder / ".beat"
        self._lock = FileLock(folder / LOCK)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Be the one process that trains this run. Meanwhile a thread gives signs of life, by which other machines
        with the same folder see that it is trained. Whoever holds it may do so again.

        Raises:
            RunError: another process has it.
        """
        if self._lock.is_locked:
            yield
            return
        ended = threading.Event()
        with self.exclude_others():
            threading.Thread(target=self._keep_beating, args=(ended,), daemon=True, name=f"beat-{self._name}").start()
            try:
                yield
            finally:
                ended.set()

    @contextmanager
    def exclude_others(self) -> Iterator[None]:
        """Hold the lock without signs of life.

        Raises:
            RunError: another process has it.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError("run.busy", "{name} is being trained already.", name=self._name) from None
        try:
            yield
        finally:
            self._lock.release()

    def beat(self) -> None:
        """Give a sign of life, for whoever cannot see the process."""
        with suppress(OSError):
            self._beat.touch()

    def last_beat(self) -> float:
        """When the last sign of life was given, in seconds since 1970; 0 if there was none."""
        return mtime_ns(self._beat) / 1e9

    def _keep_beating(self, ended: threading.Event) -> None:
        while not ended.wait(BEAT_S):
            self.beat()
