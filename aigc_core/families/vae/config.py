"""The choices of a variational autoencoder."""

from typing import ClassVar, Literal

from aigc_core.common.errors import ConfigError
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.sources import Source
from aigc_core.families.capabilities import Capability
from aigc_core.families.config import PICTURE_FIGURES, ImageOptions, MatrixOptions, Preset, RunConfig, option
from aigc_core.families.formulas import Formula, Term


class Config(ImageOptions, MatrixOptions, RunConfig):
    """An encoder squeezes a picture into a few numbers, a decoder draws it again from them."""

    title: ClassVar[str] = "VAE"
    about: ClassVar[str] = "Compresses pictures to a few numbers that you can change, and draws them again."
    makes: ClassVar[str] = "pictures"
    capabilities: ClassVar[tuple[Capability, ...]] = ("decodes_latent", "encodes")
    data_kinds: ClassVar[tuple[str, ...]] = ("image", "points")
    curves: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("loss", "val:negative_elbo"),
        ("reconstruction", "val:reconstruction"),
        ("kl", "val:kl"),
    )
    figures: ClassVar[tuple[str, ...]] = (
        "negative_elbo", "reconstruction", "kl", "active_units", "importance_weighted_nll", "gain", *PICTURE_FIGURES,
    )  # fmt: skip
    headline: ClassVar[str] = "negative_elbo"

    family: Literal["vae"] = "vae"
    steps: int = option(1000, "Training steps.", group="basic", ge=1, le=10_000_000, pace=False)
    batch_size: int = option(128, "Examples in one step, over all processes.", group="basic", ge=1, le=65_536)
    lr: float = option(
        2e-3, "Learning rate: the size of each update.", group="basic", live=True, gt=0, le=10, pace=False
    )
    lr_schedule: Literal["constant", "linear", "cosine"] = option(
        "cosine",
        "Whether the learning rate stays constant, or falls linearly or along a half cosine.",
        group="optimiser",
    )
    gate: str = option(
        "active_units > 0, told_apart < 0.8, classes_missing < 1, coverage_features > 0.25, colorfulness > 0.6",
        "Conditions on held-out figures for the model to count as ready; empty = none.",
        group="judge",
        curves=False,
        pace=False,
    )
    latent_size: int = option(
        16, "Numbers that a picture is compressed to; 2 can be drawn as a map.", group="basic", ge=2, le=128
    )
    network: Literal["conv", "mlp"] = option("conv", "conv: convolutions; mlp: dense layers.", group="basic")
    likelihood: Literal["bernoulli", "gaussian"] = option(
        "bernoulli",
        "bernoulli: each pixel is a probability of being lit; gaussian: a value with a learned standard deviation.",
        group="basic",
    )
    beta: float = option(
        1.0,
        "Weight of the KL term: larger values make tidier codes and blurrier pictures.",
        group="basic",
        live=True,
        ge=0,
        le=1000,
        pace=False,
    )
    beta_warmup_steps: int = option(
        0,
        "Steps over which β rises from 0, so that the model uses the code before it is regularised.",
        ge=0,
        le=1_000_000,
    )
    conditional: bool = option(False, "Tell both networks the class, so that you can ask for one.")
    width: int = option(16, "Channels (conv) or units (mlp) of the narrowest layer.", ge=8, le=1024, multiple_of=8)

    presets: ClassVar[dict[str, Preset]] = {
        "default": Preset("Digits in a minute", "Convolutions, 16 numbers a picture."),
        "map": Preset(
            "A map of digits", "Two numbers a picture, so that all pictures lie on a map.", {"latent_size": 2}
        ),
        "mnist": Preset(
            "MNIST in a minute",
            "60,000 digits, 32 numbers each, Muon: −ELBO about 95 in 71 seconds on two cores.",
            {
                "data": "mnist",
                "minutes": 1.18,
                "width": 8,
                "latent_size": 32,
                "optimizer": "muon",
                "lr": 0.012,
                "lr_schedule": "linear",
                "ema": 0.98,
                "evaluate_every": 1000,  # ten thousand pictures take two of its seconds
                "checkpoint_every": 1000,
                "warmup_steps": 30,
            },
        ),
        "textbook": Preset(
            "Textbook",
            "Dense layers and 20 numbers a picture, as in Kingma & Welling 2013.",
            {"network": "mlp", "latent_size": 20, "width": 128, "lr": 1e-3, "lr_schedule": "constant"},
        ),
        "classes": Preset(
            "By class", "Told the class: the code keeps only the handwriting.", {"conditional": True, "latent_size": 8}
        ),
        "moons": Preset(
            "Points on moons",
            "Two dimensions, Gaussian likelihood.",
            {
                "data": "points",
                "pattern": "moons",
                "network": "mlp",
                "likelihood": "gaussian",
                "latent_size": 2,
                "batch_size": 256,
                "steps": 3000,
            },
        ),
    }

    def formulas(self) -> list[Formula]:
        likelihood: dict[str, tuple[str, str]] = {
            "bernoulli": (" = − Σ x log p + (1 − x) log(1 − p)", "bernoulli_nll"),
            "gaussian": (" = Σ (x − μ)² / 2σ² + log σ + ½ log 2π", "gaussian_nll"),
        }
        written, code = likelihood[self.likelihood]
        terms = "aigc_core.families.vae.losses"
        reconstruction, kl = Term("− log p(x|z)", "reconstruction"), Term("KL", "kl")
        loss = (Term("L", "loss"), " = ", reconstruction, " + ", Term("β", "beta"), " · ", kl)
        return [
            Formula("vae.loss", loss, "aigc_core.families.vae.family:Family.loss"),
            Formula(f"vae.{self.likelihood}", (reconstruction, written), f"{terms}:{code}"),
            Formula("vae.kl", (kl, " = ½ Σ (μ² + σ² − 1 − log σ²)"), f"{terms}:kl_to_standard_normal"),
        ]

    def accepts(self, info: DatasetInfo) -> bool:
        return super().accepts(info) and (info.kind != "points" or self.network == "mlp")

    def check_data(self, source: Source) -> None:
        if source.kind == "points" and (self.network != "mlp" or self.likelihood != "gaussian"):
            raise ConfigError(
                "config.points_need_gaussian",
                "“{data}” is points, not pictures: choose the network “mlp” and the likelihood “gaussian”.",
                data=source.name,
            )
