"""What kind of data somebody's own pictures or text are, from a look at a part of them. No torch."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from aigc_core.common.errors import DataError
from aigc_core.data.class_folders import class_folders
from aigc_core.data.picture_decoding import UnreadablePicture, opened
from aigc_core.data.picture_files import Unread, find
from aigc_core.data.text import read_text

PICTURES_LOOKED_AT = 40
SMALL = 128  # pixels, in which colours are looked for
CHARACTERS_LOOKED_AT = 20_000
GREY = 8  # of 255, that the colours of a grey pixel may be apart, as in a JPEG
MOSTLY = 0.3  # Chinese characters among all letters: a Chinese text may have much English in it
_CHINESE, _LETTER = re.compile(r"[\u3400-\u9fff]"), re.compile(r"\w")


@dataclass(frozen=True)
class OwnPictures:
    """`classes`: whether they lie in several folders that tell them apart."""

    count: int
    grey: bool
    classes: bool


def own_pictures(place: Path) -> OwnPictures | None:
    """None where there are no pictures that can be read; a training says why."""
    seen, grey = 0, True
    try:
        with find(place) as found:
            folders = class_folders([one.parts[:-1] for one in found.pictures])
            classes = {folders.class_of(one.parts[:-1]) for one in found.pictures} - {None}
            for file in found.pictures[:PICTURES_LOOKED_AT]:
                with suppress(Unread, UnreadablePicture):
                    one = opened(file.read(), "RGB", SMALL)
                    one.thumbnail((SMALL, SMALL))
                    grey &= int(np.ptp(np.asarray(one, dtype=np.int16), axis=-1).max()) <= GREY
                    seen += 1
    except (DataError, OSError):
        return None
    return OwnPictures(len(found.pictures), grey, len(classes) > 1) if seen else None


def own_text(place: Path) -> Literal["letters", "chinese"] | None:
    """None where there is no text; a training says why."""
    try:
        part = read_text(place, place.name)[0][:CHARACTERS_LOOKED_AT]
    except DataError:
        return None
    letters = len(_LETTER.findall(part))
    return None if not letters else "chinese" if len(_CHINESE.findall(part)) > MOSTLY * letters else "letters"
