"""The user's own pictures: a folder or a .zip, sub-folders being classes."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from aigc_core.common.errors import DataError, message
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.class_folders import ClassFolders, Folders, class_folders
from aigc_core.data.dataset_info import LONGEST_NAME, MOST_CLASSES
from aigc_core.data.picture_decoding import MOST_PIXELS, UnreadablePicture, is_16_bit, opened, square
from aigc_core.data.picture_files import NAMED, Found, LeftOut, PictureFile, Unread, find, listing
from aigc_core.data.settings import ImageSettings
from aigc_core.data.sources import Images, Note

SMALLEST_SIDE, LARGEST_SIDE = 28, 64  # pixels, of what the networks make
SIDE_STEP = 4  # they double the side twice
MOST_BYTES = 1_000_000_000  # all pictures, made small
DARK = 16  # of 255: what no picture of 16 bits reaches whose values have twelve


def folder(config: ImageSettings, progress: ProgressCallback) -> Images:
    """Pictures cut to the middle square; see `side_of` and `channels_of` for their size and colours.

    What is left out is counted, and `notes` say why.

    Raises:
        DataError: no such place, no pictures, or far too many.
    """
    place = Path(config.data_path)
    with find(place) as found:
        read = ReadPictures(config)
        for number, file in enumerate(found.pictures):
            if number % 20 == 0:
                progress(number / len(found.pictures), f"{place.name} {number + 1}")
            read.take(file, found.left_out)
    return read.images(place.name, found)


@dataclass
class ReadPictures:
    """Pictures as they come, each at its own size or `LARGEST_SIDE`, whichever is smaller."""

    config: ImageSettings
    pixels: list[np.ndarray] = field(default_factory=list)  # uint8 (S, S, C)
    folders: list[Folders] = field(default_factory=list)
    _bytes: int = 0
    _brightest: list[int] = field(default_factory=list)  # of each picture of 16 bits

    def take(self, file: PictureFile, left_out: LeftOut) -> None:
        """Read one more, or count why it cannot be read."""
        size = self.config.image_size or LARGEST_SIDE
        try:
            content = file.read()
            whole = opened(content, "L" if self.config.channels == 1 else "RGB", size)
        except (Unread, UnreadablePicture) as problem:
            left_out.add(problem.reason, file.parts[-1][:40])
            return
        pixels = square(whole, self.config.image_size or min(size, *whole.size))
        self._bytes += pixels.nbytes
        if self._bytes > MOST_BYTES:
            raise DataError(
                "data.too_many",
                "There are more than {limit} pictures; take a part of them.",
                limit=len(self.pixels),
            )
        if is_16_bit(content):
            self._brightest.append(int(pixels.max()))
        self.pixels.append(pixels)
        self.folders.append(file.parts[:-1])

    def images(self, place: str, found: Found, unopened: Sequence[Folders] = ()) -> Images:
        """All of one size and number of channels, with their classes and notes.

        Args:
            place: its name, for an error.
            unopened: folders of pictures that nobody tried to read.

        Raises:
            DataError: there are none, or far too many classes.
        """
        if not self.pixels:
            raise _no_pictures(place, found.left_out)
        classes = class_folders(self.folders)
        named = [classes.class_of(one) for one in self.folders]
        names = sorted({one for one in named if one is not None})
        if len(names) > MOST_CLASSES:
            raise DataError(
                "data.too_many_classes",
                "There are {count} class folders, and at most {limit} can be told apart; put them into fewer.",
                count=len(names),
                limit=MOST_CLASSES,
            )
        kept = [number for number, one in enumerate(named) if one is not None or not names]
        side = side_of(self.config, [self.pixels[number].shape[0] for number in kept])
        pixels = channels_of(self.config, np.stack([_sized(self.pixels[number], side) for number in kept]))
        places = {name: number for number, name in enumerate(names)}
        labels = np.array([places[one] for one in named if one is not None], dtype=np.int64) if names else None
        notes = [*found.left_out.notes(), *self._notes(classes, names, len(named) - len(kept))]
        if empty := _without_pictures(found.folders, [*self.folders, *unopened]):
            notes.append(
                message(
                    "data.empty_folders",
                    "Folders without a picture that can be read: {count} ({names}).",
                    count=len(empty),
                    names=_listed(empty),
                )
            )
        return Images(pixels, labels, [name[:LONGEST_NAME] for name in names], notes=notes)

    def _notes(self, classes: ClassFolders, names: list[str], beside: int) -> Iterable[Note]:
        if beside:
            yield message(
                "data.beside_classes",
                "Left out, {count} beside the class folders ({names}): put each picture into one of them.",
                count=beside, names=_listed(names),
            )  # fmt: skip
        if classes.splits:
            yield message(
                "data.splits_joined",
                "The folders {names} were taken together: the setting “validation” says what is held out.",
                names=", ".join(classes.splits),
            )
        if classes.deeper:
            yield message(
                "data.deeper_folders",
                "The classes are {names}; folders within them were taken together.",
                names=_listed(names),
            )
        if self._brightest and max(self._brightest) < DARK:
            yield message(
                "data.dark_16_bit",
                "The pictures of 16 bits, {count}, use only the darkest {percent} % of their scale and are nearly "
                "black; if their values have 12 bits or fewer, stretch them to 16 first, all by the same factor.",
                count=len(self._brightest), percent=f"{100 * (max(self._brightest) + 1) / 256:.2g}",
            )  # fmt: skip


def side_of(config: ImageSettings, sides: list[int]) -> int:
    """Width and height in pixels: as set; or for 0 as the data has it, which is the median of the pictures' shorter
    sides, from 28 to 64 and a multiple of four, as the networks need it."""
    if config.image_size:
        return config.image_size
    usual = int(statistics.median_low(sides))
    return min(max(usual - usual % SIDE_STEP, SMALLEST_SIDE), LARGEST_SIDE)


def channels_of(config: ImageSettings, pixels: np.ndarray) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) with the set number of channels; for 0 with one if no picture has a colour, however
    its file keeps its greys."""
    if config.channels or not all((one == one[..., :1]).all() for one in pixels):
        return pixels
    return pixels[..., :1]


def _sized(pixels: np.ndarray, side: int) -> np.ndarray:
    if pixels.shape[0] == side:
        return pixels
    return square(Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels), side)


def _without_pictures(folders: set[Folders], used: list[Folders]) -> list[str]:
    """Folders that have no picture in or below them, but for those within such a folder."""
    full = {one[:depth] for one in set(used) for depth in range(len(one) + 1)}
    return sorted(one[-1] for one in folders if one not in full and one[:-1] in full)


def _listed(names: list[str]) -> str:
    shown = [name[:40] for name in names[:NAMED]]
    return ", ".join([*shown, "…"] if len(names) > NAMED else shown)


def _no_pictures(place: str, left_out: LeftOut) -> DataError:
    if packed := left_out.kinds.get("packed"):
        return DataError(
            "data.no_pictures_packed",
            "The pictures in {path} are packed in a way that is not read here ({found}); pack them anew as an ordinary "
            ".zip (method “Deflate”).",
            path=place,
            found=listing(packed, counted=True),
        )
    kinds = sum((one for reason, one in left_out.kinds.items() if reason != "tools"), Counter[str]())
    return DataError(
        "data.no_pictures",
        "There is no readable picture in {path} (found there: {found}); use PNG or JPEG, whole, without a password, "
        "and of at most {limit} million pixels.",
        path=place,
        found=listing(kinds, counted=True) or "–",
        limit=MOST_PIXELS // 1_000_000,
    )
