"""Writing text token by token, with a cache, each sample from its own random numbers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from aigc_core.common.device import best_num_threads, refuse_bf16, threads
from aigc_core.common.rng import Stream, generator
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.causal_lm import SampledToken, TextRequest
from aigc_core.families.common.token_sampling import _choices, draw
from aigc_core.families.gpt.kv_cache import KVCacheDecoder
from aigc_core.families.gpt.model import GPT

WITHOUT_PLANS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


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
    sampling_params = (request.temperature, request.top_k, request.top_p, request.min_p, request.repetition_penalty)
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
            probabilities, kept = _choices(logits + silent, *sampling_params, text[:, :end])
            column = draw(probabilities, uniforms[step])[:, None]
            token = column if kept is None else kept.gather(-1, column)
            probability = logits.softmax(-1).gather(-1, token)
        text[:, end : end + 1] = token
        end += 1
        yield SampledToken(token.squeeze(-1), probability.squeeze(-1))


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> np.ndarray:
    """Tokens of a prompt, at least one. Unknown characters are skipped; nothing at all means a new line."""
    encoded = tokenizer.encode(prompt)
    known = encoded[~np.isin(encoded, tokenizer.never_spoken)]
    return known if len(known) else np.array([tokenizer.start])
