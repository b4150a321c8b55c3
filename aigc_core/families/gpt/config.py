"""The choices of a GPT-2-style language model."""

from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import model_validator

from aigc_core.common.errors import ConfigError
from aigc_core.families.capabilities import Capability
from aigc_core.families.config import MatrixOptions, Preset, RunConfig, TextOptions, option
from aigc_core.families.formulas import Formula, Term


class Size(NamedTuple):
    """Blocks, attention heads and width of a network; the last four are GPT-2's own (Radford 2019)."""

    layers: int
    heads: int
    width: int


SIZES = {
    "nano": Size(4, 4, 128),
    "mini": Size(6, 6, 384),
    "small": Size(12, 12, 768),
    "medium": Size(24, 16, 1024),
    "large": Size(36, 20, 1280),
    "xl": Size(48, 25, 1600),
}

# Found by trying on two cores: small steps and a rate ten times that of AdamW.
QUICK = {
    "data": "shakespeare", "context": 64, "batch_size": 16, "optimizer": "muon", "lr": 0.02, "lr_end": 0.0,
    "warmup_steps": 20, "evaluate_every": 200, "sample_every": 200, "prompt": "ROMEO:\n",
}  # fmt: skip


class Config(TextOptions, MatrixOptions, RunConfig):
    """A network that guesses the next token, and so learns to write."""

    title: ClassVar[str] = "GPT"
    about: ClassVar[str] = "Guesses the next token of a text, and so learns to write."
    makes: ClassVar[str] = "text"
    capabilities: ClassVar[tuple[Capability, ...]] = ("continues_text", "introspects")
    data_kinds: ClassVar[tuple[str, ...]] = ("text",)
    curves: ClassVar[tuple[tuple[str, ...], ...]] = (("loss", "val:loss"), ("val:bits_per_byte",))
    figures: ClassVar[tuple[str, ...]] = (
        "loss", "perplexity", "bits_per_byte", "gain", "distinct_1", "distinct_2", "distinct_3", "copies",
        "excess_copies", "known_words", "strangeness",
    )  # fmt: skip
    headline: ClassVar[str] = "loss"

    family: Literal["gpt"] = "gpt"
    data: str = option("stories", "What to learn from.", group="basic")
    steps: int = option(800, "Training steps.", group="basic", ge=1, le=10_000_000, pace=False)
    batch_size: int = option(8, "Examples in one step, over all processes.", group="basic", ge=1, le=65_536)
    lr: float = option(
        2e-3, "Learning rate: the size of each update.", group="basic", live=True, gt=0, le=10, pace=False
    )
    lr_schedule: Literal["constant", "linear", "cosine"] = option(
        "cosine",
        "Whether the learning rate stays constant, or falls linearly or along a half cosine.",
        group="optimiser",
    )
    lr_end: float = option(0.1, "Final value, as a fraction of the learning rate.", group="optimiser", ge=0, le=1)
    warmup_steps: int = option(
        50, "Steps over which the learning rate rises from 0.", group="optimiser", ge=0, le=1_000_000
    )
    beta2: float = option(0.99, "Adam: decay rate of the mean of squared gradients.", group="optimiser", ge=0, lt=1)
    weight_decay: float = option(0.1, "How strongly weight matrices are pulled to 0.", group="optimiser", ge=0, le=10)
    grad_clip: float = option(1.0, "Largest gradient norm allowed; 0 = no limit.", group="optimiser", ge=0, le=1e6)

    gate: str = option(
        "known_words > 0.82, strangeness < 1.7, excess_copies < 0.3",
        "Conditions on held-out figures for the model to count as ready; empty = none.",
        group="judge",
        curves=False,
        pace=False,
    )
    size: Literal["nano", "mini", "small", "medium", "large", "xl"] = option(
        "nano", "Size of the network; small to xl are GPT-2's own.", group="basic"
    )
    context: int = option(128, "Tokens the network sees at once.", group="basic", ge=4, le=8192)
    tokenizer: Literal["char", "bpe"] = option(
        "char", "char: a token is a character; bpe: pieces of words, learned from the text.", group="basic"
    )
    vocabulary: int = option(4096, "Largest number of tokens that bpe may learn.", ge=257, le=100_000)
    dropout: float = option(0.0, "Fraction of the activations set to 0 at random.", ge=0, lt=1)
    layers: int = option(0, "Blocks; 0 = set by the size.", ge=0, le=96)
    heads: int = option(0, "Attention heads in a block; 0 = set by the size.", ge=0, le=128)
    width: int = option(0, "Numbers per token; 0 = set by the size.", ge=0, le=8192)
    init_from: str = option(
        "",
        "Start from another model: a run, a folder, or a GPT-2 on the Hugging Face Hub; empty = from scratch.",
        group="basic",
    )
    prompt: str = option("\n", "How the samples of the run's history begin.", group="record", curves=False, pace=False)
    sample_every: int = option(125, "Steps between two samples.", group="record", ge=1, curves=False)
    sample_tokens: int = option(240, "Length of those samples in tokens.", group="record", ge=1, le=4096, curves=False)

    presets: ClassVar[dict[str, Preset]] = {
        "default": Preset("Stories in two minutes", "Four small blocks learn to tell stories, letter by letter."),
        "words": Preset(
            "Pieces of words",
            "Like the first, with byte-level BPE instead of letters.",
            {"tokenizer": "bpe", "vocabulary": 1024, "context": 64},
        ),
        "shakespeare": Preset(
            "Shakespeare",
            "The usual small benchmark: 64 letters of context, 2,000 steps.",
            {"data": "shakespeare", "context": 64, "batch_size": 12, "steps": 2000, "lr": 1e-3, "warmup_steps": 100},
        ),
        "minute": Preset(
            "Shakespeare in a minute",
            "Two small blocks, Muon and many small steps: about 1.65 nats a character in a minute on two cores.",
            QUICK | {"minutes": 1.0, "layers": 2, "heads": 3, "width": 96},
        ),
        "three-minutes": Preset(
            "Shakespeare in three minutes",
            "Three blocks of 128, trained like the one-minute recipe.",
            QUICK | {"minutes": 3.0, "layers": 3, "heads": 2, "width": 128},
        ),
        "mini": Preset(
            "Mini, for a GPU",
            "Six blocks of 384, 256 letters of context.",
            {
                "size": "mini",
                "data": "shakespeare",
                "context": 256,
                "batch_size": 64,
                "steps": 5000,
                "lr": 1e-3,
                "warmup_steps": 100,
                "dropout": 0.2,
            },
        ),
        "small": Preset(
            "GPT-2 small, for a large GPU",
            "124 million weights, 1,024 tokens of context.",
            {
                "size": "small",
                "tokenizer": "bpe",
                "vocabulary": 50257,
                "data": "text",
                "context": 1024,
                "batch_size": 8,
                "steps": 20000,
                "lr": 6e-4,
                "warmup_steps": 700,
                "beta2": 0.95,
            },
        ),
        "fine-tune": Preset(
            "Fine-tune",
            "Continue a trained model on your own text at a low rate; for Chinese choose a Chinese one, like gpt-tang.",
            {
                "data": "text",
                "init_from": "gpt-shakespeare",
                "lr": 1e-4,
                "steps": 300,
                "warmup_steps": 20,
                "batch_size": 8,
            },
        ),
    }

    def formulas(self) -> list[Formula]:
        return [
            Formula(
                "gpt.loss", (Term("L", "loss"), " = − 1/T Σ log p(xₜ | x₁ … xₜ₋₁)"),
                "aigc_core.families.gpt.family:Family.loss",
            ),
            Formula(
                "gpt.perplexity", (Term("perplexity", "val:perplexity"), " = exp(", Term("L", "val:loss"), ")"),
                "aigc_core.families.gpt.family:Family.evaluate",
            ),
            Formula(
                "gpt.attention", (Term("softmax(Q Kᵀ / √d)", "val:attended"), " V"),
                "aigc_core.families.gpt.introspection:look",
            ),
        ]  # fmt: skip

    def shape(self) -> Size:
        """Blocks, heads and width with the named size filled in."""
        named = SIZES[self.size]
        return Size(self.layers or named.layers, self.heads or named.heads, self.width or named.width)

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        shape = self.shape()
        if shape.width % shape.heads:
            raise ConfigError(
                "config.heads_divide_width",
                "“width” must be a multiple of “heads”, and {width} is none of {heads}.",
                width=shape.width,
                heads=shape.heads,
            )
        return self
