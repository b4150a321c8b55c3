"""What kind of data somebody's own pictures or text are, from a look at a part of them. No torch."""

import re
import statistics
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from aigc_core.common.errors import DataError
from aigc_core.data.image_folder import ENDINGS, first_pictures

PICTURES_LOOKED_AT = 40
SMALL = 128  # pixels, in which colours are looked for
CHARACTERS_LOOKED_AT = 20_000
GREY = 8  # of 255, that the colours of a grey pixel may be apart, as in a JPEG
MOSTLY = 0.3  # Chinese characters among all letters: a Chinese text may have much English in it
_CHINESE, _LETTER = re.compile(r"[\u3400-\u9fff]"), re.compile(r"\w")


@dataclass(frozen=True)
class OwnPictures:
    """`side`: the usual shorter side in pixels; `classes`: whether they lie in several sub-folders."""

    count: int
    side: int
    grey: bool
    classes: bool


def own_pictures(place: Path) -> OwnPictures | None:
    """None where there are no pictures that can be read; a training says why."""
    sides, grey = list[int](), True
    try:
        names = _names(place)
        for one in first_pictures(place, PICTURES_LOOKED_AT):
            sides.append(min(one.size))
            one.thumbnail((SMALL, SMALL))
            grey &= int(np.ptp(np.asarray(one, dtype=np.int16), axis=-1).max()) <= GREY
    except (DataError, OSError, ValueError, zipfile.BadZipFile):
        return None
    if not sides:
        return None
    classes = {PurePosixPath(one).parent.name for one in names}
    return OwnPictures(len(names), round(statistics.median(sides)), grey, len(classes) > 1)


def own_text(place: Path) -> Literal["letters", "chinese"] | None:
    """None where there is no text; a training says why."""
    try:
        with place.open(encoding="utf-8", errors="ignore") as file:
            part = file.read(CHARACTERS_LOOKED_AT)
    except OSError:
        return None
    letters = len(_LETTER.findall(part))
    return None if not letters else "chinese" if len(_CHINESE.findall(part)) > MOSTLY * letters else "letters"


def _names(place: Path) -> list[str]:
    if place.is_dir():
        found = [one.relative_to(place).as_posix() for one in place.rglob("*")]
    else:
        with zipfile.ZipFile(place) as archive:
            found = archive.namelist()
    return [one for one in found if PurePosixPath(one).suffix.lower() in ENDINGS]
