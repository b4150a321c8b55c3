"""What can be chosen in the lab. Importable without torch."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aigc_core.common.errors import ConfigError

Coordinate = Annotated[float, Field(ge=-2, le=2)]
MOST_DRAWN = 2000  # points


class PlaygroundSettings(BaseModel):
    """An experiment. Everything may change while it runs; `rebuilding` settings start new networks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Literal["gan", "vae"] = "gan"
    pattern: Literal["ring", "grid", "line", "spiral", "moons", "drawn"] = "ring"
    drawn: tuple[tuple[Coordinate, Coordinate], ...] = Field(default=(), max_length=MOST_DRAWN)
    objective: Literal["non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic"] = (
        "non-saturating"
    )
    lr_g: float = Field(default=1e-3, gt=0, le=1)
    lr_d: float = Field(default=1e-3, gt=0, le=1)
    g_steps: int = Field(default=1, ge=0, le=10)
    d_steps: int = Field(default=1, ge=0, le=10)
    penalty: float = Field(default=0.1, ge=0, le=100)
    blur: float = Field(default=0.0, ge=0, le=1)  # standard deviation of noise on all that the discriminator sees
    depth: int = Field(default=2, ge=1, le=4)  # hidden layers of each network
    width: int = Field(default=32, ge=2, le=128)
    latent: Literal["normal", "uniform"] = "normal"
    latent_size: int = Field(default=2, ge=1, le=16)
    batch_size: int = Field(default=128, ge=4, le=1024)
    lr: float = Field(default=2e-3, gt=0, le=1)  # of the VAE
    beta: float = Field(default=1.0, ge=0, le=100)
    seed: int = Field(default=0, ge=0, lt=2**31)

    rebuilding: ClassVar[frozenset[str]] = frozenset({"model", "depth", "width", "latent_size", "seed"})


def playground_settings(values: dict[str, Any]) -> PlaygroundSettings:
    """Settings from a page or an address.

    Raises:
        ConfigError: one does not exist or cannot have that value.
    """
    try:
        return PlaygroundSettings(**values)
    except ValidationError as problem:
        name = str(problem.errors()[0]["loc"][0])
        raise ConfigError(
            "lab.bad_setting",
            "“{name}” cannot be “{given}” in the lab; choose another value.",
            name=name,
            given=str(values.get(name))[:40],
        ) from problem
