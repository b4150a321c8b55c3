"""Server functions for our widgets: one JSON argument in, {"ok", "value"} or {"ok", "error"} out.

A page is a table of them: what each asks of the core, and how each argument is read from what JavaScript sends. A
reader makes a value of the type that the core expects of anything; whether the value makes sense, the core says.
"""

import base64
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar

from aigc_core.common.errors import AigcError, DataError, disk_in_words
from aigc_core.serving.api import run_views

log = logging.getLogger(__name__)

LARGEST_FILE = 40_000_000  # characters of an uploaded file in base64

Values = Mapping[str, object]  # what JavaScript sends
T = TypeVar("T")
Reader = Callable[[Values], T]


class Answer(TypedDict, total=False):
    """What JavaScript gets: a value, or an error as `AigcError.message` has it."""

    ok: bool
    value: Any  # of each function its own
    error: dict[str, object]


ServerFunction = Callable[[object], Answer]


# -- functions --------------------------------------------------------------------------------------------


def query(ask: Callable[..., object], *readers: Reader[object], **named: Reader[object]) -> ServerFunction:
    """A server function that answers what `ask` does, called with what the readers find.

    What a person can cause becomes a sentence, and anything else a line in our log.
    """

    def answer(values: object = None) -> Answer:
        sent = values if isinstance(values, dict) else {}
        try:
            with disk_in_words():
                found = ask(*(read(sent) for read in readers), **{key: read(sent) for key, read in named.items()})
                return {"ok": True, "value": _json(found)}
        except AigcError as error:
            return {"ok": False, "error": error.message}
        except Exception:  # a defect of ours: the page gets a sentence, the log the details
            log.exception("%s failed", answer.__name__)
            text = "Something went wrong in the program itself; its log says more."
            return {"ok": False, "error": {"key": "unexpected", "text": text, "values": {}}}

    return answer


def command(do: Callable[..., object], *readers: Reader[object]) -> ServerFunction:
    """Likewise one that only says that it is done."""

    def done(*given: object) -> bool:
        do(*given)
        return True

    return query(done, *readers)


def table(**functions: ServerFunction) -> dict[str, ServerFunction]:
    """Server functions by the names under which JavaScript knows them."""
    for name, function in functions.items():
        function.__name__ = name
    return functions


def _json(value: object) -> object:
    """Bytes as base64, wherever they are."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _json(one) for key, one in value.items()}
    return value


# -- readers ----------------------------------------------------------------------------------------------


def text(name: str, most: int | None = None) -> Reader[str]:
    """A text, without what no file can hold, and at most so many characters of it; anything else counts as empty."""

    def read(values: Values) -> str:
        value = values.get(name)
        return value.encode("utf-8", "replace").decode()[:most] if isinstance(value, str) else ""

    return read


def whole(name: str, default: int) -> Reader[int]:
    """A whole number, or what counts instead of anything else."""
    return lambda values: _whole(values.get(name), default)


def natural(name: str) -> Reader[int | None]:
    """A whole number of at least 0, or None."""

    def read(values: Values) -> int | None:
        value = _whole(values.get(name), -1)
        return value if value >= 0 else None

    return read


def number(name: str, default: float, least: float = -1e9) -> Reader[float]:
    """Any number from `least` on, or what counts instead of anything else."""
    return lambda values: max(least, _number(values.get(name), default))


def numbers(name: str) -> Reader[dict[str, float]]:
    """Numbers by their names; not a number where there is none."""

    def read(values: Values) -> dict[str, float]:
        value = values.get(name)
        return {str(key): _number(one, float("nan")) for key, one in value.items()} if isinstance(value, dict) else {}

    return read


def flag(name: str) -> Reader[bool]:
    return lambda values: values.get(name) is True


def mapping(name: str) -> Reader[dict[str, object]]:
    """Values by their names, of any kind."""

    def read(values: Values) -> dict[str, object]:
        value = values.get(name)
        return value if isinstance(value, dict) else {}

    return read


def texts(name: str) -> Reader[list[str]]:
    def read(values: Values) -> list[str]:
        value = values.get(name)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

    return read


def anything(name: str, default: object = None) -> Reader[object]:
    """What came, as it came, or what counts instead of nothing: the core checks all of it."""
    return lambda values: values.get(name) or default


def language(values: Values) -> str | None:
    """The language of the label that is asked for; None for no label."""
    value = values.get("label")
    return value if isinstance(value, str) and value in ("en", "zh") else None


def file(name: str) -> Reader[bytes]:
    """A file or pixels, which come in base64."""
    return lambda values: _bytes(values.get(name))


def optional_file(name: str) -> Reader[bytes | None]:
    return lambda values: None if values.get(name) is None else _bytes(values.get(name))


def picture(name: str) -> Reader[dict[str, object]]:
    """A picture's bytes and shape."""

    def read(values: Values) -> dict[str, object]:
        value = values.get(name)
        return {"pixels": _bytes(value.get("pixels")), "shape": value.get("shape")} if isinstance(value, dict) else {}

    return read


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31 else default


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e9 else default


def _bytes(value: object) -> bytes:
    """Raises: DataError: it is no base64, or far too long."""
    if not isinstance(value, str):
        raise DataError("upload.broken", "The file did not arrive whole; try again.")
    if len(value) > LARGEST_FILE:
        raise DataError("upload.large_file", "The file is larger than {limit} MB.", limit=LARGEST_FILE * 3 // 4_000_000)
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as problem:
        raise DataError("upload.broken", "The file did not arrive whole; try again.") from problem


RUN = text("run")
STEP = natural("step")  # None is the best checkpoint


# -- what several pages ask ---------------------------------------------------------------------------------


def _sample(name: str, file_name: str) -> dict[str, str]:
    """A sample of a run's history, as the browser shows it."""
    content = run_views.sample_file(name, file_name)
    viewer, mime_type = run_views.sample_viewer(file_name)
    if mime_type.startswith("text/"):
        return {"kind": viewer, "content": content.decode("utf-8", errors="replace")}
    return {"kind": viewer, "content": f"data:{mime_type};base64,{base64.b64encode(content).decode()}"}


sample = query(_sample, RUN, text("file"))
job = query(run_views.job, text("job"))
cancel = command(run_views.cancel, text("job"))
