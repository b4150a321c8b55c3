"""Time in which a process could run: a training that is halted is not training.

A process is halted by SIGSTOP, Ctrl-Z, a debugger, a container that is frozen, or a machine put to sleep. None of them
asks it first, so what tells of them afterwards is that a thread which looks at the clock four times a second did not
come to it, and that the process computed nothing meanwhile either.
"""

import threading
import time
from collections.abc import Callable

TICK_S = 0.25
LONGEST_S = 2.0  # between two looks of a process that runs, however loaded the machine is
LEAST_PART = 0.1  # of a core, which a process uses that computes without letting the thread look


class RunningClock:
    """Seconds since some moment, without those in which this process was halted.

    Args:
        now: the system's clock, which goes on meanwhile.
        used: seconds of computing, of all cores together.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time
    ) -> None:
        self._now, self._used = now, used
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._last = now(), used()
        self.halted_s = 0.0

    def __enter__(self) -> "RunningClock":
        threading.Thread(target=self._look, daemon=True, name="running-clock").start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()

    def read(self) -> float:
        """The time now."""
        with self._lock:
            (then, used_then), (now, used) = self._last, (self._now(), self._used())
            self._last = now, used
            if now - then > LONGEST_S and used - used_then < LEAST_PART * (now - then):
                self.halted_s += now - then - TICK_S
            return now - self.halted_s

    def _look(self) -> None:
        while not self._ended.wait(TICK_S):
            self.read()
