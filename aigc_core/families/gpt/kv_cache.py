"""Reading a text on with the keys and values of what was read before."""

import torch
from torch import Tensor
from torch.nn import functional as F

from aigc_core.families.common.transformer import EPSILON
from aigc_core.families.gpt.model import GPT


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
