"""What a result can be, what its files are called and how they are shown. A new kind: an entry here, and a viewer."""

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class MediaKind:
    """One kind of result; `viewer` names what of `pages/static/common/viewers.js` shows it."""

    suffix: str
    mime_type: str
    viewer: str


KINDS: dict[str, MediaKind] = {
    "pictures": MediaKind(".png", "image/png", "image"),
    "text": MediaKind(".txt", "text/plain;charset=utf-8", "text"),
}


def kind_of(file: str) -> MediaKind:
    """The kind of a result's file, by its suffix.

    Raises:
        KeyError: no kind of result has it.
    """
    suffix = PurePath(file).suffix
    return {kind.suffix: kind for kind in KINDS.values()}[suffix]
