"""What is inside a GPT while it reads: attention weights, the arithmetic of a head, the logit lens."""

from typing import TypedDict

import numpy as np
import torch

from aigc_core.common.errors import DataError
from aigc_core.data.tokenizer import StreamingDetokenizer
from aigc_core.families.causal_lm import ForwardTrace, TextFamily
from aigc_core.inference.text.session import Prefix, full_passes, open_model, prompt_tokens, token_tensor
from aigc_core.runs.run import Run

MOST_READ = 256  # tokens whose attention is computed
MOST_LOOKED = 64  # of them are shown
MOST_SAID = 24  # of them are shown layer by layer
SHOWN_NUMBERS = 6  # of a query, a key or a value


class AttentionWeights(TypedDict):
    """`weights` uint8 (L, H, T, T), 255 = all of a token's attention; what a row lacks went to earlier tokens."""

    tokens: list[str]
    layers: int
    heads: int
    weights: np.ndarray


class AttentionNumbers(TypedDict):
    """`scores` are q·k/√D of a token with itself and all shown before it, `weights` their part of the softmax over
    everything that was read, `earlier` what went to tokens that are not shown, `output` the weighted sum of all values;
    of vectors the first `SHOWN_NUMBERS` of `size` numbers are given."""

    size: int
    query: list[float]
    keys: list[list[float]]
    scores: list[float]
    weights: list[float]
    earlier: float
    output: list[float]


class LogitLens(TypedDict):
    """What each layer (row 0: the input itself, the last row: what the model says) holds for the next token, and with
    which probability (`chances`), after each of `tokens`."""

    tokens: list[str]
    said: list[list[str]]
    chances: list[list[float]]


def attention_weights(run: Run, step: int | None, prefix: Prefix) -> AttentionWeights:
    """Where each head looks while the model reads: for the last `MOST_LOOKED` tokens, at one another."""
    _, family = open_model(run, step)
    ids, texts = _visible_tokens(family, prefix)
    shown = slice(-len(texts), None)
    weights = _trace(family, ids).attention[..., shown, shown]
    return {
        "tokens": texts,
        "layers": weights.shape[0],
        "heads": weights.shape[1],
        "weights": (weights * 255).round().to(torch.uint8).cpu().numpy(),
    }


def attention_numbers(run: Run, step: int | None, prefix: Prefix, layer: int, head: int, at: int) -> AttentionNumbers:
    """The formula's numbers for one shown token of one head."""
    _, family = open_model(run, step)
    ids, texts = _visible_tokens(family, prefix)
    trace = _trace(family, ids)
    layers, heads = trace.attention.shape[:2]
    if not (0 <= layer < layers and 0 <= head < heads and 0 <= at < len(texts)):
        raise DataError("writing.no_such_head", "There is no such layer, head or token here.")
    query, keys, values = (part[layer, head] for part in (trace.queries, trace.keys, trace.values))
    size, first = query.shape[-1], len(ids) - len(texts)
    at += first
    scores = (keys[: at + 1] @ query[at]) / size**0.5
    weights = trace.attention[layer, head, at, : at + 1]
    return {
        "size": size,
        "query": query[at, :SHOWN_NUMBERS].tolist(),
        "keys": keys[first : at + 1, :SHOWN_NUMBERS].tolist(),
        "scores": scores[first:].tolist(),
        "weights": weights[first:].tolist(),
        "earlier": float(weights[:first].sum()),
        "output": (weights @ values[: at + 1])[:SHOWN_NUMBERS].tolist(),
    }


def logit_lens(run: Run, step: int | None, prefix: Prefix) -> LogitLens:
    """What each layer would say next, after each of the last `MOST_SAID` tokens."""
    _, family = open_model(run, step)
    ids, texts = _visible_tokens(family, prefix)
    texts = texts[-MOST_SAID:]
    said, probs = [], []
    for state in _trace(family, ids).states[:, -len(texts) :].split(1):  # one layer at a time: vocabularies are large
        with full_passes:
            logits = family.logit_lens(family.networks, state)[0].clone()
            logits[:, family.tokenizer.never_spoken] = -torch.inf
            best = logits.softmax(-1).max(-1)
        before = range(len(ids) - len(texts) + 1, len(ids) + 1)
        words = zip(before, best.indices.tolist(), strict=True)
        said.append([StreamingDetokenizer(family.tokenizer, ids[:place]).add(one) for place, one in words])
        probs.append(best.values.tolist())
    return {"tokens": texts, "said": said, "chances": probs}


def _visible_tokens(family: TextFamily, prefix: Prefix) -> tuple[list[int], list[str]]:
    """What the model reads of a prefix, at most `MOST_READ` tokens, and the text that each of the last
    `MOST_LOOKED` adds."""
    ids = prompt_tokens(family, prefix)
    detokenizer = StreamingDetokenizer(family.tokenizer)
    texts = [detokenizer.add(one) for one in ids]
    read = family.window(ids)[-MOST_READ:]
    return read, texts[-min(MOST_LOOKED, len(read)) :]


def _trace(family: TextFamily, ids: list[int]) -> ForwardTrace:
    with full_passes:
        return family.inside(family.networks, token_tensor(family, ids)[0])
