"""The errors that a person can cause, each with one sentence: what, why, what to do.

Every error carries a `key` and the `values` of its sentence, so that a page can say the same sentence in
another language. The English sentence is written where the error is raised.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_BEGIN = r"(?:[A-Za-z]:[\\/]|\\\\|~?/)(?=[^\s/\\])"  # of a path on Windows, on its network, and elsewhere
WHOLE_PLACE = re.compile(_BEGIN)
PLACE = re.compile(rf"(?<![\w/:.]){_BEGIN}[^\s“”\"'():;,<>]*")


Message = dict[str, Any]  # a sentence for a person as plain values: key, text in English, values


def message(key: str, sentence: str, **values: object) -> Message:
    """A sentence with its values filled in."""
    plain = {name: _plain(value) for name, value in values.items()}
    return {"key": key, "text": sentence.format(**plain), "values": plain}


def _plain(value: object) -> int | float | str:
    """A number that JSON and a browser take, or a text without what cannot be encoded."""
    if isinstance(value, int | float) and abs(value) < 2**53:
        return value
    return writable(str(value))


def writable(text: str) -> str:
    """A text with ? for what cannot be encoded: a name or an argument in bytes that are not UTF-8."""
    return text.encode("utf-8", "replace").decode()


def can_be_written(text: str) -> bool:
    return writable(text) == text


def without_places(said: dict[str, Any]) -> dict[str, Any]:
    """A sentence without the places on a machine that it names."""
    values = {key: _placeless(one) if isinstance(one, str) else one for key, one in said["values"].items()}
    text = said["text"]
    for key, value in said["values"].items():  # one with a space in it cannot be told within a sentence
        text = text.replace(str(value), str(values[key])) if isinstance(value, str) and value else text
    return said | {"text": _placeless(text), "values": values}


def _placeless(text: str) -> str:
    return "…" if WHOLE_PLACE.match(text) else PLACE.sub("…", text)


class AigcError(Exception):
    """Base of all errors that are meant for a person; anything else is a defect of the program.

    Args:
        key: stable name of the sentence, for example ``"run.not_found"``.
        sentence: the English sentence, with ``{name}`` fields.
        **values: what fills the fields.
    """

    def __init__(self, key: str, sentence: str, **values: object) -> None:
        self.message = message(key, sentence, **values)
        super().__init__(self.message["text"])


class ConfigError(AigcError):
    """A setting that does not exist or cannot have that value."""


class DataError(AigcError):
    """Data that is missing, unreadable, unsafe or too small."""


class RunError(AigcError):
    """A run that cannot be found, read, or be asked for this now."""


class DeviceError(AigcError):
    """A device or precision that this machine does not have."""


class ClassError(AigcError):
    """Something that the rules of a class do not allow, or nobody who has not joined."""


class TrainingError(AigcError):
    """A training that cannot go on."""


@contextmanager
def disk_in_words() -> Iterator[None]:
    """Raises: RunError: a disk within is full, read-only or gone."""
    try:
        yield
    except OSError as problem:
        raise RunError(
            "run.disk",
            "A file could not be read or written ({problem}); free some space or mend the folder, then try again.",
            problem=problem.strerror or problem,
        ) from problem


def not_installed(package: str) -> RunError:
    """For what needs a package that the program does without."""
    return RunError(
        "package.not_installed", "“{package}” is not installed here; run: pip install {package}", package=package
    )
