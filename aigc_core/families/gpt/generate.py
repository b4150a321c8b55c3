"""Writing text token by token, with a cache, each sample from its own random numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from aigc_core.data.tokenizer import Speller, Tokenizer
from aigc_core.families.base import Drawn, TextRequest
from aigc_core.families.gpt.model import GPT, Reader
from aigc_core.seeds import Stream, generator

COLDEST = 1e-4  # temperatures below it are 0: the division would leave the range of float32
SMALL = 4_000_000  # weights up to which one thread writes fastest


def next_token_probabilities(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    seen: Tensor | None = None,
) -> Tensor:
    """Logits (B, V) to probabilities float32 (B, V). The knobs work in this order:

    Args:
        repetition_penalty: logits of the tokens in `seen` are divided by it where positive, multiplied where
            negative (CTRL, Keskar 2019); 1 = none.
        temperature: logits are divided by it; 0 takes the most likely token.
        top_k: only the k most likely tokens stay; 0 = all.
        top_p: only the fewest tokens that together have this probability stay (nucleus, Holtzman 2020); 1 = all.
        min_p: only tokens stay that have at least this part of the likeliest's probability (Nguyen 2024); 0 = all.
        seen: the tokens of the text so far, int64 (B, T).
    """
    probabilities, tokens = _choices(logits, temperature, top_k, top_p, min_p, repetition_penalty, seen)
    if tokens is None:
        return probabilities
    return probabilities.new_zeros(logits.shape).scatter_(-1, tokens, probabilities)


def _choices(
    logits: Tensor,
    temperature: float,
    top_k: int,
    top_p: float,
    min_p: float,
    repetition_penalty: float,
    seen: Tensor | None,
) -> tuple[Tensor, Tensor | None]:
    """Probabilities (B, K) and their tokens (B, K) in rising order; None where they are all tokens."""
    logits = logits.float()
    if seen is not None and repetition_penalty != 1:
        old = logits.gather(-1, seen)
        old = torch.where(old > 0, old / repetition_penalty, old * repetition_penalty)
        logits = logits.scatter(-1, seen, old)
    if temperature < COLDEST:
        likeliest = logits.argmax(-1, keepdim=True)
        return torch.ones_like(likeliest, dtype=torch.float32), likeliest
    tokens = None
    if 0 < top_k < logits.shape[-1]:
        tokens = logits.topk(top_k, sorted=False).indices.sort().values
        logits = logits.gather(-1, tokens)
    probabilities = (logits / temperature).softmax(-1)
    if top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        beyond = ordered.cumsum(-1) - ordered >= top_p  # mass before this token is enough already
        beyond[:, 0] = False  # the likeliest always stays
        probabilities = probabilities.masked_fill(beyond.scatter(-1, order, beyond), 0.0)
    if min_p > 0:
        likeliest = probabilities.amax(-1, keepdim=True)
        probabilities = probabilities.masked_fill(probabilities < min_p * likeliest, 0.0)
    if top_p < 1 or min_p > 0:
        probabilities = probabilities / probabilities.sum(-1, keepdim=True)
    return probabilities, tokens


def draw(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """One column per row by inverting the cumulative distribution: (B, K), (B,) in [0, 1) -> (B,)."""
    cumulative = probabilities.double().cumsum(-1)
    target = uniform[:, None] * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True).squeeze(-1).clamp_max(probabilities.shape[-1] - 1)


def first_read(length: int, context: int) -> int:
    """The first token that is read of a text of this length: 0 while all of it fits into the context.

    Where the context is full, its newest half is read again and the window stays until it is full once more. This
    depends on the length alone, so that a text that is gone on with is read as it was before.
    """
    if length <= context:
        return 0
    stay = context + 1 - context // 2
    return length - (length - context - 1) % stay - context // 2


@torch.inference_mode()
def tokens(
    model: GPT, prompts: Tensor, request: TextRequest, never: list[int], seeds: list[int], skip: int = 0
) -> Iterator[Drawn]:
    """New tokens, B at a time, for prompts (B, T) of equal length, T ≥ 1. The tokens in `never` are not drawn.

    Row i draws from `seeds[i]` alone, without the first `skip` of its random numbers, so that a text can be gone on
    with as if it had not been interrupted. The model reads from `first_read` on, so that writing
    can go on for ever. It computes only what is asked for: close the iterator to stop.
    """
    steps, end = request.max_new_tokens, prompts.shape[1]
    knobs = (request.temperature, request.top_k, request.top_p, request.min_p, request.repetition_penalty)
    count = skip + steps
    randoms = (torch.rand(count, generator=generator(seed, Stream.SAMPLE), dtype=torch.float64) for seed in seeds)
    uniforms = torch.stack(list(randoms), dim=1)[skip:].to(prompts.device)
    text = torch.cat([prompts, prompts.new_empty(len(prompts), steps)], dim=1)
    silent = torch.zeros(model.wte.num_embeddings, device=prompts.device)
    silent[never] = -torch.inf
    reader = Reader(model, len(text))
    threads = 1 if sum(weight.numel() for weight in model.parameters()) <= SMALL else torch.get_num_threads()
    first = -1
    for step in range(steps):
        with _threads(threads):
            before, first = first, first_read(end, model.context)
            logits = reader.read_on(text[:, end - 1]) if first == before else reader.read(text[:, first:end])
            logits = logits.float()
            probabilities, kept = _choices(logits + silent, *knobs, text[:, :end])
            column = draw(probabilities, uniforms[step])[:, None]
            token = column if kept is None else kept.gather(-1, column)
            probability = logits.softmax(-1).gather(-1, token)
        text[:, end : end + 1] = token
        end += 1
        yield Drawn(token.squeeze(-1), probability.squeeze(-1))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Compute with so many threads. A small network leaves a second one so little to do that waiting for it takes
    longer than it saves; ten times longer where another program trains on the same cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def pieces(stream: Iterator[Drawn], tokenizer: Tokenizer, prompt: list[int]) -> Iterator[str]:
    """The text of a stream of one row, piece by piece; bytes of an unfinished character are held back."""
    speller = Speller(tokenizer, prompt)
    for drawn in stream:
        yield speller.add(int(drawn.token))
    if rest := speller.rest():
        yield rest


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> np.ndarray:
    """Tokens of a prompt, at least one. Unknown characters are skipped; nothing at all means a new line."""
    encoded = tokenizer.encode(prompt)
    known = encoded[~np.isin(encoded, tokenizer.never_spoken)]
    return known if len(known) else np.array([tokenizer.start])
