"""GPT-2 (Radford 2019), compact: the same tensors under the same names as `transformers`' GPT2LMHeadModel.

Only one thing differs: `transformers` keeps the four matrices of a block as (in, out), we as (out, in), so
`to_transformers` and `from_transformers` transpose them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TRANSPOSED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
EPSILON = 1e-5  # of the layer norms, as in GPT-2


@dataclass
class Cache:
    """Keys and values of the tokens so far, room for `context` of them: (layers, 2, B, heads, context, D)."""

    memory: Tensor
    length: int = 0


class Attention(nn.Module):
    """Causal self-attention: softmax(QKᵀ/√d) V in each head."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor | None, start: int) -> Tensor:
        """x (B, T, W) -> (B, T, W); `memory` (2, B, heads, context, D) is read and filled from `start` on."""
        batch, length, width = x.shape
        q, k, v = self.c_attn(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mask = None
        if memory is not None:
            end = start + length
            memory[0, :, :, start:end], memory[1, :, :, start:end] = k, v
            k, v = memory[0, :, :, :end], memory[1, :, :, :end]
            if start and length > 1:
                place = torch.arange(end, device=x.device)
                mask = place[None, :] <= place[start:, None]
        y = F.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=mask is None and length > 1,
        )
        return self.c_proj(y.transpose(1, 2).reshape(batch, length, width))


class FeedForward(nn.Module):
    """Two linear layers, four times as wide between, with GPT-2's GELU (its tanh approximation)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """Normalise, attend, add; normalise, feed forward, add (pre-norm)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=EPSILON)
        self.attn = Attention(width, heads, dropout)
        self.ln_2 = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = FeedForward(width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor | None, start: int) -> Tensor:
        x = x + self.drop(self.attn(self.ln_1(x), memory, start))
        return x + self.drop(self.mlp(self.ln_2(x)))


class GPT(nn.Module):
    """Tokens int64 (B, T) -> logits (B, T, V). Input and output embeddings are the same matrix."""

    def __init__(
        self, vocabulary: int, context: int, layers: int, heads: int, width: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.context, self.heads = context, heads
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(context, width)
        self.drop = nn.Dropout(dropout)
        self.h = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width, eps=EPSILON)
        self._initialise(layers)

    def _initialise(self, layers: int) -> None:
        """N(0, 0.02); the last matrix of each branch smaller by √(2 · layers), so that the sum stays level."""
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, std=0.02 / (2 * layers) ** 0.5)
            elif name.endswith("weight") and parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        """Logits of the token after each one. With a cache, `tokens` continue those already in it.

        Raises:
            ValueError: more tokens than the context holds.
        """
        start = cache.length if cache else 0
        length = tokens.shape[1]
        if start + length > self.context:
            raise ValueError(f"{start + length} tokens do not fit a context of {self.context}")
        places = torch.arange(start, start + length, device=tokens.device)
        x = self.drop(self.wte(tokens) + self.wpe(places))
        for number, block in enumerate(self.h):
            x = block(x, cache.memory[number] if cache else None, start)
        if cache:
            cache.length += length
        return F.linear(self.ln_f(x), self.wte.weight)

    def new_cache(self, batch: int) -> Cache:
        """An empty cache for `batch` texts."""
        room = (len(self.h), 2, batch, self.heads, self.context, self.wte.embedding_dim // self.heads)
        return Cache(self.wte.weight.new_zeros(room))


def to_transformers(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Our weights under the names and in the layout of GPT2LMHeadModel."""
    return {
        f"transformer.{name}": weight.T.contiguous() if name.endswith(TRANSPOSED) else weight
        for name, weight in weights.items()
    }


def from_transformers(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of GPT2LMHeadModel (or of GPT2Model, which has no prefix) in our layout.

    The tied `lm_head.weight` and the constant masks of old files are left out.
    """
    ours = {}
    for name, weight in weights.items():
        name = name.removeprefix("transformer.")
        if name == "lm_head.weight" or name.endswith((".attn.bias", ".attn.masked_bias")):
            continue
        ours[name] = weight.T.contiguous() if name.endswith(TRANSPOSED) else weight
    return ours
