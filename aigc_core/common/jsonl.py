"""One JSON object a line: appended so that a kill tears at most one line, and read whoever wrote it."""

import errno
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from aigc_core.common.files import json_lines, json_object, own_file

LONGEST_LINE = 1_000_000  # bytes
MOST_READ, MOST_LINES = 64_000_000, 250_000  # bytes and lines that are read at once


def append_line(path: Path, value: dict[str, Any]) -> None:
    """Add a line by one write.

    Raises:
        OSError: the disk is full, or the file cannot be written.
    """
    line = json_lines([value]).encode()
    with path.open("a+b", buffering=0) as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a line that a kill or a full disk has torn
                line = b"\n" + line
        if (file.write(line) or 0) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_objects(path: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Whole lines from byte `offset` on, and where they end; lines that are no objects are skipped. Of more than
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


def each_object(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Every whole line that is an object, with the offset at which it ends."""
    return ((value, end) for value, end in _lines(path) if value is not None)


def is_number(value: object) -> bool:
    """Whether a value from a file is a number that can be drawn and computed with."""
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


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        return json_object(line)
    except ValueError:
        return None
