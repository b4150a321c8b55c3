"""Text to numbers and back: characters, or byte-level BPE trained with Hugging Face `tokenizers`.

Both are kept as one `tokenizer.json` that `transformers` can load. Both keep every Chinese character whole:
the first because a character is a token, the second because it falls back to the bytes of UTF-8.
"""

import re
from typing import Literal

import numpy as np
from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as Library

from aigc_core.errors import DataError

UNKNOWN = "<unk>"
END = "<|endoftext|>"


class Tokenizer:
    """A vocabulary and its two directions."""

    def __init__(self, library: Library) -> None:
        self._library = library
        unknown = library.token_to_id(UNKNOWN)
        end = library.token_to_id(END)
        self.never_spoken = [token for token in (unknown, end) if token is not None]
        self._unknown = unknown

    @classmethod
    def train(cls, kind: Literal["char", "bpe"], text: str, vocabulary: int) -> "Tokenizer":
        """Learn a vocabulary from `text`; `vocabulary` bounds it for BPE (at least 257)."""
        if kind == "char":
            tokens = {UNKNOWN: 0} | {one: number for number, one in enumerate(sorted(set(text)), start=1)}
            library = Library(models.WordLevel(tokens, unk_token=UNKNOWN))
            library.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
            library.decoder = decoders.Fuse()
            library.add_special_tokens([AddedToken(UNKNOWN, special=True)])
        else:
            library = Library(models.BPE())
            library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
            library.decoder = decoders.ByteLevel()
            library.train_from_iterator(
                text.split("\n\n"),
                trainers.BpeTrainer(
                    vocab_size=vocabulary,
                    special_tokens=[END],
                    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                    show_progress=False,
                ),
            )
        return cls(library)

    @classmethod
    def from_json(cls, text: str) -> "Tokenizer":
        """The tokenizer of a `tokenizer.json`.

        Raises:
            DataError: it is damaged.
        """
        try:
            return cls(Library.from_str(text))
        except Exception as problem:
            raise DataError(
                "data.bad_tokenizer", "This tokenizer cannot be read ({problem}).", problem=problem
            ) from problem

    def to_json(self) -> str:
        return self._library.to_str()

    def __len__(self) -> int:
        return self._library.get_vocab_size()

    def encode(self, text: str) -> np.ndarray:
        """Token numbers int64 (T,). Long texts are taken in pieces, to bound the memory."""
        pieces = [text[start : start + 100_000] for start in range(0, len(text), 100_000)]
        if self._unknown is None:  # BPE: pieces must end where the pre-tokenizer would cut anyway
            pieces = _at_blank_lines(text)
        lists = self._library.encode_batch_fast(pieces, add_special_tokens=False) if pieces else []
        return np.concatenate([np.asarray(one.ids, dtype=np.int64) for one in lists] or [np.zeros(0, np.int64)])

    def decode(self, tokens: list[int]) -> str:
        """Text; bytes that end in the middle of a character become U+FFFD."""
        return self._library.decode(tokens, skip_special_tokens=False)

    @property
    def start(self) -> int:
        """The token to begin with where there is no prompt: a line end, or else the first one that may be spoken."""
        line_end = self._library.token_to_id("\n" if self._unknown is not None else "Ċ")  # "Ċ" is byte 10 in GPT-2
        others = (token for token in range(len(self)) if token not in self.never_spoken)
        return int(line_end if line_end is not None else next(others))

    def unknown_in(self, text: str) -> list[str]:
        """Characters of `text` that this vocabulary has no token for, each once."""
        if self._unknown is None:
            return []
        return [one for one in dict.fromkeys(text) if self._library.token_to_id(one) is None]


def _at_blank_lines(text: str) -> list[str]:
    """Pieces that end between the two line ends of a blank line, where GPT-2's pre-tokeniser cuts in any case."""
    return re.split(r"(?<=\S\n)(?=\n\S)", text)
