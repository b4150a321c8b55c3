"""A text run in a person's hands: what the Text page asks, answered from the run's checkpoints."""

import json
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aigc_core.common.device import SMALL, device_of
from aigc_core.common.errors import ConfigError, DataError, RunError
from aigc_core.common.progress import Look
from aigc_core.data.download import nothing_fetched
from aigc_core.data.sources import Text, source_of
from aigc_core.data.split import split_text
from aigc_core.data.text import cleaned
from aigc_core.data.tokenizer import StreamingDetokenizer
from aigc_core.families.base import ForwardTrace, TextFamily, TextRequest, count_parameters
from aigc_core.inference import model_cache
from aigc_core.metrics import memorization
from aigc_core.runs.run import Run

LONGEST_PROMPT = 200_000  # characters; of a longer one the end is read
MOST_SAMPLES = 16
MOST_NAMED = 20  # unknown characters
ALTERNATIVES = 12
MOST_READ = 256  # tokens whose attention is computed
MOST_LOOKED = 64  # of them are shown
MOST_SAID = 24  # of them are shown layer by layer
MOST_MEASURED = 20_000  # characters whose surprise is measured
MOST_COMPARED = 20_000  # characters that are looked for in the training text
REMEMBERED = 64  # positions whose logits are kept, so that a slider changes only what depends on it
LETTERS = {"en": "the", "zh": "的一"}  # who knows these knows the language's letters
SHOWN_NUMBERS = 6  # of a query, a key or a value
MARGIN = 60  # characters shown around a place in the training text

_heavy = threading.BoundedSemaphore(2)  # readings with all their numbers, so that a class does not fill the memory


@dataclass(frozen=True)
class Beginning:
    """What is to be continued: a prompt, and tokens that were chosen after it."""

    prompt: str = ""
    chosen: tuple[int, ...] = ()


@dataclass
class Written:
    """Samples as they grow: for each its tokens, the text that each adds, and its probability for the model.

    `whole`: tokens up to which every sample is there; more may just be coming. `unknown`: characters of the prompt that
    the model does not know; it never saw them. `cut`: the prompt was too long, and its begin was left out.
    """

    whole: int = 0
    unknown: str = ""
    cut: bool = False
    tokens: list[list[int]] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    chances: list[list[float]] = field(default_factory=list)


def opened(run: Run, step: int | None) -> tuple[model_cache.Model, TextFamily]:
    """The loaded model of a run that writes.

    Raises:
        RunError: it makes something else, or has no such checkpoint.
    """
    model = model_cache.load(run, step)
    if not isinstance(model.family, TextFamily):
        raise RunError("run.no_text", "{name} writes no text; choose a run that does.", name=run.name)
    return model, model.family


def describe(run: Run, step: int | None) -> dict[str, Any]:
    """What a page must know of a model: size, context, vocabulary, languages, its checkpoints, its data."""
    model, family = opened(run, step)
    layers, heads = family.layers_and_heads
    parameters = count_parameters(family.networks)
    known = {language: not family.tokenizer.unknown_in(letters) for language, letters in LETTERS.items()}
    return {
        "run": run.name,
        "step": model.step,
        "steps": run.checkpoints.steps(),
        "data": family.config.data,
        "origin": "" if model.step else Path(family.config.init_from).name,  # of a model as it was fetched
        "context": family.config.context,
        "vocabulary": family.info.vocabulary,
        "layers": layers,
        "heads": heads,
        "parameters": parameters,
        "precisions": _precisions(parameters, device_of(family.networks).type),
        "prompt": family.config.prompt.strip("\n"),
        "languages": [language for language, whole in known.items() if whole],
    }


def _precisions(parameters: int, device: str) -> list[str]:
    """Those that a page offers: in a small network nothing is gained by less than float32."""
    return list(TextRequest.precisions) if parameters > SMALL and device != "mps" else ["float32"]


def prompt_tokens(family: TextFamily, beginning: Beginning) -> list[int]:
    """Tokens to continue, at least one.

    Raises:
        ConfigError: no character of the prompt is known. DataError: tokens that the model does not have.
    """
    chosen = list(beginning.chosen)
    if any(not 0 <= one < family.info.vocabulary for one in chosen):
        raise DataError("writing.no_such_token", "A token that was chosen does not exist in this model; start anew.")
    return family.encode_prompt(beginning.prompt[-LONGEST_PROMPT:]) + chosen


def spelled(run: Run, step: int | None, beginning: Beginning) -> list[dict[str, Any]]:
    """The tokens of a beginning with the text that each adds: [{"id", "text"}]."""
    _, family = opened(run, step)
    speller = StreamingDetokenizer(family.tokenizer)
    return [{"id": token, "text": speller.add(token)} for token in prompt_tokens(family, beginning)]


def write(
    run: Run, step: int | None, beginning: Beginning, request: TextRequest, count: int, stop: str, look: Look
) -> Written:
    """Continue a beginning `count` times, sample i from seed + i; `look` is shown what has grown so far.

    Tokens that were chosen count as drawn, so that going on gives what writing on would have given.

    Args:
        stop: a sample ends when it has written this; empty = only at its length.
    """
    _, family = opened(run, step)
    if not 1 <= count <= MOST_SAMPLES:
        raise ConfigError("writing.too_many", "From 1 to {limit} texts can be written at once.", limit=MOST_SAMPLES)
    ids = prompt_tokens(family, beginning)
    seeds = [request.seed + number for number in range(count)]
    spellers = [StreamingDetokenizer(family.tokenizer, ids) for _ in range(count)]
    before = family.tokenizer.decode(list(beginning.chosen[-len(stop) :])) if stop else ""
    written = Written(
        unknown="".join(family.tokenizer.unknown_in(beginning.prompt[-LONGEST_PROMPT:])[:MOST_NAMED]),
        cut=len(beginning.prompt) > LONGEST_PROMPT,
        tokens=[[] for _ in seeds],
        texts=[[] for _ in seeds],
        chances=[[] for _ in seeds],
    )
    ended = [False] * count
    for drawn in family.generate(family.networks, ids, request, seeds, skip=len(beginning.chosen)):
        tokens, chances = drawn.token.tolist(), drawn.probability.tolist()
        for number in (one for one in range(count) if not ended[one]):
            written.tokens[number].append(tokens[number])
            written.chances[number].append(round(chances[number], 6))
            written.texts[number].append(spellers[number].add(tokens[number]))
            if stop and stop in before + "".join(written.texts[number][-8:]):
                ended[number] = True
        written.whole += 1
        look(len(written.tokens[0]) / request.max_new_tokens, written)
        if all(ended):
            break
    for number, speller in enumerate(spellers):
        if rest := speller.rest():
            written.texts[number][-1] += rest
    return written


# -- one position ---------------------------------------------------------------------------------------

_logits: OrderedDict[tuple[tuple[str, int, int], tuple[int, ...]], Tensor] = OrderedDict()
_logits_lock = threading.Lock()


def alternatives(
    run: Run, step: int | None, beginning: Beginning, request: TextRequest, chosen: int | None
) -> dict[str, Any]:
    """What could come next: {"tokens": [{"id", "text", "before", "after"}], "kept", "entropy"}.

    `before`: the model's own probability; `after`: with the request's knobs; `kept`: how many tokens the knobs
    leave; `entropy` of the model's own distribution, nats. `chosen` is listed even if it is unlikely.
    """
    model, family = opened(run, step)
    ids = prompt_tokens(family, beginning)
    logits = _logits_after(model, family, ids)
    before, after = logits.softmax(-1), family.next_probabilities(logits, ids, request)
    shown = {*before.topk(min(ALTERNATIVES, len(before))).indices.tolist()}
    shown |= {int(one) for one in after.topk(min(ALTERNATIVES, len(after))).indices if after[one] > 0}
    if chosen is not None and 0 <= chosen < len(before):
        shown.add(chosen)
    tokens = [
        {"id": one, "text": StreamingDetokenizer(family.tokenizer, ids).add(one),
         "before": float(before[one]), "after": float(after[one])}
        for one in sorted(shown, key=lambda one: (-float(before[one]), one))
    ]  # fmt: skip
    return {
        "tokens": tokens,
        "kept": int((after > 0).sum()),
        "entropy": float(-(before * before.clamp_min(1e-30).log()).sum()),
    }


def _logits_after(model: model_cache.Model, family: TextFamily, ids: list[int]) -> Tensor:
    """Logits (V,) of the token after `ids`, on the CPU; those that are never spoken are −∞."""
    read = family.window(ids)
    key = (model.key, tuple(read))
    with _logits_lock:
        if key in _logits:
            _logits.move_to_end(key)
            return _logits[key]
    logits = family.next_logits(family.networks, _row(family, read)[0]).float().cpu().clone()
    logits[family.tokenizer.never_spoken] = -torch.inf
    with _logits_lock:
        _logits[key] = logits
        while len(_logits) > REMEMBERED:
            _logits.popitem(last=False)
    return logits


def _row(family: TextFamily, ids: list[int]) -> Tensor:
    return torch.tensor(ids, device=device_of(family.networks))[None]


# -- a given text ---------------------------------------------------------------------------------------


def token_nll(run: Run, step: int | None, text: str) -> dict[str, Any]:
    """How well the model foresees a text: {"tokens": [{"text", "nats"}], "n", "nats", "perplexity",
    "bits_per_byte", "unknown", "cut"}.

    `nats` of a token is −log of its probability after what stands before it; the first one has none. Where the
    text is longer than the context, each token is read with at least half a context before it.
    `unknown`: characters that the model has no token for; they were left out.
    """
    _, family = opened(run, step)
    cut, text = len(text) > MOST_MEASURED, text[:MOST_MEASURED]
    unknown = family.tokenizer.unknown_in(text)
    left_out = set(unknown)
    ids = [int(one) for one in family.tokenizer.encode("".join(one for one in text if one not in left_out))]
    if len(ids) < 2:
        raise DataError("writing.too_short", "There is too little to measure; give at least two tokens of known text.")
    nats = _nats(family, ids)
    speller = StreamingDetokenizer(family.tokenizer)
    texts = [speller.add(one) for one in ids]
    texts[-1] += speller.rest()
    total = sum(nats)
    bytes_measured = len("".join(texts[1:]).encode())
    return {
        "tokens": [{"text": one, "nats": amount} for one, amount in zip(texts, [None, *nats], strict=True)],
        "n": len(nats),
        "nats": total / len(nats),
        "perplexity": math.exp(min(total / len(nats), 700.0)),
        "bits_per_byte": total / math.log(2) / max(bytes_measured, 1),
        "unknown": "".join(unknown[:MOST_NAMED]),
        "cut": cut,
    }


def _nats(family: TextFamily, ids: list[int]) -> list[float]:
    """−log probability of every token but the first."""
    context, start = family.config.context, 0
    found: list[float] = []
    while start + 1 < len(ids):
        row = _row(family, ids[start : start + context])
        with _heavy:
            logits = family.logits(family.networks, row)[0, :-1].float()
            new = -logits.log_softmax(-1).gather(1, row[0, 1:, None])[:, 0]
        found += new[len(found) - start :].tolist()  # those that an earlier window has not measured
        if start + context >= len(ids):
            break
        start += max(1, context // 2)
    return [round(one, 4) for one in found]


def copied(run: Run, step: int | None, text: str, look: Look) -> dict[str, Any]:
    """The longest passage that stands word for word in the training text: {"start", "length", "place", "before",
    "after", "usual", "size", "began"}.

    `start`, `length` in `text`; `place` in the training text, from 0 to 1, with a few characters around it;
    `usual`: the longest such passage of an unseen text of the same length, None where too little was held out;
    `began`: the model that this one went on from, whose own training text is not compared.

    Raises:
        DataError: nothing to compare, or the training text is not on this machine.
    """
    _, family = opened(run, step)
    text = text[:MOST_COMPARED]
    if not text.strip():
        raise DataError("writing.nothing", "There is no text to compare; write something first.")
    train, held_out = _training_text(family)
    start, length, place = memorization.longest_copy(text, train, lambda part: look(0.1 + 0.4 * part, None))
    middle = max(0, (len(held_out) - len(text)) // 2)
    unseen = held_out[middle : middle + len(text)]
    usual = None
    if len(unseen) == len(text):
        usual = memorization.longest_copy(unseen, train, lambda part: look(0.5 + 0.5 * part, None))[1]
    return {
        "start": start, "length": length, "place": place / max(len(train), 1),
        "before": train[max(0, place - MARGIN) : place], "after": train[place + length : place + length + MARGIN],
        "usual": usual, "size": len(train), "began": Path(family.config.init_from).name,
    }  # fmt: skip


_last_text: dict[str, tuple[str, str]] = {}
_text_lock = threading.Lock()


def _training_text(family: TextFamily) -> tuple[str, str]:
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


# -- looking inside -------------------------------------------------------------------------------------


def attention(run: Run, step: int | None, beginning: Beginning) -> dict[str, Any]:
    """Where each head looks while the model reads: for the last `MOST_LOOKED` tokens, at one another.

    {"tokens": [text], "layers", "heads", "weights": uint8 (L, H, T, T), 255 = all of a token's attention}. What a row
    lacks went to earlier tokens.
    """
    _, family = opened(run, step)
    ids, texts = _last(family, beginning)
    shown = slice(-len(texts), None)
    weights = _inside(family, ids).attention[..., shown, shown]
    return {
        "tokens": texts,
        "layers": weights.shape[0],
        "heads": weights.shape[1],
        "weights": (weights * 255).round().to(torch.uint8).cpu().numpy(),
    }


def attention_numbers(
    run: Run, step: int | None, beginning: Beginning, layer: int, head: int, at: int
) -> dict[str, Any]:
    """The formula's numbers for one shown token of one head: {"query", "keys", "scores", "weights", "earlier",
    "output", "size"}.

    `scores` are q·k/√D of the token with itself and all shown before it, `weights` their part of the softmax over
    everything that was read, `earlier` what went to tokens that are not shown, `output` the weighted sum of all
    values; of vectors the first `SHOWN_NUMBERS` of `size` numbers are given.
    """
    _, family = opened(run, step)
    ids, texts = _last(family, beginning)
    inside = _inside(family, ids)
    layers, heads = inside.attention.shape[:2]
    if not (0 <= layer < layers and 0 <= head < heads and 0 <= at < len(texts)):
        raise DataError("writing.no_such_head", "There is no such layer, head or token here.")
    query, keys, values = (part[layer, head] for part in (inside.queries, inside.keys, inside.values))
    size, first = query.shape[-1], len(ids) - len(texts)
    at += first
    scores = (keys[: at + 1] @ query[at]) / size**0.5
    weights = inside.attention[layer, head, at, : at + 1]
    return {
        "size": size,
        "query": query[at, :SHOWN_NUMBERS].tolist(),
        "keys": keys[first : at + 1, :SHOWN_NUMBERS].tolist(),
        "scores": scores[first:].tolist(),
        "weights": weights[first:].tolist(),
        "earlier": float(weights[:first].sum()),
        "output": (weights @ values[: at + 1])[:SHOWN_NUMBERS].tolist(),
    }


def logit_lens(run: Run, step: int | None, beginning: Beginning) -> dict[str, Any]:
    """What each layer would say next, after each of the last `MOST_SAID` tokens: {"tokens": [text],
    "said": [[text]], "chances": [[p]]}.

    Row 0 is the input itself, the last row what the model says.
    """
    _, family = opened(run, step)
    ids, texts = _last(family, beginning)
    texts = texts[-MOST_SAID:]
    said, chances = [], []
    for state in _inside(family, ids).states[:, -len(texts) :].split(1):  # one layer at a time: vocabularies are large
        with _heavy:
            logits = family.logit_lens(family.networks, state)[0].clone()
            logits[:, family.tokenizer.never_spoken] = -torch.inf
            best = logits.softmax(-1).max(-1)
        before = range(len(ids) - len(texts) + 1, len(ids) + 1)
        words = zip(before, best.indices.tolist(), strict=True)
        said.append([StreamingDetokenizer(family.tokenizer, ids[:place]).add(one) for place, one in words])
        chances.append(best.values.tolist())
    return {"tokens": texts, "said": said, "chances": chances}


def _last(family: TextFamily, beginning: Beginning) -> tuple[list[int], list[str]]:
    """What the model reads of a beginning, at most `MOST_READ` tokens, and the text that each of the last
    `MOST_LOOKED` adds."""
    ids = prompt_tokens(family, beginning)
    speller = StreamingDetokenizer(family.tokenizer)
    texts = [speller.add(one) for one in ids]
    read = family.window(ids)[-MOST_READ:]
    return read, texts[-min(MOST_LOOKED, len(read)) :]


def _inside(family: TextFamily, ids: list[int]) -> ForwardTrace:
    with _heavy:
        return family.inside(family.networks, _row(family, ids)[0])


# -- during training ------------------------------------------------------------------------------------


def history(run: Run, beginning: Beginning, request: TextRequest, look: Look) -> list[dict[str, Any]]:
    """The same continuation by every checkpoint that the run has kept: [{"step", "text"}]."""
    found: list[dict[str, Any]] = []
    steps = run.checkpoints.steps()
    for step in steps:
        if not run.checkpoints.folder(step).is_dir():  # a run that goes on keeps only some
            continue

        def part(done: float, shown: Any, before: int = len(found)) -> None:
            look((before + done) / len(steps), list(found))

        written = write(run, step, beginning, request, 1, "", part)
        found.append({"step": step, "text": "".join(written.texts[0])})
    look(1.0, found)
    return found
