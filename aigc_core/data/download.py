"""Finding public data on this machine, or fetching it with progress and a check of its hash."""

import hashlib
import http.client
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from aigc_core.common.errors import DataError
from aigc_core.common.paths import absolute, runs_root
from aigc_core.common.progress import ProgressCallback

log = logging.getLogger(__name__)
_forbidden: ContextVar[bool] = ContextVar("_forbidden", default=False)
CHUNK = 1 << 16
TIMEOUT_S = 20


def cache_folder() -> Path:
    """Where fetched and prepared data is kept between runs: the system's cache folder of this user; where that cannot
    be written, as in a container without a home, one beside the runs. One that is filled is used, writable or not.

    Raises:
        OSError: neither can be.
    """
    usual = user_cache_path("aigc-studio")
    with suppress(OSError):
        if usual.is_absolute():  # with an unknown home it would be a folder named “~” here
            usual.mkdir(parents=True, exist_ok=True)
            if os.access(usual, os.W_OK) or any(usual.iterdir()):
                return usual
    instead = runs_root() / ".cache"
    instead.mkdir(parents=True, exist_ok=True)
    _say_once(usual, instead)
    return instead


@cache
def _say_once(usual: Path, instead: Path) -> None:
    log.warning("%s cannot be written, so prepared data is kept in %s.", usual, instead)


def local_data(kind: str) -> Path | None:
    """The folder of data that the person already has: `$AIGC_DATA/images` or `$AIGC_DATA/text`."""
    root = os.environ.get("AIGC_DATA")
    return absolute(root) / kind if root else None


@contextmanager
def nothing_fetched() -> Iterator[None]:
    """Within this, data that is not on the machine is an error: for looks at data that nobody asked to download."""
    token = _forbidden.set(True)
    try:
        yield
    finally:
        _forbidden.reset(token)


def fetch(
    url: str, to: Path, digest: str | None, progress: ProgressCallback, put_under: str, algorithm: str = "sha256"
) -> Path:
    """Download `url` to the file `to` unless it is there with the right hash; return `to`.

    Args:
        digest: the expected hash in hexadecimal; None where the address itself fixes the content.
        put_under: where the person can put the file by hand, for the sentence.

    Raises:
        DataError: no connection, or what came has another hash (nothing is left behind then).
    """
    if to.exists() and digest in (None, _digest(to, algorithm)):
        return to
    if _forbidden.get():
        raise DataError("data.not_here", "{file} is not on this machine.", file=to.name)
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f".{to.name}.{os.getpid()}.partial")
    try:
        # The addresses are written in this program, and a mirror in the environment of who started it.
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, partial.open("wb") as file:  # noqa: S310
            total = int(answer.headers.get("Content-Length") or 0)
            while block := answer.read(CHUNK):
                file.write(block)
                progress(file.tell() / total if total else 0.0, to.name)
            if file.tell() < total:
                raise http.client.IncompleteRead(b"", total - file.tell())
        if digest not in (None, _digest(partial, algorithm)):
            raise DataError(
                "data.wrong_hash",
                "{file} arrived damaged or changed (its hash is not the known one), so it was not used; try "
                "again later, or put a good copy under {put_under}.",
                file=to.name,
                put_under=put_under,
            )
        partial.replace(to)
    except (OSError, http.client.HTTPException) as problem:
        if isinstance(problem, urllib.error.HTTPError):
            problem.close()
        raise DataError(
            "data.no_internet",
            "{file} could not be fetched ({problem}). No internet: use --data digits for pictures or --data "
            "stories for text, or put {file} under {put_under}.",
            file=to.name,
            problem=getattr(problem, "reason", problem),
            put_under=put_under,
        ) from problem
    finally:
        partial.unlink(missing_ok=True)
    return to


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
