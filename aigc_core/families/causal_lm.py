"""What every causal language model here can do: continue a text, and show what it looked at."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from torch import Tensor

from aigc_core.common.errors import ConfigError
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.base import Family, Networks, Result


@dataclass(frozen=True)
class TextRequest:
    """What to write: see `aigc_core.families.common.token_sampling` for the sampling parameters.

    Raises:
        ConfigError: a parameter has a value that it cannot have.
    """

    prompt: str = ""
    max_new_tokens: int = 200
    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int = 0
    precision: str = "float32"  # or bf16: less exact, and in large networks faster

    ranges: ClassVar[dict[str, tuple[float, float]]] = {
        "max_new_tokens": (1, 100_000),
        "temperature": (0, 10),
        "top_k": (0, 10_000_000),
        "top_p": (0, 1),
        "min_p": (0, 1),
        "repetition_penalty": (0.5, 5),
    }
    precisions: ClassVar[tuple[str, ...]] = ("float32", "bf16")

    def __post_init__(self) -> None:
        for knob, (least, most) in self.ranges.items():
            value = getattr(self, knob)
            if not least <= value <= most:  # not a number is in no range either
                raise ConfigError(
                    "text.knob_out_of_range",
                    "“{knob}” must be a number from {least} to {most}, and {value} is none.",
                    knob=knob,
                    least=least,
                    most=most,
                    value=value,
                )
        if self.precision not in self.precisions:
            raise ConfigError(
                "text.no_such_precision",
                "A text can be written in {known}, and not in “{precision}”.",
                known=", ".join(self.precisions),
                precision=self.precision,
            )


@dataclass(frozen=True)
class ForwardTrace:
    """What one reading of T tokens left behind, float32.

    `queries`, `keys`, `values` (L, H, T, D) of L layers with H heads of D numbers; `attention` (L, H, T, T), the
    weights of softmax(QKᵀ/√D), rows summing to 1 and 0 beyond the diagonal; `states` (L + 1, T, W), the
    residual stream before the first block and after each one.
    """

    queries: Tensor
    keys: Tensor
    values: Tensor
    attention: Tensor
    states: Tensor


class SampledToken(NamedTuple):
    """One new token in each of B texts: int64 (B,), and the model's own probability of it, float32 (B,)."""

    token: Tensor
    probability: Tensor


class TextFamily(Family):
    """A family that continues text."""

    tokenizer: Tokenizer

    @abstractmethod
    def encode_prompt(self, prompt: str) -> list[int]:
        """Tokens of a prompt, at least one; characters that the model does not know are skipped.

        Raises:
            ConfigError: it knows none of them.
        """

    @abstractmethod
    def generate(
        self, networks: Networks, prompt: list[int], request: TextRequest, seeds: list[int], skip: int = 0
    ) -> Iterator[SampledToken]:
        """New tokens of len(seeds) texts that begin alike, one after another; each text draws from its own seed,
        without the first `skip` numbers of it."""

    @abstractmethod
    def window(self, text: list[int]) -> list[int]:
        """The end of a text that is read to write on: all of it while it fits into the context."""

    @abstractmethod
    def next_logits(self, networks: Networks, tokens: Tensor) -> Tensor:
        """Of what follows a whole window: int64 (T,) to (V,)."""

    @abstractmethod
    def logits(self, networks: Networks, tokens: Tensor) -> Tensor:
        """Of what follows each token: int64 (B, T), T at most the context, to (B, T, V)."""

    @abstractmethod
    def next_probabilities(self, logits: Tensor, before: list[int], request: TextRequest) -> Tensor:
        """Logits (V,) after the tokens `before`, to probabilities (V,) with a request's sampling parameters."""

    @abstractmethod
    def inside(self, networks: Networks, tokens: Tensor) -> ForwardTrace:
        """What a reading of tokens (T,) leaves behind."""

    @abstractmethod
    def logit_lens(self, networks: Networks, states: Tensor) -> Tensor:
        """Logits (L + 1, T, V) of what each layer would say, from `ForwardTrace.states`."""

    @property
    @abstractmethod
    def layers_and_heads(self) -> tuple[int, int]:
        """Blocks of the network, and attention heads in each."""

    @abstractmethod
    def stream(self, networks: Networks, request: TextRequest) -> Iterator[str]:
        """The continuation, piece by piece; a character is never cut in two."""

    def make(self, networks: Networks, count: int, seed: int) -> list[Result]:
        requests = (TextRequest(seed=seed + number) for number in range(count))
        return [Result("".join(self.stream(networks, request)).encode(), ".txt") for request in requests]

    def contradiction(self) -> str:
        tokens, rows = len(self.tokenizer), self.info.vocabulary
        return f"{rows} tokens, {tokens}" if tokens > rows else ""
