"""Texts of the sources, cleaned, and the form of a poem."""

import hashlib
import random
from pathlib import Path

import pytest

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.data.sources import Text
from aigc_core.data.text import cleaned, keeps_form, regular_poem
from aigc_core.runs.preflight import check_can_start
from aigc_core.serving.api import uploads
from tests.helpers.sources import SHARED, config, needs_shared, text_of


@needs_shared
def test_public_texts_are_found_where_the_person_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_DATA", str(SHARED))
    (shakespeare,) = text_of("shakespeare", config("gpt")).documents
    assert len(shakespeare) == 1115394
    assert hashlib.sha256(shakespeare.encode()).hexdigest().startswith("86c4e6aa")
    poems = text_of("tang", config("gpt")).documents
    assert len(poems) == 24441 and poems[0].startswith("《")


def test_a_poem_of_the_collection_is_kept_only_if_it_is_regular() -> None:
    four = {"title": "静夜思", "paragraphs": ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]}
    assert regular_poem(four) == "《静夜思》五绝\n床前明月光，疑是地上霜。\n举头望明月，低头思故乡。"
    assert regular_poem(four | {"paragraphs": four["paragraphs"][:1]}) is None
    assert regular_poem(four | {"paragraphs": ["床前明月光，疑是地霜。"] * 2}) is None


def test_a_poem_keeps_its_form_or_does_not() -> None:
    poem = "《春》五绝\n门闭仍逢雪，厨寒未起烟。\n贫家重寥落，半为日高眠。"
    assert keeps_form(poem)
    for broken in (
        poem.replace("五绝", "七绝"), poem.replace("五绝", "五律"), poem[:-3] + "。", poem.replace("。\n贫", "，\n贫"),
        poem + "\n门闭仍逢雪，厨寒未起烟。", "", "《春》", poem.replace("门", "a"),
    ):  # fmt: skip
        assert not keeps_form(broken)


def test_cleaning_text_keeps_the_words_and_drops_the_rest() -> None:
    text = cleaned(Text(["a\r\nb\x00\ufeff", "中文\r好", "a\nb", "  "]))
    assert text.documents == ["a\nb", "中文\n好"]
    assert "2 empty or repeated" in text.notes[0]["text"]


def test_a_text_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is none at .*b\.txt"):
        check_can_start(config("gpt", data="text", data_path=str(tmp_path / "b.txt")))
    with pytest.raises(DataError, match=r"nor a folder"):
        text_of("text", config("gpt", data="text", data_path=str(tmp_path)))


WRITTEN = {
    "simplified": "今天天气很好，我们一起去公园散步。孩子们在草地上奔跑，老人们坐在长椅上聊天。\n",
    "traditional": "今天天氣很好，我們一起去公園散步。孩子們在草地上奔跑，老人們坐在長椅上聊天。\n",
    "japanese": "今日はとても天気がいいので、公園へ散歩に行きました。子供たちは芝生の上を走り回った。\n",
    "french": "Le garçon a mangé une crème brûlée à côté de l’école ; c’était très bon, dès l’été.\n",
    "russian": "Сегодня очень хорошая погода, и мы пошли гулять в парк. Дети бегали по траве.\n",
    "english": "The quick brown fox jumps over the lazy dog, and it was a bright day.\n",
}
LEGACY = {
    "simplified": ["gb18030"], "traditional": ["big5"], "japanese": ["cp932", "euc_jp"], "french": ["cp1252"],
    "russian": ["cp1251"], "english": [],
}  # fmt: skip
WIDE = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("lines", [1, 400])
@pytest.mark.parametrize("language", WRITTEN)
def test_a_text_is_read_whatever_its_encoding(tmp_path: Path, language: str, lines: int) -> None:
    text, file = WRITTEN[language] * lines, tmp_path / "book.txt"
    for encoding in WIDE + LEGACY[language]:
        file.write_bytes(text.encode(encoding))
        found = text_of("text", config("gpt", data="text", data_path=str(file)))
        assert found.documents == [text], encoding
        said = [one["key"] for one in found.notes]
        assert said == ([] if encoding == "utf-8-sig" else ["data.read_as"]), encoding


POEM = "《静夜思》\n床前明月光，疑是地上霜。\n"
POEM_UTF8, POEM_GB = len(POEM.encode()), len(POEM.encode("gb18030"))
GB, UTF8 = (POEM * 40).encode("gb18030"), (POEM * 40).encode()


@pytest.mark.parametrize(
    ("content", "key", "byte", "line"),
    [
        (UTF8[:-2], "data.bad_byte", len(UTF8) - 3, 80),  # torn in its last character
        (UTF8[: 5 * POEM_UTF8] + b"\xff" + UTF8, "data.bad_byte", 5 * POEM_UTF8 + 1, 11),
        (GB[:-2], "data.bad_byte", len(GB) - 2, 80),
        (GB[: 5 * POEM_GB] + b"\xff\xff" + GB, "data.bad_byte", 5 * POEM_GB + 1, 11),
        (b"\x89PNG\r\n\x1a\n" + random.Random(0).randbytes(5000), "data.not_utf8", 1, 1),
        (b"a\nb\n" + random.Random(0).randbytes(200_000), "data.not_utf8", None, None),
    ],
    ids=["utf-8 torn", "utf-8 damaged", "gb18030 torn", "gb18030 damaged", "a picture", "noise"],
)
def test_what_is_no_text_is_refused_by_its_own_name_and_the_place(
    tmp_path: Path, content: bytes, key: str, byte: int | None, line: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGC_RUNS", str(tmp_path / "runs"))
    file = tmp_path / "我的诗.txt"
    file.write_bytes(content)
    for door in (
        lambda: text_of("text", config("gpt", data="text", data_path=str(file))),
        lambda: text_of("text", config("gpt", data="text", data_path=str(tmp_path))),
        lambda: uploads.save_upload(file),
    ):
        with pytest.raises(DataError) as caught:
            door()
        said = caught.value.message
        assert said["key"] == key and said["values"]["file"] == "我的诗.txt"
        if byte is not None:
            assert (said["values"]["byte"], said["values"]["line"]) == (byte, line)
    assert not list(tmp_path.rglob("uploads/*"))


def test_a_folder_of_texts_is_a_document_for_each(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_text("two", encoding="utf-8")
    (tmp_path / "a.txt").write_bytes(GB)
    (tmp_path / "deep" / "c.txt").write_text("three", encoding="utf-16")
    (tmp_path / "notes.md").write_text("not this", encoding="utf-8")
    found = text_of("text", config("gpt", data="text", data_path=str(tmp_path)))
    assert found.documents == [GB.decode("gb18030"), "two", "three"]
    assert [one["values"] for one in found.notes] == [
        {"file": "a.txt", "encoding": "GB18030"}, {"file": "c.txt", "encoding": "UTF-16"},
    ]  # fmt: skip
