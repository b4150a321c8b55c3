"""The choices of a generative adversarial network."""

from typing import ClassVar, Literal

from aigc_core.common.errors import ConfigError
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.sources import Source
from aigc_core.families.capabilities import Capability
from aigc_core.families.config import PICTURE_FIGURES, ImageOptions, Preset, RunConfig, option
from aigc_core.families.formulas import Formula
from aigc_core.families.gan.formulas import formulas


class Config(ImageOptions, RunConfig):
    """Two networks against each other: one makes pictures, one tells them from real ones."""

    title: ClassVar[str] = "GAN"
    about: ClassVar[str] = "A generator makes pictures, a discriminator tells them from real ones."
    makes: ClassVar[str] = "pictures"
    capabilities: ClassVar[tuple[Capability, ...]] = ("decodes_latent",)
    data_kinds: ClassVar[tuple[str, ...]] = ("image", "points")
    curves: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("d_loss", "g_loss"),
        ("d_real", "d_fake"),
        ("val:frechet_pixels",),
    )
    figures: ClassVar[tuple[str, ...]] = PICTURE_FIGURES
    headline: ClassVar[str] = "frechet_pixels"

    family: Literal["gan"] = "gan"
    steps: int = option(1200, "Training steps.", group="basic", ge=1, le=10_000_000, pace=False)
    lr: float = option(
        4e-4, "Learning rate: the size of each update.", group="basic", live=True, gt=0, le=10, pace=False
    )
    beta1: float = option(0.0, "Adam: decay rate of the mean of gradients.", group="optimiser", ge=0, lt=1)
    beta2: float = option(0.99, "Adam: decay rate of the mean of squared gradients.", group="optimiser", ge=0, lt=1)
    ema: float = option(
        0.995,
        "Moving average of the generator's weights, used to draw its pictures; 0 = none.",
        group="optimiser",
        ge=0,
        lt=1,
    )

    gate: str = option(
        "told_apart < 0.8, diversity > 0.6, classes_missing < 1, excess_copies < 0.2, coverage_features > 0.45, "
        "colorfulness > 0.6",
        "Conditions on held-out figures for the model to count as ready; empty = none.",
        group="judge",
        curves=False,
        pace=False,
    )

    objective: Literal["non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic"] = option(
        "hinge", "The game: what each network minimises.", group="basic"
    )
    network: Literal["dcgan", "style", "resize", "mlp"] = option(
        "dcgan",
        "dcgan: transposed convolutions; style: the same, with the code entering at every layer, so that two "
        "pictures can be mixed; resize: upsampling, then convolutions, slower but without checkerboard artefacts; "
        "mlp: dense layers, as in textbooks.",
        group="basic",
    )
    conditional: bool = option(False, "Tell both networks the class, so that you can ask for one.", group="basic")
    latent_size: int = option(64, "Numbers in the code z that a picture is made from.", ge=1, le=1024)
    width: int = option(16, "Channels (dcgan) or units (mlp) of the narrowest layer.", ge=8, le=1024, multiple_of=8)
    spectral_norm: bool = option(
        True, "Limit the slope of every discriminator layer (Miyato 2018): more stable training."
    )
    penalty: float = option(
        10.0, "Weight of the gradient penalty, for the objectives that have one.", live=True, ge=0, le=1e4
    )
    d_steps: int = option(1, "Discriminator updates in one step.", group="basic", live=True, ge=1, le=20)
    g_steps: int = option(1, "Generator updates in one step.", group="basic", live=True, ge=1, le=20)

    presets: ClassVar[dict[str, Preset]] = {
        "default": Preset("Digits in a minute", "Convolutions, hinge loss, spectral norm, averaged generator."),
        "mnist": Preset(
            "MNIST in three minutes",
            "60,000 digits by class, with a style generator: what two cores learn in three minutes.",
            {
                "data": "mnist",
                "minutes": 3.0,
                "network": "style",
                "conditional": True,
                "width": 8,
                "lr": 1e-3,
                "lr_schedule": "cosine",
                "ema": 0.99,
            },
        ),
        "textbook": Preset(
            "Textbook",
            "The dense GAN of the textbooks; see how much harder it learns.",
            {
                "network": "mlp",
                "objective": "non-saturating",
                "spectral_norm": False,
                "width": 128,
                "lr": 2e-4,
                "beta1": 0.5,
                "beta2": 0.999,
                "steps": 4000,
            },
        ),
        "classes": Preset(
            "By class", "Like the first, but told the class: ask for a 7 and get a 7.", {"conditional": True}
        ),
        "wasserstein": Preset(
            "Wasserstein",
            "Gradient penalty and five critic steps to one (Gulrajani 2017).",
            {"objective": "wasserstein", "spectral_norm": False, "d_steps": 5, "lr": 2e-4, "beta2": 0.9, "steps": 600},
        ),
        "relativistic": Preset(
            "Stable (R3GAN)",
            "Relativistic with R1 and R2 penalties (Huang 2024): little mode collapse.",
            {"objective": "relativistic", "spectral_norm": False, "penalty": 1.0, "lr": 2e-4, "steps": 1000},
        ),
        "ring": Preset(
            "Points on a ring",
            "Two dimensions: see whether every cloud is found.",
            {
                "data": "points",
                "pattern": "ring",
                "gate": "told_apart < 0.73, precision > 0.65, classes_missing < 1",
                "network": "mlp",
                "objective": "relativistic",
                "spectral_norm": False,
                "penalty": 0.1,
                "width": 32,
                "latent_size": 2,
                "batch_size": 256,
                "lr": 1e-3,
                "steps": 3000,
            },
        ),
    }

    def formulas(self) -> list[Formula]:
        return formulas(self.objective)

    def accepts(self, info: DatasetInfo) -> bool:
        return super().accepts(info) and (info.kind != "points" or self.network == "mlp")

    def check_data(self, source: Source) -> None:
        if source.kind == "points" and (self.network != "mlp"):
            raise ConfigError(
                "config.points_need_mlp",
                "“{data}” is points, not pictures: choose the network “mlp”.",
                data=source.name,
            )
