"""Tokenisers: nothing is lost, and they do as the library does."""

import random
import time
from typing import Literal

import pytest
from tokenizers import Tokenizer as Library
from tokenizers import decoders, models, pre_tokenizers, trainers

from aigc_core.common.errors import DataError
from aigc_core.data.text import excerpts
from aigc_core.data.tokenizer import EACH, END, Tokenizer, _lines

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
    assert tokenizer.to_json() == Tokenizer.train("bpe", "\n\n".join(excerpts(text, 4000)), 400).to_json()
    assert tokenizer.decode(tokenizer.encode(text).tolist()) == text


def test_a_damaged_tokeniser_is_a_sentence() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        Tokenizer.from_json('{"version": "1.0"')


DNA = "".join(random.Random(0).choices("ACGT", k=400_000))


@pytest.mark.parametrize(
    "text", [DNA, "床前明月光疑是地上霜" * 13_000, " " * 400_000, "a" * 400_000], ids=lambda one: one[:4]
)
def test_a_line_without_spaces_takes_no_longer_than_others(text: str) -> None:
    """The library's own effort grows with the square of a word's length: for 25,000 letters seconds."""
    began = time.process_time()
    tokenizer = Tokenizer.train("bpe", text, 400)
    tokens = tokenizer.encode(text).tolist()
    assert time.process_time() - began < 40
    assert tokenizer.decode(tokens) == text and len(tokens) < len(text.encode()) / 1.5


def test_a_vocabulary_of_usual_words_is_the_librarys_own() -> None:
    text = "\n\n".join(f"line {i} 第{i}行, it's ~~~ {'=' * (i % 100)}{' ' * (i % 50)}" for i in range(3000))
    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    library.train_from_iterator(text.split("\n\n"), trainer)
    assert Tokenizer.train("bpe", text, 500).to_json() == library.to_str()


def test_a_long_line_is_cut_before_spaces_and_signs_as_the_whole_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "it's  a b，c d. 好的，好！ x 'll (y) 12,5 " * 40
    tokenizer = Tokenizer.train("bpe", text, 400)
    whole = tokenizer._library.encode(text).ids
    for piece in range(1, 40, 3):
        monkeypatch.setattr("aigc_core.data.tokenizer.PIECE", piece)
        monkeypatch.setattr("aigc_core.data.tokenizer.LONGEST_PIECE", 2 * piece)
        parts = list(_lines(text))
        assert "".join(parts) == text and max(map(len, parts)) <= 2 * piece
        if piece >= 13:  # longer than what stands between two such places
            assert tokenizer.encode(text).tolist() == whole


def test_learning_a_vocabulary_can_be_stopped() -> None:
    class Stopped(Exception):
        pass

    asked = 0

    def progress(part: float, shown: object) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Stopped

    text, began = "".join(random.Random(1).choices("天地玄黄宇宙洪荒日月盈昃", k=300_000)), time.monotonic()
    with pytest.raises(Stopped):
        Tokenizer.train("bpe", text, 5000, progress)
    assert time.monotonic() - began < 5
