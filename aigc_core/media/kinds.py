"""What a result can be, what its files are called and how they are shown. A new kind: an entry here, and a viewer."""

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class MediaKind:
    """One kind of result. `viewer` names what of `pages/static/common/viewers.js` shows it, and `task` is what the
    Hugging Face Hub calls a model of such (its pipeline tag)."""

    suffix: str
    mime_type: str
    viewer: str
    task: str


KINDS: dict[str, MediaKind] = {
    "pictures": MediaKind(".png", "image/png", "picture", "unconditional-image-generation"),
    "text": MediaKind(".txt", "text/plain;charset=utf-8", "text", "text-generation"),
}


def kind_of(file: str) -> MediaKind:
    """The kind of a result's file, by its suffix.

    Raises:
        KeyError: no kind of result has it.
    """
    return {kind.suffix: kind for kind in KINDS.values()}[PurePath(file).suffix]
