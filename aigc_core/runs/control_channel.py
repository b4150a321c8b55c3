"""`control.jsonl`: what people asked of a training while it ran, appended; the training reads it before every step."""

import time
from pathlib import Path
from typing import Any, Literal

from aigc_core.common.jsonl import append_line, each_object, read_objects

Request = dict[str, Any]  # t, request, changes


class ControlChannel:
    """The requests to the run in a folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "control.jsonl"

    def request(self, what: Literal["start", "stop", "pause", "resume", "set"], **changes: object) -> None:
        """Ask the training process for something."""
        append_line(self._file, {"t": time.time(), "request": what, "changes": changes})

    def read(self, offset: int = 0) -> tuple[list[Request], int]:
        """Requests from byte `offset` on, and the next offset."""
        return read_objects(self._file, offset)

    def since_start(self) -> tuple[list[Request], int]:
        """Requests made since the training was last started, and the offset at which they begin."""
        offset = 0
        requests: list[Request] = []
        for line, end in each_object(self._file):
            if line.get("request") == "start":
                offset, requests = end, []
            else:
                requests.append(line)
        return requests, offset

    def starts(self) -> int:
        """How often the training was started."""
        return sum(line.get("request") == "start" for line, _ in each_object(self._file))

    def stop_requested(self) -> bool:
        """Whether somebody asked for a stop since the training was last started."""
        return any(one.get("request") == "stop" for one in self.since_start()[0])
