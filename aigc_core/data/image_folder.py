"""The user's own pictures: a folder or a .zip, read without trusting what is inside."""

import io
import itertools
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from aigc_core.common.errors import DataError, message
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.settings import ImageSettings
from aigc_core.data.sources import Images

ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")  # whatever a file's name says, no other decoder is run
MOST_FILES = 100_000
LARGEST_FILE = 30_000_000  # bytes, of one picture
MOST_PIXELS = 40_000_000  # of one picture, before it is made small
LONGEST_SIDE = 20_000  # pixels
MOST_PACKED = 20  # times smaller than its pictures; more is a trick
LEAST_BOMB = 1_000_000_000  # bytes, unpacked
MOST_BYTES = 1_000_000_000  # all pictures, made small


def folder(config: ImageSettings, progress: ProgressCallback) -> Images:
    """Pictures cut to the middle square and made `image_size` (64 if 0) wide; sub-folders are classes.

    Files that are no pictures are counted and left out. A .zip is read in memory and never unpacked, so what
    its names say ("../") has no effect.

    Raises:
        DataError: no such place, no pictures, or far too many.
    """
    place = Path(config.data_path)
    if place.is_dir():
        files = _in_folder(place)
    elif zipfile.is_zipfile(place):
        files = _in_zip(place)
    else:
        raise DataError(
            "data.no_folder", "{path} is neither a folder nor a .zip of pictures; check the path.", path=place
        )

    size = config.image_size or 64
    mode = "L" if config.channels == 1 else "RGB"
    pictures: list[np.ndarray] = []
    classes: list[str] = []
    skipped = 0
    for number, (name, content) in enumerate(files):
        if number >= MOST_FILES or len(pictures) * size * size * 3 > MOST_BYTES:
            raise DataError(
                "data.too_many",
                "There are more than {limit} pictures; take a part of them.",
                limit=min(number, MOST_FILES),
            )
        if number % 20 == 0:
            progress(0.0, f"{place.name} {number + 1}")
        picture = _small(content, size, mode) if content else None
        if picture is None:
            skipped += 1
            continue
        pictures.append(picture)
        classes.append(PurePosixPath(name).parent.name)
    if not pictures:
        raise DataError(
            "data.no_pictures",
            "There is no readable picture in {path} ({skipped} files were tried); use PNG or JPEG.",
            path=place.name,
            skipped=skipped,
        )
    names = sorted(set(classes))
    labels = np.array([names.index(one) for one in classes], dtype=np.int64) if len(names) > 1 else None
    notes = (
        [message("data.skipped_files", "{count} files were no readable pictures and were left out", count=skipped)]
        if skipped
        else []
    )
    return Images(np.stack(pictures), labels, names if labels is not None else [], notes=notes)


def first_pictures(place: Path, most: int) -> Iterator[Image.Image]:
    """The first readable ones among as many files, in RGB and of their own size; none where there is no such place.

    Raises:
        DataError: an archive that cannot be opened, or would be far too large.
    """
    if place.is_dir() or zipfile.is_zipfile(place):
        for _, content in itertools.islice(_in_folder(place) if place.is_dir() else _in_zip(place), most):
            if content and (picture := opened(content, "RGB", LONGEST_SIDE)) is not None:
                yield picture


def _in_folder(place: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(place.rglob("*")):
        if path.suffix.lower() in ENDINGS and path.is_file():
            readable = path.stat().st_size <= LARGEST_FILE
            yield path.relative_to(place).as_posix(), path.read_bytes() if readable else None


def _in_zip(place: Path) -> Iterator[tuple[str, bytes | None]]:
    try:
        archive = zipfile.ZipFile(place)
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        raise DataError(
            "data.bad_zip", "{file} is damaged and cannot be opened ({problem}).", file=place.name, problem=problem
        ) from problem
    with archive:
        entries = [
            one
            for one in archive.infolist()
            if PurePosixPath(one.filename).suffix.lower() in ENDINGS and not one.is_dir()
        ]
        unpacked = sum(one.file_size for one in entries)
        if unpacked > max(LEAST_BOMB, MOST_PACKED * place.stat().st_size):
            raise DataError(
                "data.bomb",
                "{file} would be {unpacked} GB when unpacked, far more than pictures give; pack them anew.",
                file=place.name,
                unpacked=round(unpacked / 1e9),
            )
        for entry in sorted(entries, key=lambda one: one.filename):
            if entry.file_size > LARGEST_FILE or entry.flag_bits & 1:  # a bomb, or locked by a password
                yield entry.filename, None
                continue
            try:
                yield entry.filename, archive.read(entry)
            except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, OSError, EOFError):
                yield entry.filename, None


def _small(content: bytes, size: int, mode: str) -> np.ndarray | None:
    """uint8 (size, size, C), or None if it is no picture that we dare open."""
    whole = opened(content, mode, size)
    return None if whole is None else square(whole, size)


def opened(content: bytes, mode: str, size: int, most_pixels: int = MOST_PIXELS) -> Image.Image | None:
    """A picture of eight bits in `mode`, or None if it is none that we dare open.

    Args:
        size: the side that is wanted in the end, which makes opening a large JPEG cheap.
        most_pixels: of a picture that has to be opened whole.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS or max(picture.size) > LONGEST_SIDE:
                return None
            picture.draft("RGB", (size * 2, size * 2))
            if picture.width * picture.height > most_pixels:
                return None
            return _plain(_upright(picture)).convert(mode)
    except (
        UnidentifiedImageError, OSError, ValueError, SyntaxError, NotImplementedError, Image.DecompressionBombError,
    ):  # fmt: skip
        return None


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as the camera was held; a damaged note of that is as good as none."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 — Pillow's EXIF reader raises whatever the damage leads to
        return picture


def square(whole: Image.Image, size: int) -> np.ndarray:
    """The middle square, made `size` wide: uint8 (size, size, C)."""
    side = min(whole.size)
    left, top = (whole.width - side) // 2, (whole.height - side) // 2
    middle = whole.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
    pixels = np.asarray(middle)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _plain(picture: Image.Image) -> Image.Image:
    """A picture of eight bits a channel and without transparency, which becomes white."""
    if picture.mode.startswith(("I", "F")):  # more than eight bits; Pillow itself would cut them off
        values = np.asarray(picture, dtype=np.float64)
        most = values.max()
        full = next((limit for limit in (1.0, 255.0, 65535.0) if most <= limit), most)
        return Image.fromarray(np.round(255 * np.clip(values, 0, None) / full).astype(np.uint8))
    if picture.mode in ("P", "PA", "LA", "RGBA") or "transparency" in picture.info:
        colours = picture.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return Image.alpha_composite(white, colours).convert("RGB")
    return picture
