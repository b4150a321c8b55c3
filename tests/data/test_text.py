"""Texts of the sources, cleaned, and the form of a poem."""

import hashlib
from pathlib import Path

import pytest

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.data.sources import Text
from aigc_core.data.text import cleaned, keeps_form, regular_poem
from aigc_core.runs.preflight import check_can_start
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


def test_a_text_that_is_not_utf8_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("你好".encode("gb18030"))
    with pytest.raises(DataError, match="UTF-8"):
        text_of("text", config("gpt", data="text", data_path=str(tmp_path / "a.txt")))
    with pytest.raises(ConfigError, match=r"there is none at .*b\.txt"):
        check_can_start(config("gpt", data="text", data_path=str(tmp_path / "b.txt")))
