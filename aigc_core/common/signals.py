"""Ctrl-C, SIGTERM and a closed terminal as a wish to stop."""

import signal
import threading
from typing import Any

WISHES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # Windows has no SIGHUP, and alone has SIGBREAK


class SignalHandler:
    """The signals of `WISHES` as a wish to stop, so that Ctrl-C, a closed terminal and a system shutdown lose nothing.

    What the process was started to ignore it goes on ignoring: `nohup` ignores SIGHUP, a script's `&` SIGINT. One
    closing may send several signals (a session's end sends SIGTERM and SIGHUP), so only a second Ctrl-C is impatience.

    Args:
        later: not before `listen` is called; until then a signal ends the process.
    """

    def __init__(self, *, later: bool = False) -> None:
        self.asked = False
        self._later, self._within = later, False
        self._interrupted = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "SignalHandler":
        self._within = True
        if not self._later:
            self.listen()
        return self

    def listen(self) -> None:
        """From now on, if it is entered; only a main thread can."""
        if not self._within or self._before or threading.current_thread() is not threading.main_thread():
            return
        for number in (getattr(signal, name) for name in WISHES if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._ask)

    def __exit__(self, *error: object) -> None:
        self._within = False
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        if number == signal.SIGINT and self._interrupted:
            raise KeyboardInterrupt
        self._interrupted |= number == signal.SIGINT
        self.asked = True
