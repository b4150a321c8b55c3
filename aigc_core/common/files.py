"""Writing files so that a crash, a full disk or a second writer never leaves half a file behind; reading files that
strangers may have made."""

import errno
import json
import math
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from aigc_core.common.errors import RunError, writable

DEEPEST = 40  # lists and objects within one another
LONGEST_NUMBER = 300  # digits; what has more is infinite as a float
MOST_PARTS = 1_000_000  # lists and objects in one JSON text; each takes some twenty times its two letters
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def write_atomic(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Replace `path` by `content` in one step: a reader sees the old file or the new one, never a mixture.

    Args:
        durable: wait until the disk has it, so that a power cut cannot lose it either.
    """
    with new_file(path) as partial, partial.open("xb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        if durable:
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Write a file under another name; it becomes `path` only when the block ends without an error."""
    partial = _partial(path)
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object, *, durable: bool = True) -> None:
    """Write `value` as readable JSON; NaN and infinity are refused, because JSON has none. Text that cannot be encoded
    becomes ?."""
    text = writable(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))
    write_atomic(path, text + "\n", durable=durable)


def json_lines(values: Iterable[dict[str, Any]]) -> str:
    """Objects as a text of one line each; text that cannot be encoded becomes ?."""
    return writable("".join(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in values))


def own_file(file: Path, folder: Path) -> Path:
    """`file`, if it is a plain one that lies in `folder`.

    Opening a pipe would wait for ever, and a link in a stranger's folder may lead to anything on this machine. The
    Hugging Face Hub's client keeps a snapshot as links to a folder `blobs` beside all snapshots.

    Raises:
        OSError: there is none, or it is no such file.
    """
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(errno.EINVAL, "no plain file", file.name)
    real, home = Path(os.path.realpath(file)), Path(os.path.realpath(folder))
    in_cache = home.parent.name == "snapshots" and real.parent == home.parent.parent / "blobs"
    if not real.is_relative_to(home) and not in_cache:
        raise OSError(errno.EACCES, "a link out of its folder", file.name)
    return file


def read_own(file: Path, folder: Path, most: int) -> bytes:
    """The content of such a file.

    Raises:
        OSError: as of `own_file`. ValueError: it has more than `most` bytes.
    """
    with own_file(file, folder).open("rb") as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise ValueError(f"more than {most} bytes")
    return content


def json_object(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text, whoever wrote it.

    Raises:
        ValueError: there is none, or one that could not be written as JSON again: nested too deeply, with numbers that
            are infinite or none, or with text that cannot be encoded.
    """
    value = json_value(text)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def json_value(text: str | bytes) -> object:
    """Any JSON value likewise.

    Raises:
        ValueError: there is none, or one that could not be written as JSON again.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    parts = text.count("[") + text.count("{")
    if parts > MOST_PARTS:
        raise ValueError("too many parts")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if parts > DEEPEST and not _is_shallow(value):
        raise ValueError("nested too deeply")
    if _SURROGATE.search(text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _is_shallow(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return True
    return False


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is infinite or none")
    return number


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number that is too long")
    return int(text)


_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_whole, parse_constant=_finite)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Fill a folder under another name; it appears as `path`, and on the disk, only when the block ends without an
    error."""
    partial = _partial(path)
    partial.mkdir()
    try:
        yield partial
        for file in partial.rglob("*"):
            if file.is_file():
                sync(file)
        if path.exists():  # left by an attempt that was killed later on and is now repeated
            shutil.rmtree(path)
        partial.replace(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def sync(path: Path) -> None:
    """Wait until the disk has a file, so that a power cut cannot lose it."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")


def size_mb(folder: Path) -> float:
    """What all files below a folder take; those that vanish meanwhile count as nothing."""
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):
                total += (Path(place) / file).lstat().st_size
    return total / 1e6


def refuse_taken(path: Path) -> None:
    """Whatever is exported goes into a new or empty directory.

    Raises:
        RunError: there is something.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError("hub.taken", "{path} is there already and not empty; choose a new directory.", path=path)


@lru_cache(maxsize=64)
def resolved_folder(folder: Path) -> Path:
    """Where a folder really is, remembered."""
    return folder.resolve()


def mtime_ns(file: Path) -> int:
    """When a file was last written, in nanoseconds since 1970; 0 if there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
