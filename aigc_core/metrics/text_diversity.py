"""How varied a model writes, in words that there are, and how much of it stands in its training text: figures of texts
next to real ones."""

import re
from typing import Any

from aigc_core.metrics.memorization import copied_share

UNIT = re.compile(r"[\u3400-\u9fff]|\w+")  # a Chinese character, or a word
WORD = re.compile(r"(?=([\u3400-\u9fff]{2}))|([^\W\u3400-\u9fff]+)")
CHINESE = re.compile(r"[\u3400-\u9fff]")
PASSAGE, CHINESE_PASSAGE = 40, 12  # characters from which on agreement is a copy
LONG_PASSAGE = 200  # likewise, in which texts of one kind never agree by chance
LONGEST_GRAM = 3


def figures(made: list[str], real: list[str], train: str) -> dict[str, Any]:
    """`distinct_1` to `distinct_3` of the made texts, and `distinct_2_real`; `copies` and `copies_real`, the part of
    their characters within passages of at least `copies_length` that stand word for word in the training text, and
    `excess_copies`, by how much the first is the larger; `known_words`, the share of words that the training text has,
    as a part of that of real texts."""
    found: dict[str, Any] = {f"distinct_{n}": distinct(made, n) for n in range(1, LONGEST_GRAM + 1)}
    found["distinct_2_real"] = distinct(real, 2)
    length = copy_length("".join(real))
    copies, usual = copied_share(made, train, length), copied_share(real, train, length)
    known = set(words(train))
    spelled = known_share(made, known) / max(known_share(real, known), 1e-12)
    return found | {
        "copies": copies,
        "copies_real": usual,
        "excess_copies": max(0.0, copies - usual),
        "copies_length": length,
        "known_words": spelled,
    }


def repeated_share(real: list[str], train: str) -> float:
    """The part of the characters of real texts within passages of at least `LONG_PASSAGE` that stand word for word in
    the training text. Each must be several times as long as that."""
    return copied_share(real, train, LONG_PASSAGE)


def copy_length(text: str) -> int:
    """Characters from which on a passage of such a text that stands elsewhere is a copy."""
    return CHINESE_PASSAGE if len(CHINESE.findall(text)) > len(text) / 3 else PASSAGE


def words(text: str) -> list[str]:
    """The words of a text in small letters; where it is Chinese, every two characters that stand together."""
    return [pair or word for pair, word in WORD.findall(text.lower())]


def known_share(texts: list[str], known: set[str]) -> float:
    """The part of the words of all texts that is in `known`; without the first and last of each, which may be cut."""
    found = [word for text in texts for word in words(text)[1:-1]]
    return sum(word in known for word in found) / max(len(found), 1)


def distinct(texts: list[str], n: int) -> float:
    """Different n-grams of words (or Chinese characters) over all of them; 1 if none comes twice (Li 2016)."""
    grams = []
    for text in texts:
        units = UNIT.findall(text.lower())
        grams += [tuple(units[first : first + n]) for first in range(len(units) - n + 1)]
    return len(set(grams)) / max(len(grams), 1)
