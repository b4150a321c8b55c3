"""Every picture that leaves the program says that a machine made it.

Two marks, as China's labelling measures ask (GB 45438-2025, in force since 2025-09-01): a label that a person
sees (section 4), and a field `AIGC` in the file's metadata (annex E: `Label` 1 = generated). In PNG and GIF the
field stands in XMP under TC260's namespace, in MP4 as a metadata tag. A PNG also holds its recipe, so that it
can be made again.
"""

import hashlib
import io
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from aigc_core.errors import DataError

Language = Literal["en", "zh"]
SWITCH = "AIGC_METADATA_MARK"  # the environment variable that takes the field away when it says "off"
PRODUCER = "AIGC Studio"
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
RECIPE = "aigc-studio"  # the PNG text that holds a recipe
LEAST_SIDE = 448  # pixels of a picture that is saved
LABEL_PART = 0.09  # of the shorter side; the standard asks for letters of at least 5 %
ASSETS = Path(__file__).parent / "assets"
LARGEST_PNG = 20_000_000  # bytes
ENCODING_TIMEOUT_S = 60
XMP_TRAILER = bytes([1, *range(255, -1, -1), 0])  # lets a reader that knows no XMP find the block's end


def field(pictures: np.ndarray) -> str | None:
    """The metadata field as JSON, numbered by the pictures' own values; None where a person has switched it off."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return None
    number = hashlib.blake2b(pictures.tobytes(), digest_size=16).hexdigest()
    return json.dumps(
        {
            "Label": "1",
            "ContentProducer": PRODUCER,
            "ProduceID": number,
            "ReservedCode1": "",
            "ContentPropagator": PRODUCER,
            "PropagateID": number,
            "ReservedCode2": "",
        }
    )


def xmp(content: str) -> str:
    """An XMP packet that holds the field."""
    quoted = escape(content, {'"': "&quot;"})
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:TC260="{NAMESPACE}" TC260:AIGC="{quoted}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def png(picture: np.ndarray, recipe: dict[str, Any] | None = None) -> bytes:
    """A picture uint8 (H, W, 1 or 3) as a PNG with the field, and with what it takes to make it again."""
    info = PngInfo()
    if (content := field(picture)) is not None:
        info.add_itxt("XML:com.adobe.xmp", xmp(content))
    if recipe is not None:
        info.add_itxt(RECIPE, json.dumps(recipe, allow_nan=False))
    buffer = io.BytesIO()
    _image(picture).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def recipe_of(content: bytes) -> dict[str, Any]:
    """The recipe inside a PNG that `png` made.

    Raises:
        DataError: no PNG, or none with a recipe.
    """
    if len(content) > LARGEST_PNG:
        raise DataError("marks.large", "The file is larger than {limit} MB.", limit=LARGEST_PNG // 1_000_000)
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            text = picture.info.get(RECIPE)  # as `png` writes it, before the pixels: those are never decoded
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        text = None
    try:
        recipe = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        recipe = None
    if not isinstance(recipe, dict):
        raise DataError(
            "marks.no_recipe", "This PNG holds no recipe; only pictures saved on this page can be opened again."
        )
    return recipe


def gif(frames: np.ndarray, seconds: float, label: Language | None) -> bytes:
    """Frames uint8 (N, H, W, C) as an animated GIF that repeats."""
    pictures = (_image(finished(one[None], label)[0]) for one in frames)  # one at a time: large they are many MB
    buffer = io.BytesIO()
    next(pictures).save(
        buffer,
        "GIF",
        save_all=True,
        append_images=pictures,
        duration=max(20, round(1000 * seconds / len(frames))),
        loop=0,
    )
    content = buffer.getvalue()
    if (said := field(frames)) is None:
        return content
    block = b"\x21\xff\x0bXMP DataXMP" + xmp(said).encode() + XMP_TRAILER
    return content[:-1] + block + content[-1:]


def mp4(frames: np.ndarray, seconds: float, label: Language | None) -> bytes:
    """Frames uint8 (N, H, W, C) as an H.264 film."""
    import imageio_ffmpeg

    height, width = finished(frames[:1], label).shape[1:3]
    tags = ["-movflags", "+faststart+use_metadata_tags"]
    if (said := field(frames)) is not None:
        tags += ["-metadata", f"AIGC={said}"]
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
            "-s", f"{width}x{height}", "-r", f"{len(frames) / seconds:.4f}", "-i", "-",
            "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18",
            *tags, str(film),
        ]  # fmt: skip
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as encoder:
            assert encoder.stdin is not None
            for one in frames:
                picture = finished(one[None], label)[0]
                encoder.stdin.write(np.ascontiguousarray(np.broadcast_to(picture, (height, width, 3))).tobytes())
            encoder.stdin.close()
            encoder.wait(ENCODING_TIMEOUT_S)
        return film.read_bytes()


def finished(pictures: np.ndarray, label: Language | None) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) as they are saved: enlarged by whole pixels, and with a label strip if wanted."""
    times = max(1, -(-LEAST_SIDE // min(pictures.shape[1:3])))
    large = pictures.repeat(times, axis=1).repeat(times, axis=2)
    if label is None:
        return large
    strip = _label_strip(label, large.shape[2], max(20, round(LABEL_PART * min(large.shape[1:3]))))
    strips = np.broadcast_to(strip[None, ..., None], (len(large), *strip.shape, large.shape[3]))
    return np.concatenate([large, strips], axis=1)


def _label_strip(language: Language, width: int, height: int) -> np.ndarray:
    """Black on white, uint8 (height, width)."""
    with Image.open(ASSETS / f"label-{language}.png") as letters:
        tall = letters.resize((max(1, round(letters.width * height / letters.height)), height))
    strip = Image.new("L", (width, height), 255)
    strip.paste(0, (max(0, width - tall.width - height // 4), 0), tall)
    return np.asarray(strip)


def _image(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
