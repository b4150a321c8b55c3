"""GPT-2 (Radford 2019), compact: the same tensors under the same names as `transformers`' GPT2LMHeadModel.

Only one thing differs: `transformers` keeps the four matrices of a block as (in, out), we as (out, in), so
`to_transformers` and `from_transformers` transpose them.
"""

from collections.abc import Iterable
from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F

from aigc_core.families.common.transformer import EPSILON, Block

TRANSPOSED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")


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

    @property
    def blocks(self) -> Iterable[Block]:
        return cast(Iterable[Block], self.h)  # what `__init__` put into it; torch's list forgets of what kind

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
