"""A person's own pictures, in a folder or a .zip, also damaged and hostile ones."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.runs.preflight import check_can_start
from tests.helpers.sources import config, pictures_of


def picture(size: tuple[int, int], mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(size[0]).integers(0, 255, (size[1], size[0], 4), dtype=np.uint8)
    Image.fromarray(noise, "RGBA").convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def own_pictures(tmp_path: Path) -> dict[str, bytes]:
    return {
        f"{name}/{i}.png": picture((40 + i, 30), mode)
        for name in ("cats", "dogs")
        for i, mode in enumerate(["RGB", "L", "RGBA", "P"])
    }


@pytest.mark.parametrize("as_zip", [False, True])
def test_own_pictures_with_classes_by_sub_folder(tmp_path: Path, as_zip: bool) -> None:
    files = own_pictures(tmp_path) | {"cats/broken.png": b"no picture", "notes.txt": b"hello"}
    place = tmp_path / ("mine.zip" if as_zip else "mine")
    if as_zip:
        with zipfile.ZipFile(place, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
    data = pictures_of("folder", config("gan", data="folder", data_path=str(place), image_size=32))
    assert data.pixels.shape == (8, 32, 32, 3) and data.class_names == ["cats", "dogs"]
    assert [note["text"] for note in data.notes] == ["1 files were no readable pictures and were left out"]


def test_deep_grey_transparent_and_turned_pictures_are_read_as_they_look(tmp_path: Path) -> None:
    place = tmp_path / "odd"
    place.mkdir()
    ramp = np.linspace(0, 65535, 40 * 40).reshape(40, 40).astype(np.uint16)
    Image.fromarray(ramp).save(place / "a.png")
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(place / "b.png")
    turned = Image.new("L", (40, 40), 0)
    turned.paste(255, (0, 0, 40, 20))  # white above, black below
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned.save(place / "c.jpg", exif=exif, quality=95)
    data = pictures_of("folder", config("gan", data="folder", data_path=str(place), image_size=32, channels=1))
    deep, clear, upside = data.pixels.astype(float).mean(axis=(2, 3))
    assert deep.mean() == pytest.approx(127.5, abs=2) and clear.mean() > 254
    assert upside[:12].mean() < 20 and upside[-12:].mean() > 235


def test_a_name_does_not_choose_the_decoder(tmp_path: Path) -> None:
    place = tmp_path / "evil"
    place.mkdir()
    (place / "x.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EOF\n")
    with pytest.raises(DataError, match="no readable picture"):
        pictures_of("folder", config("gan", data="folder", data_path=str(place)))


def test_damaged_zips_are_a_sentence_or_a_skipped_file(tmp_path: Path) -> None:
    place = tmp_path / "a.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in own_pictures(tmp_path).items():
            archive.writestr(name, content)
    good = place.read_bytes()
    place.write_bytes(good.replace(b"PK\x01\x02", b"PK\x09\x09"))
    with pytest.raises(DataError, match="damaged"):
        pictures_of("folder", config("gan", data="folder", data_path=str(place)))
    first = good.index(b"PNG") if b"PNG" in good else 60
    place.write_bytes(good[:first] + b"\xff" * 40 + good[first + 40 :])
    assert len(pictures_of("folder", config("gan", data="folder", data_path=str(place))).pixels) == 7


def test_a_zip_that_points_outside_writes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "inner" / "evil.zip"
    place.parent.mkdir()
    with zipfile.ZipFile(place, "w") as archive:
        for i in range(3):
            archive.writestr(f"../../evil{i}.png", picture((32 + i, 32)))
    before = sorted(tmp_path.rglob("*"))
    assert len(pictures_of("folder", config("gan", data="folder", data_path=str(place))).pixels) == 3
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [None, b"", b"not a zip"])
def test_no_pictures_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "x.zip"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(DataError, match="neither a folder nor"):
        pictures_of("folder", config("gan", data="folder", data_path=str(place)))


def test_an_empty_folder_and_a_missing_path_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no readable picture"):
        pictures_of("folder", config("gan", data="folder", data_path=str(tmp_path)))
    with pytest.raises(ConfigError, match="needs your own file or folder"):
        check_can_start(config("gan", data="folder"))
