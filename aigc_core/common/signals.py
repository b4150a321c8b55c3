"""Ctrl-C and SIGTERM as a wish to stop."""

import signal
import threading
from typing import Any


class SignalHandler:
    """SIGINT and SIGTERM as a wish to stop, so that Ctrl-C and a system shutdown lose nothing."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "SignalHandler":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        if self.asked:  # a second Ctrl-C means now
            raise KeyboardInterrupt
        self.asked = True
