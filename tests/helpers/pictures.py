"""Pictures as files, and archives as packers of several systems write them."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)  # how a phone's file begins


def picture(seed: int, size: tuple[int, int] = (32, 32), mode: str = "RGB", format: str = "PNG") -> bytes:
    """Noise, another for each seed."""
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 4), dtype=np.uint8)
    return encoded(Image.fromarray(noise, "RGBA").convert(mode), format)


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


class UnflaggedInfo(zipfile.ZipInfo):
    """An entry whose name stands in another encoding than the archive says."""

    code = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.code, self.flag_bits & ~0x800


def entry(name: str, encoding: str) -> zipfile.ZipInfo:
    found = UnflaggedInfo(name)
    found.code = name.encode(encoding)
    return found


def packed(file: Path, contents: dict[str, bytes], encoding: str | None = None) -> Path:
    """A .zip with these contents; `encoding` is that of its names, which it does not name then."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name if encoding is None else entry(name, encoding), content)
    return file


def unpacked(folder: Path, contents: dict[str, bytes]) -> Path:
    """A folder with these contents."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
