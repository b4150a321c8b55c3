"""Tokenisers: nothing is lost, and they do as the library does."""

from typing import Literal

import pytest
from tokenizers import Tokenizer as Library
from tokenizers import models, pre_tokenizers, trainers

from aigc_core.common.errors import DataError
from aigc_core.data.text import pieces
from aigc_core.data.tokenizer import EACH, Tokenizer

MIXED = "Hello 你好，世界！\n\n  tabs\tand 🙂 emoji\n\n诗：床前明月光，疑是地上霜。\n"


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_a_tokeniser_keeps_every_character(kind: Literal["char", "bpe"]) -> None:
    tokenizer = Tokenizer.train(kind, MIXED * 5, 300)
    assert tokenizer.decode(tokenizer.encode(MIXED).tolist()) == MIXED
    again = Tokenizer.from_json(tokenizer.to_json())
    assert again.encode(MIXED).tolist() == tokenizer.encode(MIXED).tolist()


def test_characters_are_tokens_and_bytes_know_everything() -> None:
    characters = Tokenizer.train("char", "abc你", 0)
    assert len(characters.encode("a你b")) == 3
    assert characters.unknown_in("abx你好x") == ["x", "好"]
    pieces = Tokenizer.train("bpe", "abc", 300)
    assert pieces.unknown_in("龘🙂") == []
    assert pieces.decode(pieces.encode("龘🙂").tolist()) == "龘🙂"


LINES = ["a\n\nb", "a\n\n\nb\n\n", "a \n\n b\n \nc", "\n\na\n\nb\n", "诗\n\n词\n\n曲", "it\n's\n\t12\n34. \n!"]


@pytest.mark.parametrize("text", [*LINES, "".join(LINES)])
def test_text_in_pieces_is_cut_as_the_whole_would_be(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.data.tokenizer.PIECE", 1)
    tokenizer = Tokenizer.train("bpe", "x\n\n\ny \n \n" * 50 + text * 20, 280)
    assert tokenizer.encode(text).tolist() == tokenizer._library.encode(text).ids


@pytest.mark.parametrize("text", ["a\n\nb", "c \nd", "a\n\n\nb", "a\n b\n\tc", "a.\n\nb", "".join(LINES)])
def test_tokens_of_white_space_are_not_made_by_cutting(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    ends = ["a\n\n", "a \n", "a\n\n\n"]  # learned as ĊĊ, ĠĊ and ĊĊĊ, which GPT-2 has as well
    library.train_from_iterator(ends * 9, trainers.BpeTrainer(vocab_size=262, initial_alphabet=alphabet))
    assert {"ĊĊ", "ĠĊ"} <= set(library.get_vocab())
    tokenizer = Tokenizer.adopted(library.to_str())
    monkeypatch.setattr("aigc_core.data.tokenizer.PIECE", 1)
    assert tokenizer.encode(text).tolist() == library.encode(text).ids


@pytest.mark.parametrize("text", ["", "b你a\n", "龘b🙂🙃", "a<unk>b", "\U0010ffff"])
def test_characters_are_looked_up_as_the_library_does(text: str) -> None:
    learned = Tokenizer.train("char", "ab\n你🙂", 0)
    for tokenizer in (learned, Tokenizer.from_json(learned.to_json())):
        assert tokenizer._of_characters is not None  # the quick way
        assert tokenizer.encode(text).tolist() == tokenizer._library.encode(text).ids


def test_a_vocabulary_of_characters_without_an_unknown_one_is_no_trouble() -> None:
    library = Library(models.WordLevel({"a": 0, "b": 1}, unk_token="<unk>"))
    library.pre_tokenizer = EACH
    assert Tokenizer.adopted(library.to_str()).encode("ab").tolist() == [0, 1]


def test_long_texts_are_encoded_as_in_one_piece() -> None:
    text = "\n\n".join(f"line {i} 第{i}行" for i in range(20000))
    for kind in ("char", "bpe"):
        tokenizer = Tokenizer.train(kind, text, 400)
        assert tokenizer.encode(text).tolist() == tokenizer._library.encode(text).ids
        assert tokenizer.decode(tokenizer.encode(text).tolist()) == text


def test_byte_pairs_are_learned_from_a_part_of_a_very_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.data.tokenizer.LEARNED_FROM", 4000)
    text = "".join(f"line {i} 第{i}行\n\n" for i in range(5000))
    tokenizer = Tokenizer.train("bpe", text, 400)
    assert tokenizer.to_json() == Tokenizer.train("bpe", "\n\n".join(pieces(text, 4000)), 400).to_json()
    assert tokenizer.decode(tokenizer.encode(text).tolist()) == text


def test_a_damaged_tokeniser_is_a_sentence() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        Tokenizer.from_json('{"version": "1.0"')
