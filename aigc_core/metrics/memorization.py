"""Did a model copy? Passages of one text that stand word for word in another."""

import numpy as np

from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data.tokenizer import code_points

BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it has an inverse modulo 2⁶⁴
AT_ONCE = 500_000  # characters of the source; its hashes take 24 times as many bytes


def longest_copy(text: str, source: str, progress: ProgressCallback = silent) -> tuple[int, int, int]:
    """Where the longest common passage starts in `text`, its length in characters, and where it is in `source`.

    The greatest length is found by halving: a passage of n characters contains one of n − 1. Passages of one
    length are compared by hashes modulo 2⁶⁴ (Karp & Rabin 1987), all places at once, and then letter by letter.

    Args:
        progress: told the part of the source that was searched.
    """
    hashes, known = _Hashes(text), (0, 0, 0)
    for first in range(0, len(source), AT_ONCE):
        progress(first / len(source), None)
        part = _Hashes(source[first : first + AT_ONCE + len(text)])  # a passage may lie across the border
        start, length, place = _longest(hashes, part, known[1])
        if length > known[1]:
            known = start, length, first + place
    return known


def copied_share(texts: list[str], source: str, length: int) -> float:
    """The part of the characters of `texts` in passages of at least `length` that stand word for word in `source`."""
    hashes = [_Hashes(text) for text in texts if len(text) >= length]
    found = [np.zeros(len(one.text) - length + 1, bool) for one in hashes]
    for first in range(0, len(source) - length + 1, AT_ONCE):
        known = np.sort(_Hashes(source[first : first + AT_ONCE + length - 1]).of(length))
        for one, starts in zip(hashes, found, strict=True):
            wanted = one.of(length)
            starts |= known[np.searchsorted(known[:-1], wanted)] == wanted  # `np.isin` would order `known` each time
    copied = sum(np.convolve(starts, np.ones(length)).astype(bool).sum() for starts in found)
    return float(copied / max(sum(map(len, texts)), 1))


def _longest(text: "_Hashes", source: "_Hashes", beaten: int) -> tuple[int, int, int]:
    """The same in one part, unless the longest passage there is no longer than `beaten`."""
    known, low, high = (0, 0, 0), beaten, min(len(text.text), len(source.text))
    length = beaten + 1  # most parts have nothing longer
    while low < high:
        place = _common(text, source, length)
        if place is None:
            high = length - 1
        else:
            low, known = length, (place[0], length, place[1])
        length = (low + high + 1) // 2
    return known


def _common(text: "_Hashes", source: "_Hashes", length: int) -> tuple[int, int] | None:
    """The first places of a passage of this length that both have."""
    ours, theirs = text.of(length), source.of(length)
    wanted = np.unique(ours)
    where = np.flatnonzero(np.isin(theirs, wanted))
    for place in where:
        start = int(np.flatnonzero(ours == theirs[place])[0])
        if text.text[start : start + length] == source.text[place : place + length]:
            return start, int(place)
    return None


class _Hashes:
    """Hashes of all passages of a text: Σ cᵢ Bⁱ over the passage, divided by B to its first place."""

    def __init__(self, text: str) -> None:
        self.text = text
        letters = code_points(text).astype(np.uint64)
        powers = _powers(BASE, len(letters))
        self.sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(letters * powers, dtype=np.uint64)])
        self.inverse = _powers(np.uint64(pow(int(BASE), -1, 2**64)), len(letters))

    def of(self, length: int) -> np.ndarray:
        """uint64 (len(text) − length + 1,)."""
        count = len(self.text) - length + 1
        return (self.sums[length:] - self.sums[:count]) * self.inverse[:count]


def _powers(base: np.uint64, count: int) -> np.ndarray:
    factors = np.full(count, base, np.uint64)
    if count:
        factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)
