"""What a training is: every choice a person can make, with its range, default and a sentence of help.

The command line's `--set` keys, the form on the Train page and `config.json` are all drawn from these
classes. Importable without torch.
"""

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from aigc_core.common.errors import ConfigError, can_be_written
from aigc_core.common.paths import absolute
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.sources import SOURCES, Source, source_of
from aigc_core.families.capabilities import Capability
from aigc_core.families.formulas import Formula
from aigc_core.families.thresholds import thresholds

Group = Literal["basic", "network", "data", "optimiser", "judge", "record"]  # parts of a form, in its order


def option(
    default: object,
    help: str,
    *,
    group: Group = "network",
    live: bool = False,
    curves: bool = True,
    pace: bool = True,
    **limits: Any,  # as `pydantic.Field` takes them
) -> Any:  # a field of any type
    """One setting: its default, a sentence of help, where a form shows it, and its limits (`ge`, `le`, …).

    Args:
        live: it may be changed while the training runs.
        curves: it changes what is learned, and so the curves.
        pace: it changes how long a step takes.
    """
    extra: dict[str, Any] = {"group": group, "live": live, "curves": curves, "pace": pace}
    return Field(default=default, description=help, json_schema_extra=extra, **limits)


def _as_number(value: object) -> object:
    """“32” from the command line as 32: a choice among numbers compares numbers."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")  # owner/name of a model on the Hugging Face Hub
Digits = BeforeValidator(_as_number)
Checked = TypeVar("Checked", bound="RunConfig")


@dataclass(frozen=True)
class Preset:
    """A named set of settings of a family."""

    title: str
    about: str
    settings: dict[str, Any] = field(default_factory=dict)


class RunConfig(BaseModel):
    """Settings that every training has. A family adds its own and lists its presets."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    title: ClassVar[str]
    about: ClassVar[str]
    makes: ClassVar[str]  # the kind of its results: see `aigc_core.media.kinds`
    capabilities: ClassVar[tuple[Capability, ...]] = ()  # what pages may offer for it
    data_kinds: ClassVar[tuple[str, ...]]  # kinds of data the family can learn
    presets: ClassVar[dict[str, Preset]]  # the first one is the default
    curves: ClassVar[tuple[tuple[str, ...], ...]]  # which figures share a chart; "val:" is of held-out data
    figures: ClassVar[tuple[str, ...]]  # held-out figures that a gate may name
    headline: ClassVar[str]  # the validation figure that decides which checkpoint is best (lower is better)

    family: str
    preset: str = "custom"
    data: str = option("digits", "What to learn from.", group="basic")

    steps: int = option(1000, "Training steps.", group="basic", ge=1, le=10_000_000, pace=False)
    minutes: float = option(
        0.0,
        "Train for this long instead of a number of steps; 0 = use steps.",
        group="basic",
        ge=0,
        le=100_000,
        pace=False,
    )
    batch_size: int = option(64, "Examples in one step, over all processes.", group="basic", ge=1, le=65_536)
    lr: float = option(
        2e-4, "Learning rate: the size of each update.", group="basic", live=True, gt=0, le=10, pace=False
    )
    seed: int = option(
        0, "All randomness comes from it: same seed, same run.", group="basic", ge=0, lt=2**31, curves=False, pace=False
    )

    warmup_steps: int = option(
        0, "Steps over which the learning rate rises from 0.", group="optimiser", ge=0, le=1_000_000
    )
    lr_schedule: Literal["constant", "linear", "cosine"] = option(
        "constant",
        "Whether the learning rate stays constant, or falls linearly or along a half cosine.",
        group="optimiser",
    )
    lr_end: float = option(0.0, "Final value, as a fraction of the learning rate.", group="optimiser", ge=0, le=1)
    beta1: float = option(0.9, "Adam: decay rate of the mean of gradients.", group="optimiser", ge=0, lt=1)
    beta2: float = option(0.999, "Adam: decay rate of the mean of squared gradients.", group="optimiser", ge=0, lt=1)
    weight_decay: float = option(0.0, "How strongly weight matrices are pulled to 0.", group="optimiser", ge=0, le=10)
    grad_clip: float = option(0.0, "Largest gradient norm allowed; 0 = no limit.", group="optimiser", ge=0, le=1e6)
    ema: float = option(
        0.0, "Moving average of the weights, stored beside them; 0 = none.", group="optimiser", ge=0, lt=1
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = option(
        "auto", "Where to compute; auto uses the GPU if there is one.", group="record", curves=False
    )
    precision: Literal["auto", "float32", "bf16"] = option(
        "auto", "Number format of matmuls; auto uses bf16 where it is fast.", group="record"
    )
    threads: int = option(
        0,
        "Threads of the processor to compute with; 0 = measured while it trains. Another number changes last digits.",
        group="record",
        ge=0,
        le=1024,
        curves=False,
    )
    compile: Literal["auto", "off", "on"] = option(
        "auto",
        "Whether to compile the networks first; auto measures in long trainings whether that pays off.",
        group="record",
        curves=False,
        pace=False,
    )
    log_every: int = option(
        0, "Steps between two points of a curve; 0 = four points a second.", group="record", ge=0, curves=False
    )
    sample_every: int = option(100, "Steps between two samples.", group="record", ge=1, curves=False)
    evaluate_every: int = option(
        250, "Steps between two measurements on held-out data.", group="record", ge=1, curves=False
    )
    checkpoint_every: int = option(500, "Steps between two checkpoints.", group="record", ge=1, curves=False)
    gate: str = option(
        "",
        "Conditions on held-out figures for the model to count as ready; empty = none.",
        group="judge",
        curves=False,
        pace=False,
    )
    tries: int = option(
        1,
        "Most attempts: a model that is not ready is retrained with the doctor's advice.",
        group="judge",
        ge=1,
        le=20,
        curves=False,
        pace=False,
    )
    keep_checkpoints: int = option(
        10,
        "Checkpoints kept, spread over the run; the best and the last are always kept.",
        group="record",
        ge=2,
        le=1000,
        curves=False,
    )

    @model_validator(mode="after")
    def _gate_can_be_read(self) -> Self:
        thresholds(self.gate, self.figures)
        return self

    def formulas(self) -> list[Formula]:
        """What the training makes small, for people to read beside the live numbers."""
        return []

    def figures_not_of(self, info: DatasetInfo) -> frozenset[str]:
        """Which of `figures` data of this kind cannot have: a condition on them does not apply.

        No class is missing where there are none; points have neither sharpness nor colour; greys are not colourful; and
        a classifier knows few kinds of pictures.
        """
        known = bool(source_of(self.data).features)
        found = set() if known else set(OF_KNOWN_KINDS)
        if len(info.class_names) < 2 and not known:
            found.add("classes_missing")
        if info.kind != "image":
            found |= {*OF_EACH_PICTURE, "colorfulness"}
        elif info.shape[0] == 1:
            found.add("colorfulness")
        return frozenset(found)

    def accepts(self, info: DatasetInfo) -> bool:
        """Whether networks of these settings can be built for data of this kind and shape."""
        return info.kind in self.data_kinds

    def check_data(self, source: Source) -> None:
        """Called before a run is made: refuse settings that cannot go with a source.

        Raises:
            ConfigError: they cannot go together.
        """

    @classmethod
    def live_keys(cls) -> frozenset[str]:
        """Names of the settings that may change while the training runs."""
        return cls.keys_with("live")

    @classmethod
    def keys_with(cls, mark: Literal["live", "curves", "pace"]) -> frozenset[str]:
        """Names of the settings that have a mark: see `option`."""
        return frozenset(
            name
            for name, info in cls.model_fields.items()
            if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get(mark)
        )

    def changed(self, changes: dict[str, Any]) -> Self:
        """A copy with some settings replaced, checked like any other.

        Raises:
            ConfigError: unknown key or impossible value.
        """
        return checked(type(self), self.model_dump() | changes)

    def checked_live(self, changes: dict[str, Any]) -> Self:
        """As `changed`, but only settings that may change while the training runs are accepted."""
        for key in changes:
            if key in type(self).model_fields and key not in self.live_keys():
                raise ConfigError(
                    "config.not_live",
                    "“{name}” cannot change while the training runs; these can: {known}.",
                    name=key,
                    known=", ".join(sorted(self.live_keys())),
                )
        return self.changed(changes)


# Held-out figures of every family that makes pictures: see `aigc_core.metrics.sample_quality` and
# `aigc_core.evaluation.evaluate`.
OF_EACH_PICTURE = ("sharpness", "color_distance")  # which points have not
OF_KNOWN_KINDS = ("frechet_features", "kernel_features", "coverage_features", "recognised")  # by a shipped network
PICTURE_FIGURES = (
    "frechet_pixels", "precision", "recall", "density", "coverage", "told_apart", "diversity", "copies",
    "excess_copies", "classes_missing", "colorfulness", *OF_EACH_PICTURE, *OF_KNOWN_KINDS,
)  # fmt: skip


class ImageOptions(BaseModel):
    """How pictures (or points in the plane) are made ready."""

    image_size: Annotated[Literal[0, 28, 32, 64], Digits] = option(
        0, "Width and height in pixels; 0 = as in the data, from 28 to 64.", group="data"
    )
    channels: Annotated[Literal[0, 1, 3], Digits] = option(0, "1 = grey, 3 = colour, 0 = as in the data.", group="data")
    clean: bool = option(True, "Leave out empty and repeated pictures.", group="data")
    standardise: bool = option(
        False, "Normalise pictures to mean 0 and standard deviation 1 in each channel.", group="data"
    )
    rotate: float = option(0.0, "Rotate each picture at random by up to this many degrees.", group="data", ge=0, le=180)
    flip: bool = option(False, "Mirror each picture left to right with probability one half.", group="data")
    scale: float = option(0.0, "Scale each picture at random by up to this fraction.", group="data", ge=0, le=0.5)
    validation: float = option(
        0.1,
        "Fraction held out for validation, if the data has no test set of its own.",
        group="data",
        gt=0,
        lt=0.9,
    )
    pattern: Literal["ring", "grid", "spiral", "moons"] = option(
        "ring", "For the source “points”: their arrangement.", group="data"
    )
    data_path: str = option(
        "", "For the source “folder”: your folder of pictures, or a .zip.", group="data", curves=False
    )


class MatrixOptions(BaseModel):
    """Settings of families whose networks Muon can train."""

    optimizer: Literal["adamw", "muon"] = option(
        "adamw",
        "adamw: the usual one; muon: updates all directions of a weight matrix about equally fast, so a step "
        "usually learns more.",
        group="optimiser",
    )


class TextOptions(BaseModel):
    """How text is made ready."""

    language: Literal["en", "zh", "both"] = option(
        "both", "For the source “stories”: the language of the stories.", group="data"
    )
    clean: bool = option(True, "Normalise line ends; drop control characters and repeated documents.", group="data")
    validation: float = option(0.1, "Fraction held out for validation.", group="data", gt=0, lt=0.9)
    data_path: str = option(
        "", "For the source “text”: your .txt file, or a folder of them.", group="data", curves=False
    )


def make_config(
    config_class: type[Checked],
    preset: str | None = None,
    data: str | None = None,
    settings: dict[str, Any] | None = None,
) -> Checked:
    """A family's config from a preset, a data source and single settings, the later ones winning; places are absolute,
    so that the run can go on wherever it is asked to. Steps that are given count more than a preset's minutes.

    Raises:
        ConfigError: unknown preset, key or data, or an impossible value.
    """
    preset = preset or next(iter(config_class.presets))
    if preset not in config_class.presets:
        raise ConfigError(
            "config.unknown_preset",
            "There is no preset “{name}” here; choose one of: {known}.",
            name=preset,
            known=", ".join(config_class.presets),
        )
    values = {"preset": preset, **config_class.presets[preset].settings}
    if data is not None:
        values["data"] = data
    settings = settings or {}
    if "steps" in settings and "minutes" not in settings:
        values.pop("minutes", None)
    config = checked(config_class, _with_places(values | settings))
    check_data(config)
    return config


def _with_places(values: dict[str, Any]) -> dict[str, Any]:
    found = dict(values)
    if isinstance(path := values.get("data_path"), str) and path:
        found["data_path"] = str(absolute(path))
    if (
        isinstance(name := values.get("init_from"), str) and name and absolute(name).is_dir()
    ):  # else of a run or the Hub
        found["init_from"] = str(absolute(name))
    return found


def check_data(config: RunConfig) -> None:
    """Whether the source exists and goes with the settings.

    Raises:
        ConfigError: it does not.
    """
    known = [name for name, source in SOURCES.items() if source.kind in config.data_kinds]
    if config.data not in known:
        raise ConfigError(
            "config.unknown_data",
            "“{name}” is no data that this family can learn; choose one of: {known}.",
            name=config.data,
            known=", ".join(known),
        )
    config.check_data(SOURCES[config.data])


def checked(config_class: type[Checked], values: dict[str, Any]) -> Checked:
    """The config of these values.

    Raises:
        ConfigError: an unknown key or an impossible value.
    """
    for name, value in values.items():
        if isinstance(value, str) and "\0" in value:
            raise ConfigError("config.bad_text", "“{name}” has a character that no text has.", name=name)
        if isinstance(value, str) and not can_be_written(name + value):
            raise ConfigError(
                "config.not_utf8",
                "“{name}” ({given}) has bytes that are not UTF-8 and cannot be kept; give the file another name, or "
                "type it anew.",
                name=name,
                given=value,
            )
    try:
        return config_class.model_validate(values)
    except ValidationError as error:
        raise _sentence(error, config_class) from None


def _sentence(error: ValidationError, config_class: type[RunConfig]) -> ConfigError:
    """The first problem that pydantic found, as one sentence."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    given, context = first["input"], first.get("ctx", {})
    match first["type"]:
        case "extra_forbidden":
            return ConfigError(
                "config.unknown_key",
                "There is no setting “{name}” here; known are: {known}.",
                name=name,
                known=", ".join(sorted(config_class.model_fields)),
            )
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than" as kind:
            words = {"greater_than_equal": "≥", "greater_than": ">", "less_than_equal": "≤", "less_than": "<"}
            return ConfigError(
                "config.out_of_range",
                "“{name}” must be {sign} {limit}, not {given}.",
                name=name,
                sign=words[kind],
                limit=f"{next(iter(context.values())):g}",
                given=given,
            )
        case "multiple_of":
            return ConfigError(
                "config.not_multiple",
                "“{name}” must be a multiple of {step}, not {given}.",
                name=name,
                step=context["multiple_of"],
                given=given,
            )
        case "literal_error":
            return ConfigError(
                "config.not_a_choice",
                "“{name}” must be one of {known}, not “{given}”.",
                name=name,
                known=context["expected"].replace(" or ", ", "),
                given=given,
            )
        case kind:
            needs = {"int": "a whole number", "float": "a number", "bool": "true or false"}
            return ConfigError(
                f"config.needs_{kind.split('_')[0]}",
                "“{name}” needs " + needs.get(kind.split("_")[0], "text") + ", not “{given}”.",
                name=name,
                given=given,
            )
