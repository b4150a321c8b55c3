"""Character n-gram models with Kneser-Ney smoothing: what a text's entropy is without any network."""

from dataclasses import dataclass

import numpy as np

from aigc_core.data.text import excerpts
from aigc_core.data.tokenizer import code_points

FITTED = 1_000_000  # characters of training text that are counted, and of held-out text that are foretold


FORETOLD = 50_000


LONGEST_GRAM = 6  # characters; longer ones gain less than 0.02 nats on a million characters of English


def character_loss(train: str, held: str, present: np.ndarray) -> float | None:
    """Nats a character that a `CharacterModel` of the training text needs for the held-out text."""
    numbers = np.zeros(int(present[-1]) + 1, np.int64)
    numbers[present] = np.arange(len(present))
    return counted_loss(numbers[code_points(train)], numbers[code_points(held)], len(present))


def counted_loss(train: np.ndarray, held_out: np.ndarray, vocabulary: int) -> float | None:
    """Nats a token that counting alone reaches: a `CharacterModel` of training tokens (T,) on held-out ones; None if
    there are too few. What a network must beat."""
    return counted(train, vocabulary).loss(excerpts(held_out, FORETOLD))


def counted(train: np.ndarray, vocabulary: int) -> "CharacterModel":
    """A `CharacterModel` of training tokens (T,), or of parts from all over them if there are very many."""
    return CharacterModel(excerpts(train, FITTED), vocabulary)


@dataclass
class _Level:
    """The n-grams of one length, as sorted numbers, and what each adds; likewise their contexts."""

    grams: np.ndarray
    gains: np.ndarray
    contexts: np.ndarray
    rests: np.ndarray  # the probability that a context leaves to the next shorter one


class CharacterModel:
    """Interpolated n-grams of characters with modified Kneser-Ney smoothing (Chen and Goodman 1999, “An empirical
    study of smoothing techniques for language modeling”), over a uniform distribution.

    A row of n characters is one number: the newest is its highest digit. So a shorter row, which ends at the same
    place, is that number without its lowest digits, and the context is the number without its highest one.

    Args:
        texts: int64 (T,) each, in [0, vocabulary).
        vocabulary: how many characters there are.
    """

    def __init__(self, texts: list[np.ndarray], vocabulary: int) -> None:
        self.vocabulary = vocabulary
        self.order = max(n for n in range(1, LONGEST_GRAM + 1) if vocabulary**n <= 2**63)
        self._levels: list[_Level] = []  # the longest n-grams first
        numbers = np.concatenate([self._numbers(self.rows(one)) for one in texts])
        grams, counts = np.unique(numbers, return_counts=True)
        for length in range(self.order, 0, -1) if len(grams) else ():
            taken = _discounts(counts)[np.minimum(counts, 3)]
            contexts, which = np.unique(grams % vocabulary ** (length - 1), return_inverse=True)
            total = np.bincount(which, weights=counts)
            rests = np.bincount(which, weights=taken) / total
            self._levels.append(_Level(grams, (counts - taken) / total[which], contexts, rests))
            # A shorter one counts as often as there are different characters before it.
            grams, counts = np.unique(grams // vocabulary, return_counts=True)

    def loss(self, texts: list[np.ndarray]) -> float | None:
        """Nats a token that it needs for texts (T,) each; None if these, or those that were counted, are too short."""
        rows = np.concatenate([self.rows(one) for one in texts])
        return float(-np.log(self.probabilities(rows)).mean()) if len(rows) and self._levels else None

    def rows(self, codes: np.ndarray) -> np.ndarray:
        """Every character after those before it, int64 (N, order), of a text."""
        if len(codes) < self.order:
            return np.zeros((0, self.order), np.int64)
        return np.lib.stride_tricks.sliding_window_view(codes, self.order)

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Of the last character of each row, after those before it: float64 (N,)."""
        numbers = self._numbers(rows)
        found = np.full(len(rows), 1 / self.vocabulary)
        for length, level in enumerate(reversed(self._levels), start=1):
            grams = numbers // self.vocabulary ** (self.order - length)
            contexts = grams % self.vocabulary ** (length - 1)
            found *= _looked_up(level.contexts, level.rests, contexts, 1.0)
            found += _looked_up(level.grams, level.gains, grams, 0.0)
        return found

    def _numbers(self, rows: np.ndarray) -> np.ndarray:
        return rows @ np.array([self.vocabulary**place for place in range(self.order)], dtype=np.int64)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from counts of 0, 1, 2 and 3 or more; estimated from how many occur once to four times."""
    often = np.bincount(np.minimum(counts, 5), minlength=6)
    taken = np.array([0.0, 0.75, 0.75, 0.75])  # where a small text has none of these
    if often[1] and often[2]:
        share = often[1] / (often[1] + 2 * often[2])
        for n in (1, 2, 3):
            if often[n]:
                taken[n] = min(max(n - (n + 1) * share * often[n + 1] / often[n], 0.1), n)
    return taken


def _looked_up(keys: np.ndarray, values: np.ndarray, asked: np.ndarray, otherwise: float) -> np.ndarray:
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[place] == asked, values[place], otherwise)
