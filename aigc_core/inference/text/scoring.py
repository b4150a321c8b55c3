"""A given text and a model: how well it is foreseen, and whether it stands in the training text."""

import json
import math
import threading
from pathlib import Path
from typing import Literal, TypedDict

from aigc_core.common.errors import DataError
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.download import nothing_fetched
from aigc_core.data.sources import Text, source_of
from aigc_core.data.split import split_text
from aigc_core.data.text import cleaned
from aigc_core.data.tokenizer import StreamingDetokenizer
from aigc_core.families.causal_lm import TextFamily
from aigc_core.inference.text.session import MOST_NAMED, full_passes, open_model, token_tensor
from aigc_core.metrics import memorization
from aigc_core.metrics.text_diversity import copy_length
from aigc_core.runs.run import Run

MOST_MEASURED = 20_000  # characters whose surprise is measured
MOST_COMPARED = 20_000  # characters that are looked for in the training text
MEMORISED = 2  # times the longest passage of an unseen text
MARGIN = 60  # characters shown around a place in the training text


class TokenNll(TypedDict):
    """−log of a token's probability after what stands before it; the first one has none."""

    text: str
    nats: float | None


class TextNll(TypedDict):
    """How well a model foresees a text: `n` tokens, the mean `nats` of them, and the bits of all over the bytes of
    UTF-8 that they stand for. `unknown`: characters that it has no token for; they were left out."""

    tokens: list[TokenNll]
    n: int
    nats: float
    perplexity: float
    bits_per_byte: float
    unknown: str
    cut: bool


class Copy(TypedDict):
    """The longest passage of a text that stands word for word in the training text.

    `start`, `length` in the text; `place` in the training text, from 0 to 1, with a few characters around it; `usual`:
    the longest such passage of an unseen text of the same length, None where too little was held out; `size` of the
    training text; `cut`: only the first `MOST_COMPARED` characters of the text were looked for; `began`: the model that
    this one went on from, whose own training text is not compared.

    `verdict`: ``new`` below `limit` characters, from which on the figure `copies` counts, too. From there on
    ``copied``, or ``repeats`` if it is no more than `MEMORISED` times `usual`: then texts of this kind repeat
    themselves, and nothing need have been learned by heart. ``alone``: likewise, with nothing to compare with.
    """

    verdict: Literal["new", "copied", "repeats", "alone"]
    limit: int
    start: int
    length: int
    place: float
    before: str
    after: str
    usual: int | None
    size: int
    cut: bool
    began: str


def token_nll(run: Run, step: int | None, text: str) -> TextNll:
    """How well the model foresees a text, token by token.

    Where the text is longer than the context, each token is read with at least half a context before it.
    """
    _, family = open_model(run, step)
    cut, text = len(text) > MOST_MEASURED, text[:MOST_MEASURED]
    unknown = family.tokenizer.unknown_in(text)
    left_out = set(unknown)
    ids = [int(one) for one in family.tokenizer.encode_known("".join(one for one in text if one not in left_out))]
    if len(ids) < 2:
        raise DataError("writing.too_short", "There is too little to measure; give at least two tokens of known text.")
    nats = _token_nlls(family, ids)
    detokenizer = StreamingDetokenizer(family.tokenizer)
    texts = [detokenizer.add(one) for one in ids]
    texts[-1] += detokenizer.rest()
    total = sum(nats)
    return {
        "tokens": [{"text": one, "nats": amount} for one, amount in zip(texts, [None, *nats], strict=True)],
        "n": len(nats),
        "nats": total / len(nats),
        "perplexity": math.exp(min(total / len(nats), 700.0)),
        "bits_per_byte": total / math.log(2) / max(family.tokenizer.bytes_of(ids[1:]), 1),
        "unknown": "".join(unknown[:MOST_NAMED]),
        "cut": cut,
    }


def _token_nlls(family: TextFamily, ids: list[int]) -> list[float]:
    """−log probability of every token but the first."""
    context, start = family.config.context, 0
    found: list[float] = []
    while start + 1 < len(ids):
        row = token_tensor(family, ids[start : start + context])
        with full_passes:
            logits = family.logits(family.networks, row)[0, :-1].float()
            new = -logits.log_softmax(-1).gather(1, row[0, 1:, None])[:, 0]
        found += new[len(found) - start :].tolist()  # those that an earlier window has not measured
        if start + context >= len(ids):
            break
        start += max(1, context // 2)
    return [round(one, 4) for one in found]


def longest_copy(run: Run, step: int | None, text: str, progress: ProgressCallback) -> Copy:
    """The longest passage that stands word for word in the training text.

    Raises:
        DataError: nothing to compare, or the training text is not on this machine.
    """
    _, family = open_model(run, step)
    cut, text = len(text) > MOST_COMPARED, text[:MOST_COMPARED]
    if not text.strip():
        raise DataError("writing.nothing", "There is no text to compare; write something first.")
    train, held_out = training_text(family)
    if unknown := family.tokenizer.unknown_in(train):  # it was left out of what the model read
        train = train.translate(dict.fromkeys(map(ord, unknown)))
    start, length, place = memorization.longest_copy(text, train, lambda part, _: progress(0.1 + 0.4 * part, None))
    middle = max(0, (len(held_out) - len(text)) // 2)
    unseen = held_out[middle : middle + len(text)]
    usual = None
    if len(unseen) == len(text):
        usual = memorization.longest_copy(unseen, train, lambda part, _: progress(0.5 + 0.5 * part, None))[1]
    limit = copy_length(text)
    return {
        "verdict": _verdict(length, usual, limit), "limit": limit,
        "start": start, "length": length, "place": place / max(len(train), 1),
        "before": train[max(0, place - MARGIN) : place], "after": train[place + length : place + length + MARGIN],
        "usual": usual, "size": len(train), "cut": cut, "began": Path(family.config.init_from).name,
    }  # fmt: skip


def _verdict(length: int, usual: int | None, limit: int) -> Literal["new", "copied", "repeats", "alone"]:
    if length < limit:
        return "new"
    if usual is None:
        return "alone"
    return "copied" if length > MEMORISED * usual else "repeats"


_last_text: dict[str, tuple[str, str]] = {}
_text_lock = threading.Lock()


def training_text(family: TextFamily) -> tuple[str, str]:
    """What the model learned from, and what was held out; the last one asked for stays in memory."""
    config = family.config
    key = json.dumps(config.model_dump(include={"data", "data_path", "clean", "validation", "seed", "language"}))
    with _text_lock:
        if key not in _last_text:
            with nothing_fetched():
                source = source_of(config.data).load(config)
            if not isinstance(source, Text):
                raise DataError("data.empty_text", "The text is empty; choose another one.")
            documents = (cleaned(source) if config.clean else source).documents
            _last_text.clear()
            _last_text[key] = split_text(documents, config.validation, config.seed)
        return _last_text[key]
