"""A text model in use: prefixes, what is written after them, and what could come next."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import Tensor

from aigc_core.common.device import SMALL, device_of
from aigc_core.common.errors import ConfigError, DataError, RunError
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.tokenizer import LONGEST_CHARACTER, StreamingDetokenizer
from aigc_core.families.base import count_parameters
from aigc_core.families.causal_lm import TextFamily, TextRequest
from aigc_core.inference import model_cache
from aigc_core.runs.run import Run

LONGEST_PROMPT = 200_000  # characters; of a longer one the end is read
MOST_SAMPLES = 16
MOST_NAMED = 20  # unknown characters
ALTERNATIVES = 12
REMEMBERED = 64  # positions whose logits are kept, so that a slider changes only what depends on it
LETTERS = {"en": "the", "zh": "的一"}  # who knows these knows the language's letters

full_passes = threading.BoundedSemaphore(
    2
)  # with logits or activations of all tokens: a class must not fill the memory


@dataclass(frozen=True)
class Prefix:
    """What is to be continued: a prompt, and tokens that were chosen after it."""

    prompt: str = ""
    chosen: tuple[int, ...] = ()


class TokenText(TypedDict):
    """A token and the text that it adds."""

    id: int
    text: str


class Candidate(TokenText):
    """A token that could come next: the model's own probability of it, and the one `after` the sampling parameters."""

    before: float
    after: float


class NextTokens(TypedDict):
    """What could come next; `kept`: how many tokens the sampling parameters leave; `entropy` of the model's own
    distribution, nats."""

    tokens: list[Candidate]
    kept: int
    entropy: float


class CheckpointText(TypedDict):
    """What a checkpoint has written."""

    step: int
    text: str


@dataclass
class Continuation:
    """Samples as they grow: for each its tokens, the text that each adds, and its probability for the model.

    `whole`: tokens up to which every sample is there; more may just be coming. `unknown`: characters of the prompt that
    the model does not know; it never saw them. `cut`: the prompt was too long, and its begin was left out.
    """

    whole: int = 0
    unknown: str = ""
    cut: bool = False
    tokens: list[list[int]] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    probs: list[list[float]] = field(default_factory=list)


def open_model(run: Run, step: int | None) -> tuple[model_cache.Model, TextFamily]:
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
    model, family = open_model(run, step)
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


def prompt_tokens(family: TextFamily, prefix: Prefix) -> list[int]:
    """Tokens to continue, at least one.

    Raises:
        ConfigError: no character of the prompt is known. DataError: tokens that the model does not have.
    """
    chosen = list(prefix.chosen)
    if any(not 0 <= one < family.info.vocabulary for one in chosen):
        raise DataError("writing.no_such_token", "A token that was chosen does not exist in this model; start anew.")
    return family.encode_prompt(prefix.prompt[-LONGEST_PROMPT:]) + chosen


def token_texts(run: Run, step: int | None, prefix: Prefix) -> list[TokenText]:
    """The tokens of a prefix with the text that each adds."""
    _, family = open_model(run, step)
    detokenizer = StreamingDetokenizer(family.tokenizer)
    return [{"id": token, "text": detokenizer.add(token)} for token in prompt_tokens(family, prefix)]


def generate(
    run: Run,
    step: int | None,
    prefix: Prefix,
    request: TextRequest,
    count: int,
    stop: str,
    progress: ProgressCallback,
) -> Continuation:
    """Continue a prefix `count` times, sample i from seed + i; `progress` is shown what has grown so far.

    Tokens that were chosen count as drawn, so that going on gives what writing on would have given.

    Args:
        stop: a sample ends when it has written this, be it begun by the tokens that were chosen; empty = only at its
            length.
    """
    _, family = open_model(run, step)
    if not 1 <= count <= MOST_SAMPLES:
        raise ConfigError("writing.too_many", "From 1 to {limit} texts can be written at once.", limit=MOST_SAMPLES)
    ids = prompt_tokens(family, prefix)
    seeds = [request.seed + number for number in range(count)]
    detokenizers = [StreamingDetokenizer(family.tokenizer, ids) for _ in range(count)]
    before = _written_last(family, ids, len(prefix.chosen), len(stop))
    stops = [StopText(stop, before) for _ in range(count)]
    written = Continuation(
        unknown="".join(family.tokenizer.unknown_in(prefix.prompt[-LONGEST_PROMPT:])[:MOST_NAMED]),
        cut=len(prefix.prompt) > LONGEST_PROMPT,
        tokens=[[] for _ in seeds],
        texts=[[] for _ in seeds],
        probs=[[] for _ in seeds],
    )
    ended = [False] * count
    for drawn in family.generate(family.networks, ids, request, seeds, skip=len(prefix.chosen)):
        tokens, probs = drawn.token.tolist(), drawn.probability.tolist()
        for number in (one for one in range(count) if not ended[one]):
            written.tokens[number].append(tokens[number])
            written.probs[number].append(round(probs[number], 6))
            new = detokenizers[number].add(tokens[number])
            written.texts[number].append(new)
            ended[number] = stops[number].is_complete_with(new)
        written.whole += 1
        progress(len(written.tokens[0]) / request.max_new_tokens, written)
        if all(ended):
            break
    for number, detokenizer in enumerate(detokenizers):
        if rest := detokenizer.rest():
            written.texts[number][-1] += rest
    return written


class StopText:
    """Looks for a text in what is written, piece by piece.

    Args:
        stop: of any length; empty is never found.
        before: what was written last; if it ends with `stop`, that was found already and counts no more.
    """

    def __init__(self, stop: str, before: str) -> None:
        self._stop = stop
        self._end = "" if before.endswith(stop) else self._begun(before)

    def is_complete_with(self, new: str) -> bool:
        """Whether `stop` stands in what has been written, now that `new` follows it without a gap."""
        text = self._end + new
        self._end = self._begun(text)
        return bool(self._stop) and self._stop in text

    def _begun(self, text: str) -> str:
        """The end of a text that may be the begin of `stop`."""
        return text[max(0, len(text) - len(self._stop) + 1) :]


def _written_last(family: TextFamily, ids: list[int], chosen: int, length: int) -> str:
    """At least the last `length` characters of what the last `chosen` of the tokens add, or all of it."""
    first = len(ids) - min(chosen, LONGEST_CHARACTER * length)
    detokenizer = StreamingDetokenizer(family.tokenizer, ids[:first])
    return "".join(detokenizer.add(one) for one in ids[first:])


# -- one position ---------------------------------------------------------------------------------------

_logits: OrderedDict[tuple[tuple[str, int, int], tuple[int, ...]], Tensor] = OrderedDict()
_logits_lock = threading.Lock()


def next_token_candidates(
    run: Run, step: int | None, prefix: Prefix, request: TextRequest, chosen: int | None
) -> NextTokens:
    """What could come next. `chosen` is listed even if it is unlikely."""
    model, family = open_model(run, step)
    ids = prompt_tokens(family, prefix)
    logits = _logits_after(model, family, ids)
    before, after = logits.softmax(-1), family.next_probabilities(logits, ids, request)
    shown = {*before.topk(min(ALTERNATIVES, len(before))).indices.tolist()}
    shown |= {int(one) for one in after.topk(min(ALTERNATIVES, len(after))).indices if after[one] > 0}
    if chosen is not None and 0 <= chosen < len(before):
        shown.add(chosen)
    tokens: list[Candidate] = [
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
    logits = family.next_logits(family.networks, token_tensor(family, read)[0]).float().cpu().clone()
    logits[family.tokenizer.never_spoken] = -torch.inf
    with _logits_lock:
        _logits[key] = logits
        while len(_logits) > REMEMBERED:
            _logits.popitem(last=False)
    return logits


def token_tensor(family: TextFamily, ids: list[int]) -> Tensor:
    return torch.tensor(ids, device=device_of(family.networks))[None]


# -- a given text ---------------------------------------------------------------------------------------


# -- looking inside -------------------------------------------------------------------------------------


# -- during training ------------------------------------------------------------------------------------


def generate_at_checkpoints(
    run: Run, prefix: Prefix, request: TextRequest, progress: ProgressCallback
) -> list[CheckpointText]:
    """The same continuation by every checkpoint that the run has kept."""
    found: list[CheckpointText] = []
    steps = run.checkpoints.steps()
    for step in steps:
        if not run.checkpoints.folder(step).is_dir():  # a run that goes on keeps only some
            continue

        def progress_of_step(part: float, shown: object, before: int = len(found)) -> None:
            progress((before + part) / len(steps), list(found))

        written = generate(run, step, prefix, request, 1, "", progress_of_step)
        found.append({"step": step, "text": "".join(written.texts[0])})
    progress(1.0, found)
    return found
