"""Files made to do harm: each is refused by a sentence, soon, with little memory, and nothing is written elsewhere."""

import io
import json
import os
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from aigc_core.common.paths import PROJECT
from tests.helpers.pictures import encoded
from tests.helpers.tally import Tally

SOON_S, MEMORY_MB = 20.0, 1500  # of the processor, for each file; the program itself takes some 950 of the memory
# Uploads each file as a page does, trains on it, and shows it to the Latent page; prints what came of it.
VISIT = """
import json, sys, time
from pathlib import Path
from aigc_core.serving.api import forms, uploads
from aigc_core.common.errors import AigcError
from aigc_core.training.trainer import fit
from aigc_core.runs.run import Run
from aigc_core.serving.api import latent

def train(file):
    kind = {".txt": ("gpt", "text")}.get(file.suffix, ("vae", "folder"))
    path = uploads.save_upload(file)
    config = forms.check(kind[0], {"data": kind[1], "data_path": path, "steps": 1, "device": "cpu"})
    return fit(Run.create(config)).state

def show(file):
    return latent.image_from_upload("vae-mnist", None, file.read_bytes())

def reopen(file):
    return latent.read_recipe(file.read_bytes())

for file in map(Path, sys.argv[1:]):
    came, start = {}, time.process_time()
    for door in (train, *((show, reopen) if file.stat().st_size < 1e8 else ())):
        try:
            came[door.__name__] = str(door(file))
        except AigcError as error:
            came[door.__name__] = error.message["key"]
    most = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1000
    print(json.dumps([file.name, time.process_time() - start, most, came]), flush=True)
"""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    """A black picture of one bit a pixel: small as a file, however large it is."""
    packer, packed = zlib.compressobj(9), b""
    row = bytes(1 + -(-width // 8))
    for _ in range(height):
        packed += packer.compress(row)
    packed += packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def zipped(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def bomb() -> bytes:
    """25 MB of zeros, four thousand times: all entries share the same few bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.png", bytes(25_000_000))
        for number in range(1, 4000):
            entry = zipfile.ZipInfo(f"{number}.png")
            for name in ("compress_type", "file_size", "compress_size", "CRC", "header_offset"):
                setattr(entry, name, getattr(archive.filelist[0], name))
            archive.filelist.append(entry)
    return buffer.getvalue()


def linked() -> bytes:
    """A zip of links to files of the machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, target in enumerate(("/etc/passwd", "../../secret.png", "/dev/zero")):
            entry = zipfile.ZipInfo(f"link-{number}.png")
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, target)
    return buffer.getvalue()


def strangely_packed() -> bytes:
    """A zip that says its pictures are packed by Deflate64, as 7-Zip can."""
    content = zipped(*((f"{number}.png", png(28, 28)) for number in range(20)))
    return content.replace(b"PK\3\4\x14\0\0\0\x08", b"PK\3\4\x14\0\0\0\x09").replace(
        b"PK\1\2\x14\3\x14\0\0\0\x08", b"PK\1\2\x14\3\x14\0\0\0\x09"
    )


def jpeg(width: int, height: int, progressive: bool) -> bytes:
    """A small JPEG that says it is large."""
    content = encoded(Image.new("RGB", (64, 64), "red"), "JPEG", progressive=progressive)
    at = content.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def crowded() -> bytes:
    """A list of four hundred thousand files, in 20 MB."""
    name = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, *bytes(4), *bytes(3), 1, *bytes(6)) + b"a"
    whole = name * 400_000
    return whole + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(whole), 0, 0)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(document.cookie)</script></svg>"
PICKLE = b"cposix\nsystem\n(S'touch executed'\ntR."
# Name of the file, its content, and the sentences it may lead to.
FILES: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "a zip bomb": ("bomb.zip", bomb, {"data.bomb"}),
    "a zip in a zip": ("nested.zip", lambda: zipped(("inner.zip", bomb())), {"data.no_pictures"}),
    "a zip of huge pictures": ("huge.zip", lambda: zipped(("a.png", png(40_000, 40_000))), {"data.no_pictures"}),
    "a zip of JPEGs that say they are huge": (
        "jpegs.zip",
        lambda: zipped(
            *((f"{number}.jpg", jpeg(65_000, 65_000, progressive=True)) for number in range(200)),
            *((f"lines-{number}.jpg", jpeg(16_000, 15_000, progressive=False)) for number in range(9)),
        ),
        {"data.too_few_pictures"},
    ),
    "a zip of hundreds of thousands of names": ("crowded.zip", crowded, {"data.too_many"}),
    "a zip of links": ("links.zip", linked, {"data.no_pictures"}),
    "a zip of scripts": ("svg.zip", lambda: zipped(("a.svg", SVG), ("b.png", SVG)), {"data.no_pictures"}),
    "a zip packed as only its packer can": ("packed.zip", strangely_packed, {"data.no_pictures_packed"}),
    "a pickle called zip": ("pickle.zip", lambda: PICKLE, {"data.no_folder"}),
    "a pickle called text": ("pickle.txt", lambda: PICKLE, {"data.text_too_short"}),
    "a huge picture": ("huge.png", lambda: png(40_000, 40_000), {"data.bad_upload"}),
    "a script as a picture": ("script.png", lambda: SVG, {"data.bad_upload"}),
    "a script": ("script.svg", lambda: SVG, {"data.bad_upload"}),
    "zeros called text": ("zeros.txt", lambda: bytes(50_000_000), {"data.empty_text"}),
    "noise called text": ("noise.txt", lambda: os.urandom(1_000_000), {"data.not_utf8"}),
}


def visit(*files: Path) -> tuple[dict[str, tuple[float, dict[str, str]]], float]:
    """The seconds and what each door said, by file; and the most megabytes that it took."""
    place = files[0].parent / "empty"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", VISIT, *map(str, files)], capture_output=True, text=True, timeout=280, check=False,
        env=os.environ | {"AIGC_RUNS": str(place / "runs"), "PYTHONPATH": str(PROJECT)}, cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (seconds, came) for name, seconds, _, came in lines}, max(most for _, _, most, _ in lines)


def test_hostile_files_are_refused_by_a_sentence(tmp_path: Path, tally: Tally) -> None:
    for name, content, _ in FILES.values():
        (tmp_path / name).write_bytes(content())
    found, megabytes = visit(*(tmp_path / name for name, _, _ in FILES.values()))
    for kind, (name, _, sentences) in FILES.items():
        seconds, came = found[name]
        assert came["train"] in sentences and came["reopen"].startswith("marks."), (kind, came)
        assert came["show"].startswith("upload."), (kind, came)
        assert seconds < SOON_S, (kind, seconds)
    assert megabytes < MEMORY_MB
    assert not list(tmp_path.rglob("executed"))
    tally("hostile files, each as data, as a picture and as a recipe: refused by a sentence", len(FILES))


def test_two_gigabytes_of_text_are_refused_unread(tmp_path: Path, tally: Tally) -> None:
    file = tmp_path / "long.txt"
    with file.open("wb") as long:
        long.truncate(2_000_000_000)
    found, megabytes = visit(file)
    seconds, came = found[file.name]
    assert came == {"train": "data.large_upload"} and seconds < SOON_S and megabytes < MEMORY_MB
    done = subprocess.run(
        [sys.executable, "-m", "aigc_core", "train", "gpt", "--data", "text", "--set", f"data_path={file}"],
        capture_output=True, text=True, cwd=PROJECT, check=False, timeout=120,
        env=os.environ | {"AIGC_RUNS": str(tmp_path / "runs")},
    )  # fmt: skip
    assert done.returncode and "Error: " in done.stderr and "Traceback" not in done.stderr
    tally("2 GB of text, uploaded and from the command line: refused by a sentence", 2)


def test_a_zip_that_points_outside_is_read_and_writes_nothing(tmp_path: Path, tally: Tally) -> None:
    names = ["../../outside.png", "/tmp/outside-aigc.png", "..\\outside.png", "a/../../outside.png", "C:\\outside.png"]
    entries = []
    for number, name in enumerate([*names, *(f"{number}.png" for number in range(40))]):
        picture = io.BytesIO()
        Image.effect_noise((32, 32), 60 + number).save(picture, "PNG")
        entries.append((name, picture.getvalue()))
    file = tmp_path / "paths.zip"
    file.write_bytes(zipped(*entries))
    assert visit(file)[0][file.name][1]["train"] == "done"
    assert not Path("/tmp/outside-aigc.png").exists() and not list(tmp_path.rglob("outside*"))
    tally("names in a zip that point outside: read, and nothing written there", len(names))
