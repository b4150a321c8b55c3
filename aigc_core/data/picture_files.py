"""The pictures below a folder or in a .zip, read without trusting what is there; and what is left out, and why."""

import errno
import lzma
import mmap
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from aigc_core.common.errors import DataError, message
from aigc_core.data.archive_names import encoding_of
from aigc_core.data.picture_decoding import FIRST_BYTES, MOST_JPEG_PIXELS, MOST_PIXELS, READERS, format_of
from aigc_core.data.sources import Note

MOST_FILES = 100_000  # pictures
MOST_SEEN = 300_000  # files of any kind, and folders
LARGEST_FILE = 100_000_000  # bytes, of one picture
MOST_PACKED = 20  # times smaller than its pictures; more is a trick
LEAST_BOMB = 1_000_000_000  # bytes, unpacked
NAMED = 5  # names or kinds that a sentence lists

PICTURE_ENDINGS = {  # of what is a picture to a person, and the name of the format
    "png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "jpe": "JPEG", "jfif": "JPEG", "bmp": "BMP", "dib": "BMP",
    "gif": "GIF", "webp": "WEBP", "heic": "HEIC", "heif": "HEIC", "hif": "HEIC", "avif": "AVIF", "tif": "TIFF",
    "tiff": "TIFF", "jxl": "JPEG XL", "jp2": "JPEG 2000", "j2k": "JPEG 2000", "psd": "PSD", "svg": "SVG", "ico": "ICO",
    "tga": "TGA", "ppm": "PPM", "pgm": "PGM", "pbm": "PBM", "exr": "EXR", "hdr": "HDR", "dcm": "DICOM", "dng": "DNG",
    "cr2": "CR2", "cr3": "CR3", "nef": "NEF", "arw": "ARW", "raf": "RAF", "orf": "ORF", "rw2": "RW2",
}  # fmt: skip
ARCHIVE_ENDINGS = {"zip", "rar", "7z", "tar", "gz", "tgz", "bz2", "xz"}
# What systems and tools put among a person's files, in small letters; and whatever begins with a dot.
NOT_THE_PERSONS = {
    "__macosx", "icon\r", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "recycler",
    "system volume information", "lost+found", "@eadir", "#recycle", "@recycle", "@recently-snapshot", "__pycache__",
    "network trash folder", "temporary items",
}  # fmt: skip

Reason = Literal["format", "damaged", "large", "locked", "packed", "denied", "links", "archives", "tools", "others"]
Parts = tuple[str, ...]  # of a path: folders, then the name


class Unread(Exception):
    """The bytes of a file cannot be had."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class PictureFile:
    """A file that begins as a picture of a format that is read here. `read` gives its bytes, or raises `Unread`."""

    parts: Parts
    kind: str
    read: Callable[[], bytes]


@dataclass
class LeftOut:
    """Files that no picture came of: by reason, how many of each kind (or name)."""

    kinds: dict[Reason, Counter[str]] = field(default_factory=dict)

    def add(self, reason: Reason, kind: str) -> None:
        self.kinds.setdefault(reason, Counter())[kind] += 1

    def notes(self) -> list[Note]:
        """A sentence for each reason, the weightiest first."""
        return [_sentence(reason, self.kinds[reason]) for reason in SENTENCE_ORDER if reason in self.kinds]


SENTENCE_ORDER: tuple[Reason, ...] = (
    "format", "damaged", "large", "locked", "packed", "denied", "archives", "links", "others", "tools",
)  # fmt: skip
COUNTED = ("format", "locked", "packed", "archives", "others")  # of each kind; of the other reasons names are given


def _sentence(reason: Reason, kinds: Counter[str]) -> Note:
    count, listed = kinds.total(), listing(kinds, counted=reason in COUNTED)
    match reason:
        case "format":
            return message(
                "data.left_out_format",
                "Left out, {count} in a format that is not read here ({kinds}): save them as JPEG or PNG.",
                count=count, kinds=listed,
            )  # fmt: skip
        case "damaged":
            return message(
                "data.left_out_damaged",
                "Left out, {count} damaged or no picture at all, whatever the name says ({kinds}).",
                count=count, kinds=listed,
            )  # fmt: skip
        case "large":
            return message(
                "data.left_out_large",
                "Left out, {count} too large ({kinds}): a file may have {megabytes} MB, a JPEG {jpeg} million pixels, "
                "any other picture {pixels} million.",
                count=count, kinds=listed, megabytes=LARGEST_FILE // 1_000_000, jpeg=MOST_JPEG_PIXELS // 1_000_000,
                pixels=MOST_PIXELS // 1_000_000,
            )  # fmt: skip
        case "locked":
            return message(
                "data.left_out_locked",
                "Left out, {count} locked by a password ({kinds}): pack them without one.",
                count=count, kinds=listed,
            )  # fmt: skip
        case "packed":
            return message(
                "data.left_out_packed",
                "Left out, {count} packed in a way that is not read here ({kinds}): pack them as an ordinary .zip.",
                count=count, kinds=listed,
            )  # fmt: skip
        case "denied":
            return message(
                "data.left_out_denied",
                "Left out, {count} that cannot be opened ({kinds}): look at their permissions.",
                count=count, kinds=listed,
            )  # fmt: skip
        case "archives":
            return message(
                "data.left_out_archives",
                "Archives among the pictures, which are not opened: {count} ({kinds}). Unpack them first.",
                count=count, kinds=listed,
            )  # fmt: skip
        case "links":
            return message(
                "data.left_out_links",
                "Links that were not followed: {count} ({kinds}). They lead nowhere, to what is read already, or "
                "out of an archive.",
                count=count, kinds=listed,
            )  # fmt: skip
        case "tools":
            return message(
                "data.left_out_tools",
                "Skipped because hidden, or of a system or tool: {count} ({kinds}).",
                count=count, kinds=listed,
            )  # fmt: skip
        case "others":
            return message(
                "data.left_out_others",
                "Not read because they are no pictures: {count} ({kinds}).",
                count=count, kinds=listed,
            )  # fmt: skip


def listing(kinds: Counter[str], counted: bool) -> str:
    """“50 HEIC, 2 TIFF”, or the names alone: in any language."""
    shown = [f"{count} {kind}" if counted else kind for kind, count in kinds.most_common(NAMED)]
    return ", ".join([*shown, "…"] if len(kinds) > NAMED else shown)


@dataclass
class Found:
    """What is below a place: pictures in the order of their paths, what was left out, and all folders."""

    pictures: list[PictureFile] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    folders: set[Parts] = field(default_factory=set)
    _tools: set[Parts] = field(default_factory=set)
    _seen: int = 0

    def take(self, parts: Parts, size: int, begin: Callable[[], bytes], read: Callable[[], bytes]) -> None:
        """A file of `size` bytes; `begin` gives its first ones, or raises `Unread`."""
        if self.is_tools(parts):
            return
        self.folders.add(parts[:-1])
        ending = PurePosixPath(parts[-1]).suffix[1:].lower()
        by_name = PICTURE_ENDINGS.get(ending, "")
        try:
            kind = format_of(begin())
        except Unread as problem:
            if not by_name:
                self.left_out.add("others", _short(ending))
            else:
                self.left_out.add(problem.reason, by_name if problem.reason in COUNTED else _short_name(parts[-1]))
            return
        if kind in READERS and size <= LARGEST_FILE:
            self.pictures.append(PictureFile(parts, kind, read))
        elif kind in READERS:
            self.left_out.add("large", _short_name(parts[-1]))
        elif kind or (by_name and by_name not in READERS):
            self.left_out.add("format", kind or by_name)
        elif by_name:
            self.left_out.add("damaged", _short_name(parts[-1]))
        elif ending in ARCHIVE_ENDINGS:
            self.left_out.add("archives", ending.upper())
        else:
            self.left_out.add("others", _short(ending))
        if len(self.pictures) > MOST_FILES:
            raise _too_many(MOST_FILES)

    def count(self) -> None:
        """Raises: DataError: there is far too much."""
        self._seen += 1
        if self._seen > MOST_SEEN:
            raise _too_many(MOST_FILES)

    def is_tools(self, parts: Parts) -> bool:
        """Whether it is hidden, or belongs to a system or tool; what lies below such a folder is left out once."""
        for depth, part in enumerate(parts, 1):
            if part.startswith(".") or part.lower() in NOT_THE_PERSONS:
                if parts[:depth] not in self._tools:
                    self._tools.add(parts[:depth])
                    self.left_out.add("tools", _short_name(part))
                return True
        return False


@contextmanager
def find(place: Path) -> Iterator[Found]:
    """All pictures below a folder, or in a .zip, which stays open meanwhile.

    A .zip is read in memory and never unpacked, so what its names say ("../") has no effect. Links of a folder are
    followed, each folder is read once; those in a .zip are not.

    Raises:
        DataError: no such place, or far too many files.
    """
    found = Found()
    with ExitStack() as open_until_then:
        if place.is_dir():
            _look_in_folder(place, found)
        elif zipfile.is_zipfile(place):
            _look_in_zip(place, open_until_then.enter_context(_opened_zip(place)), found)
        else:
            raise DataError(
                "data.no_folder", "{path} is neither a folder nor a .zip of pictures; check the path.", path=place
            )
        found.pictures.sort(key=lambda one: one.parts)
        yield found


# -- a folder -------------------------------------------------------------------------------------------


def _look_in_folder(place: Path, found: Found) -> None:
    read: set[tuple[int, int]] = set()
    files: list[tuple[Parts, Path]] = []
    later: list[tuple[Parts, Path]] = [((), place)]
    while later:  # links wait until all folders proper are read, so that these keep their names
        inside, later = later, []
        while inside:
            parts, folder = inside.pop()
            identity = _identity(folder)
            if identity is None or identity in read:
                found.left_out.add("links", _short_name(folder.name))
                continue
            read.add(identity)
            found.folders.add(parts)
            for entry in _entries(folder, found):
                here = (*parts, entry.name)
                found.count()
                if found.is_tools(here):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    inside.append((here, folder / entry.name))
                elif entry.is_symlink() and Path(entry.path).is_dir():
                    later.append((here, folder / entry.name))
                else:
                    files.append((here, folder / entry.name))
        later.sort(reverse=True)
    names = _readable_names([*(parts for parts, _ in files), *found.folders])
    found.folders = set(names[len(files) :])
    for parts, (_, path) in zip(names, files, strict=False):
        _take_file(parts, path, found)


def _entries(folder: Path, found: Found) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda one: one.name)
    except OSError:
        found.left_out.add("denied", _short_name(folder.name))
        return []


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        about = folder.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _take_file(parts: Parts, path: Path, found: Found) -> None:
    try:
        about = path.stat()
    except OSError as problem:
        found.left_out.add("links" if path.is_symlink() or problem.errno == errno.ELOOP else "denied", parts[-1])
        return
    if stat.S_ISREG(about.st_mode):  # opening a pipe would wait for ever

        def bytes_of(most: int) -> bytes:
            try:
                with path.open("rb") as file:
                    return file.read(most)
            except OSError as problem:
                raise Unread("denied") from problem

        found.take(parts, about.st_size, lambda: bytes_of(FIRST_BYTES), lambda: bytes_of(LARGEST_FILE))


def _readable_names(paths: list[Parts]) -> list[Parts]:
    """Paths whose names a system in UTF-8 could not read, as after unpacking an archive of Windows, in their own
    encoding."""
    raw = {part: os.fsencode(part) for parts in paths for part in parts}
    encoding = "utf-8"
    if any(_is_strange(part) for part in raw):
        encoding = encoding_of(raw.values())
    return [tuple(_form(raw[part].decode(encoding, "replace")) for part in parts) for parts in paths]


def _is_strange(name: str) -> bool:
    return any("\ud800" <= one <= "\udfff" for one in name)


# -- a .zip ---------------------------------------------------------------------------------------------


def _opened_zip(place: Path) -> zipfile.ZipFile:
    try:
        _check_directory(place)
        return zipfile.ZipFile(place)
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        raise DataError(
            "data.bad_zip", "{file} is damaged and cannot be opened ({problem}).", file=place.name, problem=problem
        ) from problem


def _look_in_zip(place: Path, archive: zipfile.ZipFile, found: Found) -> None:
    entries = list(zip(_names(archive.infolist()), archive.infolist(), strict=True))
    unpacked = sum(entry.file_size for _, entry in entries)
    if unpacked > max(LEAST_BOMB, MOST_PACKED * place.stat().st_size):
        raise DataError(
            "data.bomb",
            "{file} would be {unpacked} GB when unpacked, far more than pictures give; pack them anew.",
            file=place.name,
            unpacked=round(unpacked / 1e9),
        )
    for parts, entry in entries:
        found.count()
        if not parts:
            continue
        if entry.is_dir() or entry.filename.endswith("\\"):
            if not found.is_tools(parts):
                found.folders.add(parts)
        elif stat.S_ISLNK(entry.external_attr >> 16):
            found.left_out.add("links", _short_name(parts[-1]))
        else:
            found.take(parts, entry.file_size, _reading(archive, entry, FIRST_BYTES), _reading(archive, entry))


def _check_directory(place: Path) -> None:
    """A list of millions of files is refused before it is read: it would take gigabytes."""
    count = start = 0
    with place.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        while (start := content.find(b"PK\x01\x02", start)) >= 0:
            start += 1
            count += 1
            if count > MOST_SEEN:
                raise _too_many(MOST_FILES)


def _reading(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int = LARGEST_FILE) -> Callable[[], bytes]:
    def read() -> bytes:
        if entry.flag_bits & 1:
            raise Unread("locked")
        try:
            with archive.open(entry) as file:
                return file.read(most)
        except NotImplementedError as problem:
            raise Unread("packed") from problem
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as problem:
            raise Unread("damaged") from problem

    return read


def _names(entries: list[zipfile.ZipInfo]) -> Iterator[Parts]:
    """The parts of each path, in the encoding that all names together speak for. Some packers of Windows write “\\”
    between them, which is also the second byte of characters in GBK: so only after decoding."""
    said = [_said_name(one) for one in entries]
    encoding = encoding_of(name for name in said if isinstance(name, bytes))
    for name in said:
        path = name if isinstance(name, str) else name.decode(encoding, "replace")
        parts = path.replace("\\", "/").split("/")
        yield tuple(_form(one) for one in parts if one not in ("", ".", "..") and not _is_drive(one))


def _said_name(entry: zipfile.ZipInfo) -> str | bytes:
    """A path as text if the archive says how it is encoded, by a flag or beside it; else its bytes."""
    raw = entry.orig_filename
    if entry.flag_bits & 0x800:
        return raw.split("\0")[0]
    code = raw.encode("cp437")  # which Python took it for; it has a character for every byte
    return _unicode_path(entry.extra, code) or code.split(b"\0")[0]


def _unicode_path(extra: bytes, code: bytes) -> str | None:
    """Info-ZIP's “Unicode Path” (APPNOTE 4.6.9): version 1, the CRC-32 of the other name, and the name in UTF-8."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        value, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x7075 and value[:5] == b"\x01" + zlib.crc32(code).to_bytes(4, "little"):
            return value[5:].decode("utf-8", "replace")
    return None


def _is_drive(part: str) -> bool:
    return len(part) == 2 and part[1] == ":" and part[0].isalpha()


def _form(name: str) -> str:
    """In one Unicode form: a Mac writes é as two characters."""
    return unicodedata.normalize("NFC", name)


def _short(ending: str) -> str:
    return ending[:10].upper() or "?"


def _short_name(name: str) -> str:
    return name.strip()[:40]


def _too_many(limit: int) -> DataError:
    return DataError("data.too_many", "There are more than {limit} pictures; take a part of them.", limit=limit)
