"""What a family can do, as small protocols that pages and tools ask for, instead of asking which family it is.

A config lists the names of those that its family has, so that a page can ask without torch; `tests/families` holds the
two against each other.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from aigc_core.data.tokenizer import Tokenizer
    from aigc_core.families.base import Networks
    from aigc_core.families.causal_lm import ForwardTrace, SampledToken, TextRequest
    from aigc_core.families.image import ImageRequest

Capability = Literal["decodes_latent", "encodes", "continues_text", "introspects"]


@runtime_checkable
class DecodesLatent(Protocol):
    """Latent code (and class) -> images or points: sliders, maps, journeys, grids."""

    @property
    def classes(self) -> int: ...
    @property
    def layers(self) -> int: ...
    def decode(self, networks: "Networks", z: "Tensor", labels: "Tensor | None") -> "Tensor": ...
    def decoder(self, networks: "Networks") -> "nn.Module": ...
    def first(self, networks: "Networks", z: "Tensor", labels: "Tensor | None") -> "Tensor": ...
    def sample(self, networks: "Networks", request: "ImageRequest") -> "np.ndarray": ...


@runtime_checkable
class Encodes(Protocol):
    """Images -> latent codes: drawn and uploaded ones are found at once, and can be repaired."""

    def encode(self, networks: "Networks", x: "Tensor", labels: "Tensor | None") -> "Tensor": ...


@runtime_checkable
class ContinuesText(Protocol):
    """Prompt -> tokens, one after another."""

    tokenizer: "Tokenizer"

    def encode_prompt(self, prompt: str) -> list[int]: ...
    def generate(
        self, networks: "Networks", prompt: list[int], request: "TextRequest", seeds: list[int], skip: int = 0
    ) -> "Iterator[SampledToken]": ...
    def next_logits(self, networks: "Networks", tokens: "Tensor") -> "Tensor": ...
    def stream(self, networks: "Networks", request: "TextRequest") -> Iterator[str]: ...


@runtime_checkable
class Introspects(Protocol):
    """One pass over a text -> its attention, and what every layer would say."""

    @property
    def layers_and_heads(self) -> tuple[int, int]: ...
    def inside(self, networks: "Networks", tokens: "Tensor") -> "ForwardTrace": ...
    def logit_lens(self, networks: "Networks", states: "Tensor") -> "Tensor": ...


PROTOCOLS: dict[Capability, type] = {
    "decodes_latent": DecodesLatent,
    "encodes": Encodes,
    "continues_text": ContinuesText,
    "introspects": Introspects,
}
