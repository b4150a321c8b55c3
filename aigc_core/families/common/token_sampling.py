"""From logits to tokens: temperature, top-k, top-p, min-p, repetition penalty; and text piece by piece."""

from collections.abc import Iterator

import torch
from torch import Tensor

from aigc_core.data.tokenizer import StreamingDetokenizer, Tokenizer
from aigc_core.families.causal_lm import SampledToken

COLDEST = 1e-4  # temperatures below it are 0: the division would leave the range of float32


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
    """Logits (B, V) to probabilities float32 (B, V). The parameters apply in this order:

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


def pieces(stream: Iterator[SampledToken], tokenizer: Tokenizer, prompt: list[int]) -> Iterator[str]:
    """The text of a stream of one row, piece by piece; bytes of an unfinished character are held back."""
    speller = StreamingDetokenizer(tokenizer, prompt)
    for drawn in stream:
        yield speller.add(int(drawn.token))
    if rest := speller.rest():
        yield rest
