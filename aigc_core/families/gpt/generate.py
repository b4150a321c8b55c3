"""Writing text token by token, with a cache, each sample from its own random numbers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from aigc_core.common.device import best_num_threads, refuse_bf16, threads
from aigc_core.common.rng import Stream, generator
from aigc_core.data.tokenizer import StreamingDetokenizer, Tokenizer
from aigc_core.families.base import SampledToken, TextRequest
from aigc_core.families.gpt.model import GPT, KVCacheDecoder

COLDEST = 1e-4  # temperatures below it are 0: the division would leave the range of float32
WITHOUT_PLANS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
FEW = 4096  # likeliest tokens that top-p tries before it sorts all, which takes four times longer


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
        probabilities = _nucleus(probabilities, top_p)
    if min_p > 0:
        likeliest = probabilities.amax(-1, keepdim=True)
        probabilities = probabilities.masked_fill(probabilities < min_p * likeliest, 0.0)
    if top_p < 1 or min_p > 0:
        probabilities = probabilities / probabilities.sum(-1, keepdim=True)
    return probabilities, tokens


def _nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    """Probabilities (B, K) with 0 for all but the likeliest tokens that together have `top_p`."""
    for count in (min(FEW, probabilities.shape[-1]), probabilities.shape[-1]):
        ordered, order = probabilities.topk(count)
        mass = ordered.cumsum(-1)
        if bool((mass[:, -1] >= top_p).all()):
            break
    beyond = mass - ordered >= top_p  # mass before this token is enough already
    beyond[:, 0] = False  # the likeliest always stays
    return torch.zeros_like(probabilities).scatter_(-1, order, ordered.masked_fill_(beyond, 0.0))


def draw(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """One column per row by inverting the cumulative distribution: (B, K), (B,) in [0, 1) -> (B,)."""
    if probabilities.device.type == "mps":  # it has no float64
        return draw(probabilities.cpu(), uniform).to(probabilities.device)
    cumulative = probabilities.cumsum(-1, dtype=torch.float64)
    target = uniform[:, None] * cumulative[:, -1:]  # less than the sum, also after rounding
    return torch.searchsorted(cumulative, target, right=True).squeeze(-1)


def first_read(length: int, context: int) -> int:
    """The first token that is read of a text of this length: 0 while all of it fits into the context.

    Where the context is full, its newest half is read again and the window stays until it is full once more. This
    depends on the length alone, so that a text that is gone on with is read as it was before.
    """
    if length <= context:
        return 0
    stay = context + 1 - context // 2
    return length - (length - context - 1) % stay - context // 2


def _attention(device: torch.device) -> AbstractContextManager[None]:
    """On a GPU any attention but cuDNN's, which would make a new plan for each length of the text."""
    return sdpa_kernel(WITHOUT_PLANS) if device.type == "cuda" else nullcontext()


@torch.inference_mode()
def tokens(
    model: GPT, prompts: Tensor, request: TextRequest, never: list[int], seeds: list[int], skip: int = 0
) -> Iterator[SampledToken]:
    """New tokens, B at a time, for prompts (B, T) of equal length, T ≥ 1. The tokens in `never` are not drawn.

    Row i draws from `seeds[i]` alone, without the first `skip` of its random numbers, so that a text can be gone on
    with as if it had not been interrupted. The model reads from `first_read` on, so that writing can go on for
    ever. It computes only what is asked for: close the iterator to stop.

    Raises:
        DeviceError: the request's precision is not to be had on the model's device.
    """
    if request.precision == "bf16":
        refuse_bf16(prompts.device.type)
    steps, end = request.max_new_tokens, prompts.shape[1]
    knobs = (request.temperature, request.top_k, request.top_p, request.min_p, request.repetition_penalty)
    count = skip + steps
    randoms = (torch.rand(count, generator=generator(seed, Stream.SAMPLE), dtype=torch.float64) for seed in seeds)
    uniforms = torch.stack(list(randoms), dim=1)[skip:]
    if prompts.device.type != "mps":
        uniforms = uniforms.to(prompts.device)
    text = torch.cat([prompts, prompts.new_empty(len(prompts), steps)], dim=1)
    silent = torch.zeros(model.wte.num_embeddings, device=prompts.device)
    silent[never] = -torch.inf
    reader = KVCacheDecoder(model, len(text), request.precision)
    count_of_threads, first = best_num_threads(model, len(text)), -1
    for step in range(steps):
        with threads(count_of_threads), _attention(prompts.device):
            before, first = first, first_read(end, model.context)
            logits = reader.read_on(text[:, end - 1]) if first == before else reader.read(text[:, first:end])
            logits = logits.float()
            probabilities, kept = _choices(logits + silent, *knobs, text[:, :end])
            column = draw(probabilities, uniforms[step])[:, None]
            token = column if kept is None else kept.gather(-1, column)
            probability = logits.softmax(-1).gather(-1, token)
        text[:, end : end + 1] = token
        end += 1
        yield SampledToken(token.squeeze(-1), probability.squeeze(-1))


def pieces(stream: Iterator[SampledToken], tokenizer: Tokenizer, prompt: list[int]) -> Iterator[str]:
    """The text of a stream of one row, piece by piece; bytes of an unfinished character are held back."""
    speller = StreamingDetokenizer(tokenizer, prompt)
    for drawn in stream:
        yield speller.add(int(drawn.token))
    if rest := speller.rest():
        yield rest


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> np.ndarray:
    """Tokens of a prompt, at least one. Unknown characters are skipped; nothing at all means a new line."""
    encoded = tokenizer.encode(prompt)
    known = encoded[~np.isin(encoded, tokenizer.never_spoken)]
    return known if len(known) else np.array([tokenizer.start])
