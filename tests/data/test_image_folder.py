"""A person's own pictures, in a folder or a .zip, also damaged and hostile ones."""

import io
import os
import shutil
import subprocess
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.data import picture_files
from aigc_core.data.picture_decoding import opened
from aigc_core.data.sources import Images
from aigc_core.runs.preflight import check_can_start
from tests.helpers.pictures import HEIC, encoded, entry, packed, picture, unpacked
from tests.helpers.sources import config, pictures_of


def read(place: Path, **settings: object) -> Images:
    return pictures_of("folder", config("gan", data="folder", data_path=str(place), **settings))


def notes_of(data: Images) -> list[str]:
    return [str(note["text"]) for note in data.notes]


def counts(data: Images) -> dict[str, int]:
    """Pictures of each class."""
    assert data.labels is not None
    return dict(zip(data.class_names, np.bincount(data.labels).tolist(), strict=True))


def own_pictures() -> dict[str, bytes]:
    modes = ["RGB", "L", "RGBA", "P"]
    return {
        f"{name}/{i}.png": picture(i + 10 * len(name), (40 + i, 30), mode)
        for name in ("cats", "puppies")
        for i, mode in enumerate(modes)
    }


@pytest.mark.parametrize("as_zip", [False, True])
def test_own_pictures_with_classes_by_sub_folder(tmp_path: Path, as_zip: bool) -> None:
    files = own_pictures() | {"cats/broken.png": b"no picture", "notes.txt": b"hello"}
    place = packed(tmp_path / "mine.zip", files) if as_zip else unpacked(tmp_path / "mine", files)
    data = read(place, image_size=32)
    assert data.pixels.shape == (8, 32, 32, 3) and data.class_names == ["cats", "puppies"]
    assert notes_of(data) == [
        "Left out, 1 damaged or no picture at all, whatever the name says (broken.png).",
        "Not read because they are no pictures: 1 (1 TXT).",
    ]


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
    data = read(place, image_size=32, channels=1)
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
    place = packed(tmp_path / "a.zip", own_pictures())
    good = place.read_bytes()
    place.write_bytes(good.replace(b"PK\x01\x02", b"PK\x09\x09"))
    with pytest.raises(DataError, match="damaged"):
        read(place)
    first = good.index(b"cats/0.png") + 200
    place.write_bytes(good[:first] + b"\xff" * 40 + good[first + 40 :])
    data = read(place)
    assert len(data.pixels) == 7 and "1 damaged" in notes_of(data)[0]


def test_a_zip_that_points_outside_writes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "inner" / "evil.zip"
    place.parent.mkdir()
    with zipfile.ZipFile(place, "w") as archive:
        for i in range(3):
            archive.writestr(f"../../evil{i}.png", picture(i))
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


# -- archives as systems pack them ------------------------------------------------------------------------

CHINESE = {f"{name}/{i}.png": picture(10 * row + i) for row, name in enumerate(("猫", "狗")) for i in range(2)}


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", None])
def test_class_folders_keep_their_chinese_names(tmp_path: Path, encoding: str | None) -> None:
    data = read(packed(tmp_path / "a.zip", CHINESE, encoding))
    assert counts(data) == {"狗": 2, "猫": 2} and not data.notes


def test_some_names_may_say_their_encoding(tmp_path: Path) -> None:
    """As Windows packs: a name that the encoding of its language has not is in UTF-8, with the flag."""
    place = tmp_path / "mixed.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for i, name in enumerate(("猫", "猫", "狗")):
            archive.writestr(entry(f"{name}/{i}.png", "gbk"), picture(i))
        archive.writestr("🐟/3.png", picture(3))
    assert counts(read(place)) == {"狗": 1, "猫": 2, "🐟": 1}


def test_a_name_in_unicode_beside_the_other_counts(tmp_path: Path) -> None:
    """Info-ZIP's extra field; its checksum says for which name it stands."""
    place = tmp_path / "extra.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for i, name in enumerate(("猫", "狗")):
            one = entry(f"?{i}/{i}.png", "ascii")
            said = b"\x01" + zlib.crc32(f"?{i}/{i}.png".encode()).to_bytes(4, "little") + f"{name}/{i}.png".encode()
            one.extra = (0x7075).to_bytes(2, "little") + len(said).to_bytes(2, "little") + said
            archive.writestr(one, picture(i))
    assert read(place).class_names == ["狗", "猫"]


@pytest.mark.parametrize("names", [("cats", "dogs"), ("数据\\猫", "数据\\狗")], ids=str)
def test_backslashes_part_folders(tmp_path: Path, names: tuple[str, str]) -> None:
    contents = {f"{name}\\{i}.png": picture(i) for i, name in enumerate(names)}
    expected = sorted(name.split("\\")[-1] for name in names)
    assert read(packed(tmp_path / "a.zip", contents, "gbk")).class_names == expected


def test_a_character_may_have_a_backslash_as_its_second_byte(tmp_path: Path) -> None:
    names = ["乗", "俓"]
    assert all(one.encode("gbk").endswith(b"\\") for one in names)
    contents = {f"{name}猫狗/{i}.png": picture(i) for i, name in enumerate([*names, "小"])}
    data = read(packed(tmp_path / "a.zip", contents, "gbk"))
    assert data.class_names == sorted(f"{name}猫狗" for name in [*names, "小"])


def test_a_mac_packs_names_apart_and_files_of_its_own(tmp_path: Path) -> None:
    contents = {f"Archive/{name}/{i}.png": picture(i) for i, name in enumerate(("café", "thé"))}
    contents |= {f"__MACOSX/Archive/{name}/._{i}.png": b"\0\5\x16\7" for i, name in enumerate(("café", "thé"))}
    contents |= {"Archive/.DS_Store": b"\0\0\0\1Bud1"}
    apart = {unicodedata.normalize("NFD", name): content for name, content in contents.items()}
    data = read(packed(tmp_path / "a.zip", apart, "utf-8"))
    assert counts(data) == {"café": 1, "thé": 1}
    assert notes_of(data) == ["Skipped because hidden, or of a system or tool: 2 (__MACOSX, .DS_Store)."]


@pytest.mark.skipif(not shutil.which("zip"), reason="Info-ZIP's zip is not installed")
def test_an_archive_of_info_zip(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "mine", CHINESE)
    (folder / "猫" / "away.png").symlink_to("/etc/hostname")
    subprocess.run(["zip", "-qry", "../a.zip", "."], cwd=folder, check=True)
    data = read(tmp_path / "a.zip")
    assert counts(data) == {"狗": 2, "猫": 2} and "Links that were not followed: 1" in notes_of(data)[0]


# -- what lies among the pictures -------------------------------------------------------------------------


@pytest.mark.parametrize("as_zip", [False, True])
def test_what_tools_put_there_is_no_class(tmp_path: Path, as_zip: bool) -> None:
    junk = [".ipynb_checkpoints/1-checkpoint.png", "cats/.ipynb_checkpoints/1.png", "__MACOSX/cats/._1.png",
            "cats/@eaDir/1.png/SYNOFILE_THUMB_M.png", "dogs/Thumbs.db", "dogs/desktop.ini", "cats/.DS_Store",
            "$RECYCLE.BIN/x/1.png", "System Volume Information/1.png", ".git/objects/1.png"]  # fmt: skip
    files = {f"{name}/{i}.png": picture(i + len(name)) for name in ("cats", "dogs") for i in range(3)}
    files |= {name: picture(100 + i) for i, name in enumerate(junk)}
    place = packed(tmp_path / "a.zip", files) if as_zip else unpacked(tmp_path / "a", files)
    data = read(place)
    assert counts(data) == {"cats": 3, "dogs": 3} and len(data.notes) == 1
    assert notes_of(data)[0].startswith("Skipped because hidden, or of a system or tool: 10 (")


def test_links_are_followed_in_a_folder_without_going_round(tmp_path: Path) -> None:
    far = unpacked(tmp_path / "far", {f"{i}.png": picture(i) for i in range(3)})
    place = unpacked(tmp_path / "mine", {f"dogs/{i}.png": picture(10 + i) for i in range(2)})
    (place / "cats").symlink_to(far)
    (place / "dogs" / "again").symlink_to(place)
    (far / "home").symlink_to(place / "cats")
    (place / "a-name-before-dogs").symlink_to(place / "dogs")
    (place / "gone").symlink_to(tmp_path / "nowhere")
    (place / "dogs" / "one-more.png").symlink_to(unpacked(tmp_path / "x", {"9.png": picture(9)}) / "9.png")
    data = read(place)
    assert counts(data) == {"cats": 3, "dogs": 3}
    assert notes_of(data)[0].startswith("Links that were not followed: 4 (")


def test_a_folder_unpacked_without_its_encoding_keeps_its_names(tmp_path: Path) -> None:
    for i, name in enumerate(("猫", "狗")):  # the first one is valid UTF-8 as well
        unpacked(tmp_path / "mine", {os.fsdecode(name.encode("gbk")) + "/1.png": picture(i)})
    data = read(tmp_path / "mine")
    assert data.class_names == ["狗", "猫"] and not data.notes


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    place = unpacked(tmp_path / "mine", {"1.png": picture(1)})
    os.mkfifo(place / "2.png")
    assert len(read(place).pixels) == 1


@pytest.mark.parametrize("as_zip", [False, True])
def test_every_picture_that_is_left_out_is_counted_with_its_reason(
    tmp_path: Path, as_zip: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_files, "LARGEST_FILE", 20_000)
    files = {f"IMG_{i}.jpg": picture(i, format="JPEG") for i in range(3)}
    files |= {f"IMG_{i}.HEIC": HEIC for i in range(50)} | {"called.jpg": HEIC, "scan.tif": b"II*\0" + bytes(99)}
    files |= {"inner.zip": b"PK", "labels.csv": b"1", "empty.png": b"", "large.png": picture(9, (100, 100))}
    files |= {"no-ending": picture(7), "really-a-png.heic": picture(8)}
    data = read(packed(tmp_path / "a.zip", files) if as_zip else unpacked(tmp_path / "a", files))
    assert len(data.pixels) == 5
    assert notes_of(data) == [
        "Left out, 52 in a format that is not read here (51 HEIC, 1 TIFF): save them as JPEG or PNG.",
        "Left out, 1 damaged or no picture at all, whatever the name says (empty.png).",
        "Left out, 1 too large (large.png): a file may have 0 MB, a JPEG 250 million pixels, any other picture "
        "52 million.",
        "Archives among the pictures, which are not opened: 1 (1 ZIP). Unpack them first.",
        "Not read because they are no pictures: 1 (1 CSV).",
    ]


def test_locked_and_strangely_packed_files_are_said_to_be_so(tmp_path: Path) -> None:
    place = packed(tmp_path / "a.zip", {f"{i}.png": picture(i) for i in range(4)})
    content = bytearray(place.read_bytes())
    for number, offset in enumerate(one.header_offset for one in zipfile.ZipFile(place).filelist):
        if number == 0:
            content[offset + 6] |= 1
        if number == 1:
            content[offset + 8] = 9  # Deflate64
    heads = [at for at in range(len(content)) if content[at : at + 4] == b"PK\x01\x02"]
    content[heads[0] + 8] |= 1
    content[heads[1] + 10] = 9
    place.write_bytes(content)
    data = read(place)
    assert len(data.pixels) == 2
    assert "1 locked by a password (1 PNG)" in notes_of(data)[0]
    assert "1 packed in a way that is not read here (1 PNG)" in notes_of(data)[1]


def test_only_pictures_that_cannot_be_read_is_a_sentence_that_says_what_they_are(tmp_path: Path) -> None:
    place = packed(tmp_path / "a.zip", {f"{i}.heic": HEIC for i in range(7)} | {"Thumbs.db": b"x"})
    with pytest.raises(DataError, match=r"no readable picture in a.zip \(found there: 7 HEIC\); use PNG or JPEG"):
        read(place)


def test_folders_without_pictures_are_named(tmp_path: Path) -> None:
    place = unpacked(tmp_path / "mine", {"cats/1.png": picture(1), "cats/2.png": picture(2), "dogs/1.heic": HEIC})
    (place / "birds").mkdir()
    data = read(place)
    assert data.labels is None and not data.class_names
    assert "Folders without a picture that can be read: 2 (birds, dogs)." in notes_of(data)


def test_what_folders_say_is_noted(tmp_path: Path) -> None:
    paths = ["train/cats/a/1", "train/cats/b/2", "train/dogs/3", "val/cats/4", "val/dogs/5", "test/6"]
    data = read(packed(tmp_path / "a.zip", {f"{path}.png": picture(i) for i, path in enumerate(paths)}))
    assert counts(data) == {"cats": 3, "dogs": 2}
    assert notes_of(data) == [
        "Left out, 1 beside the class folders (cats, dogs): put each picture into one of them.",
        "The folders test, train, val were taken together: the setting “validation” says what is held out.",
        "The classes are cats, dogs; folders within them were taken together.",
    ]


def test_far_too_many_entries_or_classes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = packed(tmp_path / "a.zip", {f"{i}/{i}.png": picture(i) for i in range(6)})
    monkeypatch.setattr("aigc_core.data.image_folder.MOST_CLASSES", 5)
    with pytest.raises(DataError, match="6 class folders, and at most 5"):
        read(place)
    monkeypatch.setattr(picture_files, "MOST_SEEN", 5)
    for one in (place, unpacked(tmp_path / "a", {f"{i}.png": b"" for i in range(6)})):
        with pytest.raises(DataError, match="more than"):
            read(one)


# -- size and colours -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "mode", "format", "shape"),
    [
        ((28, 28), "L", "PNG", (28, 28, 1)),
        ((28, 28), "RGB", "PNG", (28, 28, 3)),
        ((32, 32), "RGB", "WEBP", (32, 32, 3)),
        ((8, 8), "L", "BMP", (28, 28, 1)),
        ((37, 50), "L", "PNG", (36, 36, 1)),
        ((48, 48), "P", "PNG", (48, 48, 3)),
        ((64, 64), "RGBA", "PNG", (64, 64, 3)),
        ((300, 200), "CMYK", "JPEG", (64, 64, 3)),
        ((40, 40), "1", "PNG", (40, 40, 1)),
        ((40, 40), "LA", "PNG", (40, 40, 1)),
    ],
    ids=str,
)
def test_0_takes_size_and_colours_from_the_data(
    tmp_path: Path, size: tuple[int, int], mode: str, format: str, shape: tuple[int, int, int]
) -> None:
    place = unpacked(tmp_path / "mine", {f"{i}.x": picture(i, size, mode, format) for i in range(3)})
    data = read(place, image_size=0, channels=0)
    assert data.pixels.shape == (3, *shape)
    if size[0] == size[1] == shape[0] and mode in ("L", "RGB") and format == "PNG":  # not one value changes
        assert (data.pixels[0] == np.asarray(opened(picture(0, size, mode), mode, 64)).reshape(shape)).all()


def test_greys_in_any_wrapping_are_grey_and_one_colour_makes_colour(tmp_path: Path) -> None:
    grey = Image.open(io.BytesIO(picture(1, (28, 28), "L")))
    turned = Image.Exif()
    turned[0x0112] = 6
    contents = {
        "a.png": encoded(grey.convert("RGB")), "b.jpg": encoded(grey.convert("RGB"), "JPEG", quality=90),
        "c.png": encoded(grey.convert("P")), "d.png": encoded(grey.convert("RGBA")),
        "e.jpg": encoded(grey, "JPEG", exif=turned), "f.gif": encoded(grey, "GIF"),
    }  # fmt: skip
    place = unpacked(tmp_path / "mine", contents)
    data = read(place)
    assert data.pixels.shape == (6, 28, 28, 1)
    assert (data.pixels[0, ..., 0] == np.asarray(grey)).all() and (data.pixels[3] == data.pixels[0]).all()
    unpacked(place, {"g.png": picture(5, (28, 28))})
    assert read(place).pixels.shape == (7, 28, 28, 3)
    assert read(place, channels=1, image_size=32).pixels.shape == (7, 32, 32, 1)


def test_of_different_sizes_the_middle_one_counts(tmp_path: Path) -> None:
    sizes = [(20, 20), (33, 47), (33, 33), (90, 120), (33, 40)]
    place = unpacked(tmp_path / "mine", {f"{i}.png": picture(i, size) for i, size in enumerate(sizes)})
    assert read(place).pixels.shape == (5, 32, 32, 3)


# -- large and deep pictures ------------------------------------------------------------------------------


def test_a_dark_picture_of_16_bits_stays_dark(tmp_path: Path) -> None:
    def deep(most: int) -> bytes:
        return encoded(Image.fromarray(np.linspace(0, most, 32 * 32).reshape(32, 32).astype(np.uint16)))

    place = unpacked(tmp_path / "mine", {"a.png": deep(200), "b.png": deep(4000), "c.png": deep(65535)})
    data = read(place, channels=1)
    assert [int(one.max()) for one in data.pixels] == [1, 16, 255] and not data.notes
    (place / "c.png").unlink()
    (place / "b.png").write_bytes(deep(3000))
    assert "pictures of 16 bits, 2, use only the darkest 5.1 %" in notes_of(read(place))[0]


@pytest.mark.parametrize(
    ("size", "options", "read_at_all"),
    [
        ((8000, 6000), {"format": "JPEG"}, True),
        ((12_000, 9000), {"format": "JPEG"}, True),
        ((16_320, 12_240), {"format": "JPEG"}, True),  # beyond what Pillow itself calls a bomb
        ((30_000, 900), {"format": "JPEG"}, True),
        ((12_000, 9000), {"format": "JPEG", "progressive": True}, False),  # kept whole until its last scan
        ((12_000, 9000), {"format": "PNG"}, False),
        ((16_000, 16_000), {"format": "JPEG"}, False),
    ],
    ids=str,
)
def test_photographs_of_telephones_are_read_and_bombs_are_not(
    tmp_path: Path, size: tuple[int, int], options: dict[str, Any], read_at_all: bool
) -> None:
    large = encoded(Image.new("L", size, 90), **options)
    place = unpacked(tmp_path / "mine", {"a.png": picture(1, (64, 64), "L"), "large.jpg": large})
    data = read(place)
    assert len(data.pixels) == 1 + read_at_all
    if read_at_all:
        assert (data.pixels[1] == 90).all() and not data.notes
    else:
        assert "1 too large (large.jpg)" in notes_of(data)[0]


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_photograph_of_48_million_pixels_that_must_be_opened_whole(tmp_path: Path, format: str) -> None:
    whole = encoded(Image.new("RGB", (8000, 6000), (90, 90, 90)), format, method=0, lossless=True, quality=0)
    place = unpacked(tmp_path / "mine", {"a.png": whole})
    assert (read(place).pixels == 90).all()
