"""Text to numbers and back: characters, or byte-level BPE trained with Hugging Face `tokenizers`.

Both are kept as one `tokenizer.json` that `transformers` can load. Both keep every Chinese character whole:
the first because a character is a token, the second because it falls back to the bytes of UTF-8. A third kind
is not trained here but comes with models of others: BERT's WordPiece, in which a Chinese character is a token.
"""

import re
from collections.abc import Iterator
from types import NoneType
from typing import Literal

import numpy as np
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as Library

from aigc_core.common.errors import DataError
from aigc_core.common.progress import ProgressCallback, interruptible, silent
from aigc_core.data.text import excerpts

UNKNOWN = "<unk>"
END = "<|endoftext|>"
PADDING = ("[PAD]", "<pad>", "<|pad|>", "<|padding|>")
# BERT has spaces between all tokens. They go beside what is written without (Chinese, kana, wide signs), within
# quotes, and between signs such as the halves of —— and …….
WRITTEN_CLOSE = r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
SIGN = "[“”‘’—…]"
NEEDLESS_SPACE = f"(?<={WRITTEN_CLOSE}|[“‘]) | (?={WRITTEN_CLOSE}|[”’])|(?<={SIGN}) (?={SIGN})"
INCOMPLETE = "\ufffd"  # what a decoder shows for bytes that end in the middle of a character
LONGEST_CHARACTER = 4  # bytes, in UTF-8
KEPT = 8  # tokens in whose context the next one is decoded
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)
EACH = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")  # every character by itself
# What cuts behind each of these lines as it would in the whole text.
LINE_BY_LINE = {
    str(one)
    for one in (
        EACH,
        pre_tokenizers.BertPreTokenizer(),
        *(pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=trim) for trim in (True, False)),
    )
}
UNCHANGING = (
    NoneType,
    normalizers.BertNormalizer,
    normalizers.NFC,
    normalizers.NFD,
    normalizers.NFKC,
    normalizers.NFKD,
)
LEARNED_FROM = 10_000_000  # characters, for BPE; where no word recurs, each million takes a second and up to 0.1 GB
PIECE = 100_000  # characters encoded at once; the library keeps some hundred bytes of each
LONGEST_PIECE = 200_000  # likewise, where there is no place to cut
# Bytes from which on a word (what stands between spaces and signs) is learned from in parts: the library's effort grows
# with the square of its length. No word of a usual text is that long. Divisible by 2, 3 and 4, so that where all
# characters take as many bytes none is cut.
LONGEST_WORD = 960
TOGETHER = 16  # pieces that the library shares out to the cores
# Where GPT-2's pre-tokenizer cuts whatever comes next: behind the end of a line, before a space, before a sign.
LINE = re.compile(r"(?<=\S\n)(?=\n?\S)")
WORD = re.compile(r"(?<=\S)(?= \S)|(?<=[a-zA-Z0-9\u4e00-\u9fff])(?=[,.;:!?，。；：！？、])")


_CUT_INSIDE = re.compile(rf"\n|{WORD.pattern}")


class Tokenizer:
    """A vocabulary and its two directions."""

    def __init__(self, library: Library) -> None:
        self._library = library
        model = library.model
        self.unknown: str | None = model.unk_token if isinstance(model, models.WordLevel | models.WordPiece) else None
        self.end = next((one for one in (END, "[SEP]") if self.number(one) is not None), None)
        added = library.get_added_tokens_decoder()
        special = {token for token, one in added.items() if one.special}
        others = [added[token].content for token in sorted(special)]
        fillers = [*(one for one in others if one in PADDING), self.end, self.unknown, *others]
        self.padding = next(filter(None, fillers), None)  # fills up the shorter ones of several texts
        named = (self.number(one) for one in (self.unknown, self.end) if one)
        gaps = set(range(len(self))).difference(library.get_vocab().values())
        self.never_spoken = sorted(special | gaps | {token for token in named if token is not None})
        self._added = [one.content for one in added.values()]  # found wherever they are spelt out
        self._in_pieces = (
            str(library.pre_tokenizer) in LINE_BY_LINE
            and isinstance(library.normalizer, UNCHANGING)
            and not any(one.lstrip or one.rstrip or _CUT_INSIDE.search(one.content) for one in added.values())
        )
        self._of_characters = self._numbers_of_characters()

    @classmethod
    def train(
        cls, kind: Literal["char", "bpe"], text: str, vocabulary: int, progress: ProgressCallback = silent
    ) -> "Tokenizer":
        """Learn a vocabulary from `text`; `vocabulary` bounds it for BPE (at least 257), which learns from a part of a
        very long text, and from a very long word in parts."""
        if kind == "char":
            tokens = {UNKNOWN: 0} | {one: number for number, one in enumerate(sorted(set(text)), start=1)}
            library = Library(models.WordLevel(tokens, unk_token=UNKNOWN))
            library.pre_tokenizer = EACH
            library.decoder = decoders.Fuse()
            library.add_special_tokens([AddedToken(UNKNOWN, special=True)])
        else:
            library = Library(models.BPE())
            parts = pre_tokenizers.Split(Regex(rf"[\s\S]{{{LONGEST_WORD}}}"), "isolated")
            library.pre_tokenizer = pre_tokenizers.Sequence([BYTES, parts])
            library.decoder = decoders.ByteLevel()
            trainer = trainers.BpeTrainer(
                vocab_size=vocabulary,
                special_tokens=[END],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                show_progress=False,
            )
            learned_from = [
                line
                for excerpt in excerpts(text, LEARNED_FROM)
                for document in excerpt.split("\n\n")
                for line in _lines(document)
            ]
            interruptible(
                lambda: library.train_from_iterator(learned_from, trainer), lambda: progress(0.0, "vocabulary")
            )
            library.pre_tokenizer = BYTES
        return cls(library)

    @classmethod
    def adopted(cls, text: str) -> "Tokenizer":
        """The tokenizer of another's `tokenizer.json`, see `adapted`.

        Raises:
            DataError: it is damaged.
        """
        return cls.adapted(cls.from_json(text)._library)

    @classmethod
    def adapted(cls, library: Library) -> "Tokenizer":
        """Another's tokenizer without what would change the text: it cuts nothing to a length, fills nothing up, and
        puts no tokens around."""
        library.no_truncation()
        library.no_padding()
        library.post_processor = None
        if isinstance(library.model, models.WordPiece):
            close_up = decoders.Replace(Regex(NEEDLESS_SPACE), "")
            parts = decoders.WordPiece(prefix=library.model.continuing_subword_prefix)
            library.decoder = decoders.Sequence([parts, decoders.Fuse(), close_up])
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
        """One more than the highest token number; a vocabulary of others may have gaps."""
        return 1 + max(self._library.get_vocab().values(), default=-1)

    @property
    def kind(self) -> Literal["char", "bpe"]:
        """bpe knows every text; in the other kind a character is a token, or unknown."""
        return "bpe" if self.unknown is None else "char"

    def number(self, token: str) -> int | None:
        """The number of a token, or None if there is no such."""
        number: int | None = self._library.token_to_id(token)
        return number

    def encode(self, text: str, progress: ProgressCallback = silent) -> np.ndarray:
        """Token numbers int64 (T,). Long texts are taken in pieces, to bound the memory, and cut where that changes
        nothing; only a word of about `PIECE` characters and more may be cut within."""
        if self._of_characters is not None and not any(one in text for one in self._added):
            return self._looked_up(text, self._of_characters)
        lines, encoded = list(_lines(text)) if self._in_pieces else [text], [np.zeros(0, np.int64)]
        for first in range(0, len(lines), TOGETHER):
            progress(first / len(lines), "tokens")
            some = self._library.encode_batch_fast(lines[first : first + TOGETHER], add_special_tokens=False)
            encoded += [np.asarray(one.ids, dtype=np.int64) for one in some]
        return np.concatenate(encoded)

    def encode_known(self, text: str, progress: ProgressCallback = silent) -> np.ndarray:
        """Likewise, without what is unknown."""
        encoded, unknown = self.encode(text, progress), self.unknown and self.number(self.unknown)
        return encoded if unknown is None else encoded[encoded != unknown]

    def bytes_of(self, tokens: list[int]) -> int:
        """Bytes of UTF-8 that tokens stand for; also where they begin or end in the middle of a character."""
        if not isinstance(self._library.decoder, decoders.ByteLevel):
            return len(self.decode(tokens).encode())
        counts = np.bincount(np.asarray(tokens, np.int64))
        spelt = ((self._library.id_to_token(token) or "", counts[token]) for token in np.flatnonzero(counts).tolist())
        return sum(len(token) * int(count) for token, count in spelt)  # a letter for each byte

    def _numbers_of_characters(self) -> np.ndarray | None:
        """The token of each code point int64 (N,), the last one's of all beyond; None unless a character is a token."""
        library = self._library
        unknown = None if self.unknown is None else self.number(self.unknown)
        if unknown is None or str(library.pre_tokenizer) != str(EACH) or library.normalizer is not None:
            return None
        tokens = library.get_vocab()
        codes = {ord(one): number for one, number in tokens.items() if len(one) == 1}
        table = np.full(max(codes, default=0) + 2, unknown, np.int64)
        table[list(codes)] = list(codes.values())
        return table

    def _looked_up(self, text: str, table: np.ndarray) -> np.ndarray:
        """As the library would encode it, some hundred times as fast."""
        tokens = np.empty(len(text), np.int64)
        for start in range(0, len(text), PIECE):
            codes = code_points(text[start : start + PIECE])
            tokens[start : start + PIECE] = table[np.minimum(codes, len(table) - 1)]
        return tokens

    def decode(self, tokens: list[int]) -> str:
        """Text; bytes that end in the middle of a character become U+FFFD."""
        return self._library.decode(tokens, skip_special_tokens=False)

    @property
    def start(self) -> int:
        """The token to begin with where there is no prompt: a line end (BERT has none: its token for the start of
        a text), or else the first one that may be spoken."""
        names: dict[type, str] = {models.WordLevel: "\n", models.WordPiece: "[CLS]"}
        first = self.number(names.get(type(self._library.model), "Ċ"))  # "Ċ" is byte 10 in GPT-2
        others = (token for token in range(len(self)) if token not in self.never_spoken)
        return next(others) if first is None else first

    def unknown_in(self, text: str) -> list[str]:
        """Characters of `text` that this vocabulary has no token for, each once."""
        if self.unknown is None:
            return []
        characters, unknown = list(dict.fromkeys(text)), self.number(self.unknown)
        encoded = self._library.encode_batch_fast(characters, add_special_tokens=False)
        return [one for one, tokens in zip(characters, encoded, strict=True) if unknown in tokens.ids]


class StreamingDetokenizer:
    """The text that each token of a row adds; bytes of an unfinished character are held back.

    Decoding goes on in context, because a token may join onto what stands before it.
    """

    def __init__(self, tokenizer: Tokenizer, before: list[int] | None = None) -> None:
        self._tokenizer = tokenizer
        self._row = list(before or [])[-KEPT:]
        self._held = self._unfinished()
        self._shown = len(tokenizer.decode(self._row[: len(self._row) - self._held]))

    def add(self, token: int) -> str:
        """What can be shown now that this token has come: empty in the middle of a character."""
        self._row.append(token)
        self._held += 1
        text = self._tokenizer.decode(self._row)
        if text.endswith(INCOMPLETE) and self._held < LONGEST_CHARACTER:
            return ""
        new = text[self._shown :]
        self._row, self._held = self._row[-KEPT:], 0
        self._shown = len(self._tokenizer.decode(self._row))
        return new

    def _unfinished(self) -> int:
        """How many tokens at the end of the row are the begin of a character."""
        if not self._tokenizer.decode(self._row).endswith(INCOMPLETE):
            return 0
        cuts = range(1, min(LONGEST_CHARACTER, len(self._row) + 1))
        whole = (cut for cut in cuts if not self._tokenizer.decode(self._row[:-cut]).endswith(INCOMPLETE))
        return next(whole, 0)

    def rest(self) -> str:
        """What is held back still, as well as it can be shown."""
        return self._tokenizer.decode(self._row)[self._shown :]


def code_points(text: str) -> np.ndarray:
    """The number that Unicode gives to each character: uint32 (T,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


def _lines(text: str) -> Iterator[str]:
    """The text in pieces of some length, which end with a line, or else with a word."""
    start = 0
    while len(text) - start > PIECE:
        least, most = start + PIECE, start + LONGEST_PIECE
        found = LINE.search(text, least, most) or WORD.search(text, least, most)
        if found is None and len(text) <= most:
            break
        end = found.start() if found else most
        yield text[start:end]
        start = end
    yield text[start:]
