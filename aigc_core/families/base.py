"""The contract between the trainer and a model family."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from aigc_core.common.device import to_device
from aigc_core.common.errors import RunError
from aigc_core.common.progress import ProgressCallback
from aigc_core.common.rng import Stream, generator
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo

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

    # As torch calls it.
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
    """One kind of update within a step: which networks it corrects together, how often, and how strongly.

    A GAN has two phases, a VAE or a GPT one. `name` is also that of its optimizer in a checkpoint.
    """

    name: str
    networks: tuple[str, ...] = ()  # empty: the one that is called as the phase is
    repeats: Callable[[Any, int], int] = lambda config, step: 1
    lr: Callable[[Any], float] = lambda config: config.lr

    def __post_init__(self) -> None:
        if not self.networks:
            object.__setattr__(self, "networks", (self.name,))


@dataclass(frozen=True)
class StepContext:
    """Where in the run a batch stands, and how to draw randomness that belongs to it alone."""

    config: Any  # the family's own
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


# A batch and its place in the run -> a scalar loss, and figures for the curves (detached scalars).
Loss = Callable[[Batch, StepContext], tuple[Tensor, dict[str, Tensor]]]
# Corrects the networks of a phase by the loss of the step's next batch.
Update = Callable[[Phase, Loss], None]


@dataclass(frozen=True)
class TrainedRun:
    """A run as somebody finds it who goes on from its weights."""

    name: str
    config: Any  # its family's own
    info: DatasetInfo | None  # None before its first start
    check: Callable[[], None]  # raises RunError unless its best checkpoint has the weights of its networks
    weights: Callable[[str], dict[str, Tensor]]  # of a network by name, from its best checkpoint


# Opens a run by its folder or name; raises RunError if there is none.
OpenTrained = Callable[[str], TrainedRun]


class Result(NamedTuple):
    """One thing that a model made, as a file: see `aigc_core.media.kinds`."""

    content: bytes
    suffix: str


@dataclass
class Family(ABC):
    """A model: its networks, and what can be done with them.

    `networks` are those being trained. Everything that makes or measures takes networks as an argument,
    because it is given either these or their average over time.
    """

    inference_networks: ClassVar[tuple[str, ...]]  # networks that sampling and measuring need
    phases: ClassVar[tuple[Phase, ...]]

    config: Any  # the family's own
    info: DatasetInfo
    networks: Networks = field(init=False)

    def __post_init__(self) -> None:
        seed = generator(self.config.seed, Stream.INIT).initial_seed()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.networks = self.build()

    # -- networks -----------------------------------------------------------------------------------------

    @classmethod  # settings and datasets here are of the family's own types
    def resolved(cls, config: Any, open_trained: OpenTrained, progress: ProgressCallback) -> tuple[Any, str | None]:
        """The settings with what only shows when the run starts, such as the size of a model to go on from,
        and that model's tokenizer as JSON. `progress` is told what is fetched for it, from any thread."""
        return config, None

    @abstractmethod
    def build(self) -> Networks:
        """New networks with random weights, by name."""

    def start(self, open_trained: OpenTrained) -> None:
        """Called once, before the first step: take over the weights of another model, if the settings say so."""

    def contradiction(self) -> str:
        """What of the settings and the data's description do not go together, in a few words; empty if all do."""
        return ""

    # -- training -----------------------------------------------------------------------------------------

    @property
    def needs_double_backward(self) -> bool:
        """Whether a loss has a gradient in it, which compiled networks have no gradient of."""
        return False

    @abstractmethod
    def loss(self, phase: str, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss that a phase makes smaller, and figures for the curves (detached scalars)."""

    def train_step(self, update: Update, step: int) -> None:
        """One step: every phase in turn, each time on a new batch. A family whose phases need one another replaces
        this; `update` may be called as often as it likes."""
        for phase in self.phases:
            for _ in range(phase.repeats(self.config, step)):
                update(phase, partial(self.loss, phase.name))

    def extra_state(self) -> dict[str, Tensor]:
        """What a checkpoint must hold besides networks and optimizers, so that a resumed training is exact."""
        return {}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        """Take back what `extra_state` gave."""

    # -- results ------------------------------------------------------------------------------------------

    @abstractmethod
    def make(self, networks: Networks, count: int, seed: int) -> list[Result]:
        """`count` results, the i-th from (`seed`, i) alone."""

    def fixed_inputs(self, data: Any) -> object:  # the family's kind of dataset
        """What every sample of the history is made from, beyond noise and settings; `data` is the run's."""
        return None

    @abstractmethod
    def snapshot(self, networks: Networks, fixed_inputs: object) -> Result:
        """A sample for the run's history, always from the same noise, prompt or inputs."""

    @abstractmethod
    def evaluate(
        self,
        networks: Networks,
        data: Any,  # the family's kind of dataset
        extent: EvalLevel = "during",
    ) -> dict[str, Any]:
        """Figures on held-out data, with their number of examples as `n`."""

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
