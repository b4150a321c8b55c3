"""What is said of a person's own pictures before anything is trained on them."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aigc_core.common.errors import DataError
from aigc_core.data import picture_report
from aigc_core.data.picture_report import PictureReport, judge_pictures
from tests.helpers.pictures import HEIC, encoded, packed, picture, unpacked
from tests.helpers.sources import config


def judged(place: Path, **settings: Any) -> PictureReport:
    return judge_pictures(config("vae", data="folder", data_path=str(place), **settings))


def keys(notes: list[dict[str, Any]]) -> list[str]:
    return [one["key"] for one in notes]


def flat(colour: tuple[int, int, int]) -> bytes:
    return encoded(Image.new("RGB", (32, 32), colour))


def test_pictures_that_are_left_out_are_said_before_the_start(tmp_path: Path) -> None:
    files = {f"{i}.jpg": picture(i, format="JPEG") for i in range(3)} | {f"{i}.HEIC": HEIC for i in range(50)}
    report = judged(packed(tmp_path / "a.zip", files))
    assert (report.pictures, report.looked_at, report.usable, report.shape) == (3, 3, 3, (32, 32, 3))
    assert report.verdict == "far_too_little" and keys(report.advice) == ["data.few_pictures"]
    assert keys(report.notes) == ["data.left_out_format"] and report.notes[0]["values"]["kinds"] == "50 HEIC"


def test_what_training_leaves_out_is_left_out_here(tmp_path: Path) -> None:
    files = {f"cats/{i}.png": picture(i) for i in range(5)} | {f"dogs/{i}.png": picture(i) for i in range(3, 8)}
    files |= {"dogs/red.png": flat((255, 0, 0)), "cats/broken.png": b"no"}
    report = judged(packed(tmp_path / "a.zip", files), conditional=True)
    assert (report.pictures, report.looked_at, report.usable) == (11, 11, 8)
    assert report.classes == {"cats": 5, "dogs": 6}
    assert keys(report.notes) == ["data.left_out_damaged", "data.repeated_pictures"]
    assert report.notes[1]["text"] == "Left out, 1 of a single colour and 2 that look exactly like another picture."
    assert "judge.small_class" in keys(report.advice)


def test_the_verdict_grows_with_the_number_of_different_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigc_core.data.image_split.LEAST", 4)
    monkeypatch.setattr(picture_report, "LEAST", 4)
    monkeypatch.setattr(picture_report, "ENOUGH", 8)
    verdicts = []
    for count in (3, 5, 9):
        place = unpacked(tmp_path / str(count), {f"{i}.png": picture(i) for i in range(count)})
        unpacked(place, {f"again-{i}.png": picture(0) for i in range(9)})
        verdicts.append(judged(place).verdict)
    assert verdicts == ["far_too_little", "little", "enough"]


@pytest.mark.parametrize("limit", ["LOOKED_AT", "LOOK_S"])
def test_of_many_pictures_a_part_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(picture_report, "LOOK_S", 1000)
    monkeypatch.setattr(picture_report, limit, 10)
    ticks = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: next(ticks))  # a second for each picture
    files = {f"{folder}/{i}.png": picture(40 * i + ord(folder)) for folder in "abcdefgh" for i in range(5)}
    report = judged(unpacked(tmp_path / "mine", files))
    assert report.pictures == 40 and report.usable == report.looked_at
    assert report.looked_at == (10 if limit == "LOOKED_AT" else 11)
    assert report.classes == dict.fromkeys("abcdefgh", 5) and not report.notes


def test_classes_that_are_asked_for_must_be_there(tmp_path: Path) -> None:
    place = unpacked(tmp_path / "mine", {f"only/{i}.png": picture(i) for i in range(3)})
    assert keys(judged(place, conditional=True).advice)[0] == "judge.no_classes"
    assert "judge.no_classes" not in keys(judged(place).advice)


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        ([flat((40 * i, 9, 9)) for i in range(5)], "5 are of a single colour and 0 look .* switch the setting “clean”"),
        ([flat((9, 9, 9))] * 5, "0 can be used: 5 are of a single colour .* give more pictures.$"),
        ([picture(1)] * 4, "Of 4 pictures 1 can be used: 0 .* 3 look exactly like another at 32×32"),
        ([picture(1)], "Of 1 pictures 1 can be used"),
        ([picture(1), flat((0, 0, 0))], "Of 2 pictures 1 can be used: 1 are of a single colour"),
    ],
    ids=["five colours", "one colour", "all the same", "one", "one and a black one"],
)
def test_too_few_different_pictures_are_a_sentence_that_says_why(
    tmp_path: Path, contents: list[bytes], sentence: str
) -> None:
    place = unpacked(tmp_path / "mine", {f"{i}.png": content for i, content in enumerate(contents)})
    with pytest.raises(DataError, match=sentence) as error:
        judged(place)
    if error.value.message["key"] == "data.too_few_pictures_clean":  # the advice helps
        assert judged(place, clean=False).usable == len(contents)
