"""The choices of the tests' own family."""

from typing import ClassVar, Literal

from aigc_core.families.config import Preset, RunConfig, option
from aigc_core.families.formulas import Formula, Term


class Config(RunConfig):
    """Two numbers of a point become two tones."""

    title: ClassVar[str] = "Chime"
    about: ClassVar[str] = "Learns where points lie, and plays a point as two tones."
    makes: ClassVar[str] = "chime"
    data_kinds: ClassVar[tuple[str, ...]] = ("points",)
    curves: ClassVar[tuple[tuple[str, ...], ...]] = (("loss", "val:distance"), ("pull",))
    figures: ClassVar[tuple[str, ...]] = ("distance",)
    headline: ClassVar[str] = "distance"
    presets: ClassVar[dict[str, Preset]] = {"default": Preset("One bell", "The mean and spread of points.")}

    family: Literal["chime"] = "chime"
    data: str = option("points", "What to learn from.", group="basic")
    steps: int = option(12, "Training steps.", group="basic", ge=1, le=1000)
    batch_size: int = option(16, "Examples in one step, over all processes.", group="basic", ge=1, le=1000)
    lr: float = option(0.05, "Learning rate: the size of each correction.", group="basic", live=True, gt=0, le=10)
    ema: float = option(0.9, "Average of the weights over time; 0 = none.", group="optimiser", ge=0, lt=1)
    pull: float = option(0.1, "How strongly the two numbers are pulled together.", live=True, ge=0, le=1)
    pattern: Literal["ring", "grid", "spiral", "moons"] = option("moons", "How the points lie.", group="data")
    validation: float = option(0.1, "Part held out for validation.", group="data", gt=0, lt=0.9)

    def formulas(self) -> list[Formula]:
        return [
            Formula(
                "chime.loss",
                (Term("L", "loss"), " = ½ |(x − μ) / σ|² + log σ"),
                "tests.helpers.chime.family:Family.loss",
            )
        ]
