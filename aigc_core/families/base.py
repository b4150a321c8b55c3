"""The contract between the loop and a model family."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from aigc_core.common.device import to_device
from aigc_core.common.errors import ConfigError, RunError
from aigc_core.common.rng import Stream, generator
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.sources import Progress
from aigc_core.data.tokenizer import Tokenizer

Networks = dict[str, nn.Module]


def count_parameters(networks: Networks) -> int:
    """How many numbers of these networks are learned."""
    return sum(one.numel() for network in networks.values() for one in network.parameters())


# What fills a tensor; the last is how spectral norm begins.
FILLING = (
    nn.init.kaiming_uniform_, nn.init.uniform_, nn.init.normal_, Tensor.uniform_, Tensor.normal_, Tensor.fill_,
    Tensor.zero_, F.normalize,
)  # fmt: skip


class Unfilled(TorchFunctionMode):
    """Within, networks are made without numbers for their weights.

    That takes no memory and hardly any time, whatever their size. They can be used once
    `load_state_dict(…, assign=True)` has given them weights. Holds for this thread.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.empty:
            return func(*args, **kwargs | {"device": "meta"})
        if func in FILLING:
            filled = kwargs.get("out", kwargs.get("tensor", args[0] if args else None))
            if filled is not None and filled.is_meta:
                return filled
        return func(*args, **kwargs)


# How much is measured: what is cheap, at the end of a run also what takes some seconds, or everything there is.
EvalLevel = Literal["during", "end", "full"]


@dataclass(frozen=True)
class Phase:
    """One kind of update within a step: which network it corrects, how often, and how strongly.

    A GAN has two phases, a VAE or a GPT one.
    """

    network: str
    repeats: Callable[[Any], int] = lambda config: 1
    lr: Callable[[Any], float] = lambda config: config.lr


@dataclass(frozen=True)
class StepContext:
    """Where in the run a batch stands, and how to draw randomness that belongs to it alone."""

    config: Any
    step: int
    draw: int  # which batch of the step
    shard: slice  # this process's part of the whole batch
    device: torch.device

    def normal(self, *shape: int, stream: Stream = Stream.LATENT) -> Tensor:
        """Standard normal numbers (B, *shape) for this process's part of the batch."""
        return self._draw(torch.randn, shape, stream)

    def uniform(self, *shape: int, stream: Stream = Stream.LATENT) -> Tensor:
        """Numbers in [0, 1), likewise."""
        return self._draw(torch.rand, shape, stream)

    def _draw(self, how: Callable[..., Tensor], shape: tuple[int, ...], stream: Stream) -> Tensor:
        random = generator(self.config.seed, stream, self.step, self.draw)
        return to_device(how(self.config.batch_size, *shape, generator=random)[self.shard], self.device)


@dataclass(frozen=True)
class TextRequest:
    """What to write: see `aigc_core.families.gpt.generate` for the meaning of each knob.

    Raises:
        ConfigError: a knob has a value that it cannot have.
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
class ImageRequest:
    """Which pictures to make: `count` of them, the i-th from latent `seed`, i; of class `label`, or of all."""

    count: int = 64
    seed: int = 0
    label: int | None = None


@dataclass
class Family(ABC):
    """A model: its networks, and what can be done with them.

    `networks` are those being trained. Everything that makes or measures takes networks as an argument,
    because it is given either these or their average over time.
    """

    inference_networks: ClassVar[tuple[str, ...]]  # networks that sampling and measuring need
    phases: ClassVar[tuple[Phase, ...]]

    config: Any
    info: DatasetInfo
    networks: Networks = field(init=False)

    def __post_init__(self) -> None:
        seed = generator(self.config.seed, Stream.INIT).initial_seed()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.networks = self.build()

    @classmethod
    def resolved(cls, config: Any, progress: Progress) -> tuple[Any, str | None]:
        """The settings with what only shows when the run starts, such as the size of a model to go on from,
        and that model's tokenizer as JSON. `progress` is told what is fetched for it, from any thread."""
        return config, None

    @abstractmethod
    def build(self) -> Networks:
        """New networks with random weights, by name."""

    def start(self) -> None:
        """Called once, before the first step: take over the weights of another model, if the settings say so."""

    @property
    def needs_double_backward(self) -> bool:
        """Whether a loss has a gradient in it, which compiled networks have no gradient of."""
        return False

    @abstractmethod
    def loss(self, network: str, batch: Batch, moment: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss that the phase of `network` makes smaller, and figures for the curves (detached scalars)."""

    def export(self, networks: Networks, folder: Path) -> None:
        """Write the model into an empty folder in the layout of `transformers`.

        Raises:
            RunError: `transformers` knows no such architecture.
        """
        raise RunError(
            "export.no_architecture",
            "`transformers` knows no such {title}, so it cannot be exported in this form; a run's folder can be "
            "copied as it is.",
            title=self.config.title,
        )

    @abstractmethod
    def snapshot(self, networks: Networks) -> tuple[bytes, str]:
        """A sample for the run's history, always from the same noise or prompt, and its file ending."""

    @abstractmethod
    def evaluate(self, networks: Networks, data: Any, extent: EvalLevel = "during") -> dict[str, Any]:
        """Figures on held-out data, with their number of examples as `n`."""


class ImageFamily(Family):
    """A family that makes pictures (or points in the plane) from a latent code."""

    encodes: ClassVar[bool] = False  # whether it can also go from a picture to its code

    @abstractmethod
    def decode(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        """Pictures float (N, C, H, W) in [0, 1], or points (N, 2), from codes (N, latent_size).

        A network with several `layers` also takes one code for each, (N, layers, latent_size).
        """

    @abstractmethod
    def decoder(self, networks: Networks) -> nn.Module:
        """The network that makes pictures, with its parts `code` (`ClassCode`) and `body` (`Decoder`)."""

    def first(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        """Activations (N, D) of the first layers for codes (N, latent_size)."""
        decoder: Any = self.decoder(networks)
        return decoder.body.first(decoder.code(z, labels))

    @property
    def layers(self) -> int:
        """Into how many places of the network the code goes."""
        decoder: Any = self.decoder(self.networks)
        return int(decoder.body.layers)

    def encode(self, networks: Networks, x: Tensor, labels: Tensor | None) -> Tensor:
        """Codes (N, latent_size) of pictures float (N, C, H, W) in [0, 1]; only where `encodes`."""
        raise NotImplementedError

    def sample(self, networks: Networks, request: ImageRequest) -> np.ndarray:
        """Pictures uint8 (N, H, W, C), or points float32 (N, 2); each depends on its own seed only."""
        from aigc_core.families.image_decoding import decode_in_parts

        return decode_in_parts(self, networks, request)

    @property
    def classes(self) -> int:
        """How many classes the model can be asked for; 0 if it is trained without.

        Raises:
            ConfigError: it shall be told classes, and the data has none.
        """
        if self.config.conditional and not self.info.class_names:
            raise ConfigError(
                "config.no_classes",
                "“{data}” has no classes, so a model cannot be told them: switch “conditional” off.",
                data=self.config.data,
            )
        return len(self.info.class_names) if self.config.conditional else 0


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
        self, networks: Networks, begun: list[int], request: TextRequest, seeds: list[int], skip: int = 0
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
        """Logits (V,) after the tokens `before`, to probabilities (V,) with a request's knobs."""

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
