"""A picture from a file that nobody vouches for: which format it is, and opened small, with bounded memory."""

import io
import re
from typing import Literal

import numpy as np
from PIL import BmpImagePlugin, GifImagePlugin, Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

FIRST_BYTES = 32  # that tell the format
READERS = {  # whatever a file's name says, no other decoder is run
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}
SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM.{4}\0{4}",
    "WEBP": rb"RIFF.{4}WEBP",
    "HEIC": rb".{4}ftyp(hei|hev|mif1|msf1)",
    "AVIF": rb".{4}ftypavi[fs]",
    "TIFF": rb"II\*\0|MM\0\*",
    "JPEG 2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "JPEG XL": rb"\0\0\0\x0cJXL |\xff\x0a",
    "PSD": rb"8BPS",
}
_SIGNATURES = {kind: re.compile(signature, re.DOTALL) for kind, signature in SIGNATURES.items()}

MOST_PIXELS = 52_000_000  # of a picture that has to be opened whole: up to 16 bytes each for a moment (WebP)
MOST_JPEG_PIXELS = 250_000_000  # of a JPEG that is read line by line at an eighth of its size
LONGEST_SIDE = 20_000  # pixels
REDUCED_FROM = 16_000_000  # pixels; what is larger is halved until it is near the size that is wanted
FULL_16_BIT = 65_535


class UnreadablePicture(Exception):
    """A file that is no picture, or none that we dare open."""

    def __init__(self, reason: Literal["damaged", "large"]) -> None:
        super().__init__(reason)
        self.reason = reason


def format_of(begin: bytes) -> str:
    """The format of a picture by its first bytes; "" for anything else."""
    return next((kind for kind, signature in _SIGNATURES.items() if signature.match(begin)), "")


def opened(content: bytes, mode: str, size: int, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """A picture of eight bits in `mode` ("L" or "RGB"), turned as the camera was held, on white.

    Args:
        size: the side that is wanted in the end, which makes opening a large JPEG cheap.
        most_pixels: of a picture that has to be opened whole.

    Raises:
        UnreadablePicture: damaged, in a format that is not read here, or too large.
    """
    reader = READERS.get(format_of(content[:FIRST_BYTES]))
    if reader is None:
        raise UnreadablePicture("damaged")
    try:
        with reader(io.BytesIO(content)) as picture:  # not `Image.open`: its limit knows nothing of reading at a scale
            if not _by_lines(picture, content):
                _check_size(picture, most_pixels)
            elif picture.width * picture.height > MOST_JPEG_PIXELS:
                raise UnreadablePicture("large")
            picture.draft("RGB", (size * 2, size * 2))
            _check_size(picture, most_pixels)
            return _on_white(_upright(_reduced(_eight_bits(picture), size))).convert(mode)
    except MemoryError as problem:
        raise UnreadablePicture("large") from problem
    except (OSError, ValueError, SyntaxError, EOFError, NotImplementedError, Image.DecompressionBombError) as problem:
        raise UnreadablePicture("damaged") from problem


def square(whole: Image.Image, size: int) -> np.ndarray:
    """The middle square, made `size` wide: uint8 (size, size, C)."""
    side = min(whole.size)
    left, top = (whole.width - side) // 2, (whole.height - side) // 2
    middle = whole.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
    pixels = np.asarray(middle)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def is_16_bit(content: bytes) -> bool:
    """Whether it is a PNG of one channel of 16 bits (ISO/IEC 15948, 11.2.1: depth and colour type)."""
    return format_of(content[:FIRST_BYTES]) == "PNG" and content[24:26] == b"\x10\0"


def _by_lines(picture: Image.Image, content: bytes) -> bool:
    """Whether it is decoded a few lines at a time: a JPEG whose only scan has all its channels. Of several scans (also
    of a progressive one) libjpeg keeps the whole picture."""
    if not isinstance(picture, JpegImagePlugin.JpegImageFile) or "progressive" in picture.info:
        return False
    channels = picture.layers
    scan = b"\xff\xda" + (6 + 2 * channels).to_bytes(2) + channels.to_bytes()  # how the header of such a scan begins
    end = picture.fp.tell() if picture.fp else 0
    return content[:end][-8 - 2 * channels :].startswith(scan)


def _check_size(picture: Image.Image, most_pixels: int) -> None:
    if picture.width * picture.height > most_pixels or max(picture.size) > LONGEST_SIDE:
        raise UnreadablePicture("large")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Without palettes, and with eight bits a channel. A scale of 16 bits is the format's own, never the picture's: a
    dark picture stays dark beside a bright one."""
    if picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.uint16, copy=False)
        return _as(picture, Image.fromarray(_FROM_16_BITS[values]))
    if picture.mode != "RGBA" and (picture.mode in ("P", "PA", "LA") or "transparency" in picture.info):
        return picture.convert("RGBA")
    return picture.convert("L") if picture.mode == "1" else picture


_FROM_16_BITS = np.round(np.arange(FULL_16_BIT + 1) * (255 / FULL_16_BIT)).astype(np.uint8)


def _as(before: Image.Image, picture: Image.Image) -> Image.Image:
    picture.info = before.info.copy()  # how the camera was held
    return picture


def _reduced(picture: Image.Image, size: int) -> Image.Image:
    if picture.width * picture.height <= REDUCED_FROM:
        return picture
    return picture.reduce(max(1, min(picture.size) // (2 * size)))


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as the camera was held; a damaged note of that is as good as none."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 — Pillow's EXIF reader raises whatever the damage leads to
        return picture


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, which becomes white."""
    if picture.mode != "RGBA":
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
