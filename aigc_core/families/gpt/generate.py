"""Writing text token by token, with a cache, each sample from its own random numbers."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.base import TextRequest
from aigc_core.families.gpt.model import GPT
from aigc_core.seeds import Stream, generator

COLDEST = 1e-4  # temperatures below it are 0: the division would leave the range of float32
INCOMPLETE = "\ufffd"  # what a decoder shows for bytes that end in the middle of a character


def next_token_probabilities(logits: Tensor, temperature: float, top_k: int, top_p: float) -> Tensor:
    """Logits (B, V) to probabilities (B, V).

    Args:
        temperature: logits are divided by it; 0 takes the most likely token.
        top_k: only the k most likely tokens stay; 0 = all.
        top_p: only the fewest tokens that together have this probability stay (nucleus, Holtzman 2020).
    """
    logits = logits.float()
    if temperature < COLDEST:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    logits = logits / temperature
    if 0 < top_k < logits.shape[-1]:
        smallest = logits.topk(top_k).values[:, -1:]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    probabilities = logits.softmax(-1)
    if top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        beyond = ordered.cumsum(-1) - ordered >= top_p  # mass before this token is enough already
        beyond[:, 0] = False  # the likeliest always stays
        probabilities = probabilities.masked_fill(beyond.scatter(-1, order, beyond), 0.0)
        probabilities = probabilities / probabilities.sum(-1, keepdim=True)
    return probabilities


def draw(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """One token per row by inverting the cumulative distribution: (B, V), (B,) in [0, 1) -> (B,)."""
    cumulative = probabilities.double().cumsum(-1)
    target = uniform.to(cumulative)[:, None] * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True).squeeze(-1).clamp_max(probabilities.shape[-1] - 1)


@torch.inference_mode()
def tokens(model: GPT, prompts: Tensor, request: TextRequest, never: list[int], seeds: list[int]) -> Iterator[Tensor]:
    """New tokens (B,) one after another, for prompts (B, T) of equal length, T ≥ 1.

    Row i draws from `seeds[i]` alone. Where the context is full, the newest half of it is read again, so that
    writing can go on for ever.
    """
    room = model.context
    text = prompts[:, -room:]
    cache = model.new_cache(len(text))
    logits = model(text, cache)[:, -1]
    randoms = [generator(seed, Stream.SAMPLE) for seed in seeds]
    for _ in range(request.max_new_tokens):
        logits[:, never] = -torch.inf
        probabilities = next_token_probabilities(logits, request.temperature, request.top_k, request.top_p)
        uniform = torch.cat([torch.rand(1, generator=random, dtype=torch.float64) for random in randoms])
        token = draw(probabilities, uniform.to(probabilities.device))
        yield token
        text = torch.cat([text, token[:, None]], dim=1)
        if cache.length == room:
            text = text[:, -(room // 2) :]
            cache.length = 0
            logits = model(text, cache)[:, -1]
        else:
            logits = model(token[:, None], cache)[:, -1]


def pieces(stream: Iterator[Tensor], tokenizer: Tokenizer, prompt: list[int]) -> Iterator[str]:
    """The text of a stream of one row, piece by piece; bytes of an unfinished character are held back."""
    written = list(prompt[-8:])  # decoding in context, because a piece may join onto what stands before it
    shown = len(tokenizer.decode(written))
    held = 0
    for token in stream:
        written.append(int(token[0]))
        text = tokenizer.decode(written)
        held += 1
        if text.endswith(INCOMPLETE) and held < 4:  # UTF-8 characters have at most four bytes
            continue
        yield text[shown:]
        written, held = written[-8:], 0
        shown = len(tokenizer.decode(written))
    rest = tokenizer.decode(written)[shown:]
    if rest:
        yield rest


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> np.ndarray:
    """Tokens of a prompt, at least one. Unknown characters are skipped; nothing at all means a new line."""
    encoded = tokenizer.encode(prompt)
    known = encoded[~np.isin(encoded, tokenizer.never_spoken)]
    return known if len(known) else np.array([tokenizer.start])
