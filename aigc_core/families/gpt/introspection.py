"""Inside a GPT while it reads: where each head looks, and what each layer would say already."""

import torch
from torch import Tensor

from aigc_core.families.causal_lm import ForwardTrace
from aigc_core.families.gpt.model import GPT


@torch.inference_mode()
def look(model: GPT, tokens: Tensor) -> ForwardTrace:
    """Read tokens (T,) step by step as the formulas say (Vaswani 2017, section 3.2; GPT-2's pre-norm blocks)."""
    x = model.wte(tokens) + model.wpe(torch.arange(len(tokens), device=tokens.device))
    later = torch.ones(len(tokens), len(tokens), dtype=torch.bool, device=tokens.device).triu(1)
    seen, states = [], [x]
    for block in model.blocks:
        q, k, v = block.attn.c_attn(block.ln_1(x)).view(len(tokens), 3, model.heads, -1).permute(1, 2, 0, 3)
        weights = scores(q, k).masked_fill(later, -torch.inf).softmax(-1)
        x = x + block.attn.c_proj((weights @ v).transpose(0, 1).reshape(x.shape))
        x = x + block.mlp(block.ln_2(x))
        seen.append((q, k, v, weights))
        states.append(x)
    queries, keys, values, attention = (torch.stack(part).float() for part in zip(*seen, strict=True))
    return ForwardTrace(queries, keys, values, attention, torch.stack(states).float())


def scores(q: Tensor, k: Tensor) -> Tensor:
    """QKᵀ/√D for q (…, T, D) and k (…, S, D): (…, T, S)."""
    return q @ k.mT / q.shape[-1] ** 0.5


@torch.inference_mode()
def logit_lens(model: GPT, states: Tensor) -> Tensor:
    """Logits (L + 1, T, V) of what each layer would say: its state through the last norm and the output matrix.

    The logit lens (nostalgebraist 2020). The last row is what the model says.
    """
    return model.ln_f(states) @ model.wte.weight.T


def attended(attention: Tensor) -> float:
    """How many tokens a head looks at, as if at each equally: e to the entropy of its weights.

    The mean over layers, heads and tokens of weights (L, H, T, T) as in `Inside`.
    """
    return float(torch.special.entr(attention).sum(-1).exp().mean())
