"""GPT-2 (Radford 2019), compact: the same tensors under the same names as `transformers`' GPT2LMHeadModel.

Only one thing differs: `transformers` keeps the four matrices of a block as (in, out), we as (out, in), so
`to_transformers` and `from_transformers` transpose them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TRANSPOSED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
EPSILON = 1e-5  # of the layer norms, as in GPT-2


class Attention(nn.Module):
    """Causal self-attention: softmax(QKᵀ/√d) V in each head."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, W) -> (B, T, W)."""
        batch, length, width = x.shape
        q, k, v = self.c_attn(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
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

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop(self.attn(self.ln_1(x)))
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

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of the token after each one.

        Raises:
            ValueError: more tokens than the context holds.
        """
        length = tokens.shape[1]
        if length > self.context:
            raise ValueError(f"{length} tokens do not fit a context of {self.context}")
        x = self.drop(self.wte(tokens) + self.wpe.weight[:length])
        for block in self.h:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)


class KVCacheDecoder:
    """Reads B texts of equal length token by token: logits as those of `GPT.forward` up to rounding, for less.

    It keeps the keys and values of what it has read, computes logits for the last token only, and calls no
    modules: in small networks they cost more than the arithmetic. It has the weights of the model, not copies.

    Args:
        precision: "bf16" copies the weights so, because reading them is what takes the time.
    """

    def __init__(self, model: GPT, batch: int, precision: str = "float32") -> None:
        self.context, self.length = model.context, 0
        self._heads, self._width = model.heads, model.wte.embedding_dim
        weights: dict[str, Tensor] = dict(model.named_parameters())
        if precision == "bf16":
            weights = {name: weight.bfloat16() for name, weight in weights.items()}

        def norm(name: str) -> tuple[tuple[int], Tensor, Tensor, float]:
            return (self._width,), weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON

        def linear(name: str) -> tuple[Tensor, Tensor]:
            return weights[f"{name}.bias"], weights[f"{name}.weight"].T

        self._tokens, self._places, self._last = weights["wte.weight"], weights["wpe.weight"], norm("ln_f")
        self._blocks = [
            (norm(f"h.{n}.ln_1"), *linear(f"h.{n}.attn.c_attn"), *linear(f"h.{n}.attn.c_proj"),
             norm(f"h.{n}.ln_2"), *linear(f"h.{n}.mlp.c_fc"), *linear(f"h.{n}.mlp.c_proj"))
            for n in range(len(model.h))
        ]  # fmt: skip
        size = self._width // self._heads
        # Not zeros: of memory that was never written a system gives out nothing.
        self._memory = [self._tokens.new_empty(2, batch, self._heads, self.context, size) for _ in self._blocks]

    def read(self, text: Tensor) -> Tensor:
        """Forget everything, and read `text` (B, T): logits (B, V) of what follows it.

        Raises:
            ValueError: more tokens than the context holds.
        """
        self.length = 0
        return self._read(text)

    def read_on(self, token: Tensor) -> Tensor:
        """Read one more token of each text (B,): logits (B, V) of what follows it.

        Raises:
            ValueError: the context is full.
        """
        return self._read(token[:, None])

    def _read(self, text: Tensor) -> Tensor:
        batch, length = text.shape
        start, end, width = self.length, self.length + length, self._width
        if end > self.context:
            raise ValueError(f"{end} tokens do not fit a context of {self.context}")
        self.length = end
        x = (torch.embedding(self._tokens, text) + self._places.narrow(0, start, length)).view(-1, width)
        for block, memory in zip(self._blocks, self._memory, strict=True):
            norm_1, attend_bias, attend, gather_bias, gather, norm_2, widen_bias, widen, narrow_bias, narrow = block
            qkv = torch.addmm(attend_bias, torch.layer_norm(x, *norm_1), attend)
            qkv = qkv.view(batch, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            memory.narrow(3, start, length).copy_(qkv[1:])
            k, v = memory.narrow(3, 0, end).unbind()
            y = F.scaled_dot_product_attention(qkv[0], k, v, is_causal=length > 1)
            x = x + torch.addmm(gather_bias, y.transpose(1, 2).reshape(-1, width), gather)
            h = F.gelu(torch.addmm(widen_bias, torch.layer_norm(x, *norm_2), widen), approximate="tanh")
            x = x + torch.addmm(narrow_bias, h, narrow)
        return torch.mm(torch.layer_norm(x[length - 1 :: length], *self._last), self._tokens.T)


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
        ours[name] = weight.T.contiguous() if name.endswith(TRANSPOSED) and weight.dim() == 2 else weight
    return ours
