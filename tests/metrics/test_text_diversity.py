"""Figures of writing: variety and copies."""

import pytest

from aigc_core.metrics.memorization import copied_share
from aigc_core.metrics.text_diversity import distinct, figures, known_share, words

SOURCE = "The quick brown fox jumps over the lazy dog, and nobody in the whole village knows why it does so. " * 3


def test_distinct_counts_different_ngrams_of_words() -> None:
    assert distinct(["a b c d"], 1) == 1
    assert distinct(["a a a a"], 1) == 0.25
    assert distinct(["a b a b a"], 2) == 0.5  # ab, ba, ab, ba
    assert distinct(["a b", "a b"], 2) == 0.5  # over all texts together, and never across two
    assert distinct([""], 2) == 0
    assert distinct(["春眠不覺曉 春眠"], 1) == pytest.approx(5 / 7)  # a Chinese character is a word


@pytest.mark.parametrize("border", [30, 1000])
def test_the_copied_share_is_exact(border: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.metrics.memorization.AT_ONCE", border)  # passages lie across parts of the source
    copied, new = SOURCE[10:70], "x" * 40
    assert copied_share([copied], SOURCE, 40) == 1
    assert copied_share([new + copied], SOURCE, 40) == 0.6
    assert copied_share([copied[:39] + "#"], SOURCE, 40) == 0
    assert copied_share(["short", new], SOURCE, 40) == 0
    assert copied_share([], SOURCE, 40) == 0
    assert copied_share([copied], "", 40) == 0


def test_chinese_counts_shorter_passages() -> None:
    poem = "春眠不覺曉，處處聞啼鳥。夜來風雨聲，花落知多少。"
    found = figures([poem], [poem], poem)
    assert found["copies_length"] == 12 and found["copies"] == 1
    assert figures(["words"], ["some English words"], "text")["copies_length"] == 40


def test_words_that_the_training_text_has_are_known() -> None:
    known = set(words("The cat sat, the dog ran."))
    assert known_share(["(cut) the cat ran zzyzx (cut"], known) == pytest.approx(3 / 4)  # without the first and last
    assert words("春眠不覺") == ["春眠", "眠不", "不覺"]
    found = figures(["a zzz cat a"], ["a cat a cat"], "a cat a cat a cat")
    assert found["known_words"] == pytest.approx(0.5)
