"""Writing files so that a crash, a full disk or a second writer never leaves half a file behind."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


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


def write_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """Write `value` as readable JSON; NaN and infinity are refused, because JSON has none."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    write_atomic(path, text + "\n", durable=durable)


def json_object(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text, whoever wrote it.

    Raises:
        ValueError: there is none, or one too deep to be read.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


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
