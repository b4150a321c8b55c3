"""`events.jsonl`: what happened in a run, one JSON object a line, appended."""

import re
import time
from pathlib import Path
from typing import Any

from aigc_core.common.files import json_lines, new_file, own_file, sync
from aigc_core.common.jsonl import append_line, each_object, is_number, read_objects

Event = dict[str, Any]

# What an event of each kind holds besides `t`, `step` and `kind`.
SENTENCE: dict[str, type] = {"key": str, "text": str, "values": dict}
FIELDS: dict[str, dict[str, type]] = {
    "metrics": {"values": dict},
    "eval": {"figures": dict},
    "judged": {"figures": dict},
    "sample": {"file": str},
    "set": {"changes": dict},
    "threads": {"threads": int},
    "note": SENTENCE,
    "finding": SENTENCE,
}

STAY = ("set", "threads")  # also when a run is resumed from before them


class EventLog:
    """The events of the run in a folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "events.jsonl"

    def append(self, kind: str, step: int, **values: object) -> None:
        """Add one event. A line is written by one call, so that a kill leaves at most one torn line."""
        append_line(self._file, {"t": round(time.time(), 3), "step": step, "kind": kind, **values})

    def read(self, attempt: int, cursor: str = "") -> tuple[list[Event], str]:
        """Events after `cursor`, and the cursor for the next call; ``""`` starts from the beginning.

        If the run was resumed meanwhile (`attempt` counts starts), events that it took back are gone, and the list
        starts anew: the first event is then ``{"kind": "restart"}``. Of very many events a call gives the first ones,
        and the cursor leads on.
        """
        before, _, place = cursor.partition(":")
        restarted = bool(cursor) and before != str(attempt)
        offset = int(place) if re.fullmatch("[0-9]{1,15}", place) and not restarted else 0
        lines, offset = read_objects(self._file, offset)
        events = [one for one in lines if _is_event(one)]
        if restarted:
            events.insert(0, {"kind": "restart"})
        return events, f"{attempt}:{offset}"

    def size(self) -> int:
        """Bytes so far: tells whether there are new events."""
        try:
            return own_file(self._file, self._file.parent).stat().st_size
        except OSError:
            return 0

    def take_back(self, step: int) -> list[Event]:
        """Drop events after `step`, because they will happen again; -1 drops all.

        Changes of settings are a person's doing and stay, and those of the number of threads so that it changes at the
        same steps again; returned are they all, the oldest first.
        """
        changes = []
        with new_file(self._file) as partial:
            with partial.open("w", encoding="utf-8", newline="\n") as file:
                for one, _ in each_object(self._file):
                    if _is_event(one) and (one["step"] <= step or one["kind"] in STAY):
                        file.write(json_lines([one]))
                        changes += [one] if one["kind"] in STAY else []
            sync(partial)
        return changes

    def sync(self) -> None:
        """Wait until the disk has all events, so that none is lost that a checkpoint comes after."""
        if self._file.exists():
            sync(self._file)


def thinned(events: list[Event], most: int) -> list[Event]:
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


def is_sentence(value: dict[str, Any]) -> bool:
    """Whether it holds the parts of a sentence for a person."""
    return all(isinstance(value.get(name), shape) for name, shape in SENTENCE.items())


def _is_event(line: Event) -> bool:
    """Whether a line holds what its kind of event must; a damaged disk or a stranger's folder may hold anything."""
    kind = line.get("kind")
    step = line.get("step")
    whole = isinstance(step, int) and not isinstance(step, bool) and abs(step) < 2**53 and is_number(line.get("t"))
    whole = whole and isinstance(kind, str) and isinstance(line.get("heard", 0), int)
    if not whole or not all(is_number(line[name]) for name in ("seconds", "lr") if name in line):
        return False
    return all(isinstance(line.get(name), shape) for name, shape in FIELDS.get(str(kind), {}).items()) and (
        kind != "metrics" or all(map(is_number, line["values"].values()))
    )
