"""What a model must know of the data that it learns from, kept beside its weights. Importable without torch."""

from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from aigc_core.common.errors import DataError
from aigc_core.data.settings import DataSettings
from aigc_core.data.sources import Note

LARGEST_SIDE = 128  # pixels
CHANNELS = (1, 3)
MOST_CLASSES, MOST_NOTES = 10_000, 1000
MOST_TOKENS = 2_000_000  # different ones
LONGEST_NAME = 300  # characters

Count = Annotated[int, Field(ge=0, lt=2**53)]
Values = Annotated[list[FiniteFloat], Field(max_length=max(CHANNELS))]


@dataclass
class DatasetInfo:
    """What a network must know of its data; kept in the run, so that sampling needs no data.

    `shape` is (C, H, W) for pictures, (2,) for points and () for text. `mean` and `std` are per channel, of
    the training examples (pictures scaled to [0, 1]).
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, revalidate_instances="always")

    kind: Literal["image", "points", "text"]
    shape: tuple[int, ...] = ()
    class_names: Annotated[list[Annotated[str, Field(max_length=LONGEST_NAME)]], Field(max_length=MOST_CLASSES)] = (
        field(default_factory=list)
    )
    train_size: Count = 0  # pictures, points or tokens
    validation_size: Count = 0
    mean: Values = field(default_factory=list)
    std: Values = field(default_factory=list)
    vocabulary: Annotated[Count, Field(le=MOST_TOKENS)] = 0
    tokenizer: str = ""  # a whole tokenizer.json
    validation_bytes: Count = 0  # that the validation tokens stand for, in UTF-8
    notes: Annotated[list[Note], Field(max_length=MOST_NOTES)] = field(default_factory=list)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "DatasetInfo":
        """DatasetInfo that somebody kept in a run.

        Raises:
            DataError: they are none that this version knows, or contradict themselves.
        """
        try:
            info = _DATASET_INFO.validate_python(cls(**value | {"shape": tuple(value["shape"])}))
            info._check()
        except ValidationError as problem:
            first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
            raise _bad_info(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from problem
        except (TypeError, KeyError, ValueError) as problem:
            raise _bad_info(problem) from problem
        return info

    def _check(self) -> None:
        """Raises: ValueError: no data can have all of this."""
        match self.kind, self.shape:
            case "image", (channels, height, width):
                whole = channels in CHANNELS and height == width and 1 <= width <= LARGEST_SIDE
            case "points", (2,):
                whole = True
            case "text", ():
                whole = bool(self.tokenizer) and self.vocabulary > 0
            case _:
                whole = False
        channels = self.shape[0] if self.shape else 0
        if not whole or not len(self.mean) == len(self.std) == channels or any(one <= 0 for one in self.std):
            raise ValueError(f"no such {self.kind} with shape {self.shape[:4]}")
        if not all(isinstance(note.get(name), shape) for note in self.notes for name, shape in NOTE.items()):
            raise ValueError("notes that are no sentences")

    def check_goes_with(self, data: "DatasetInfo", config: DataSettings) -> None:
        """Whether a model of this data can be used with other data.

        Raises:
            DataError: it cannot.
        """
        classes = getattr(config, "conditional", False) and len(self.class_names) != len(data.class_names)
        if (self.kind, self.shape) != (data.kind, data.shape) or classes:
            raise DataError(
                "data.other_data",
                "The data “{data}” is not what this model was made for: it has {found}, the model needs {needed}; "
                "train a new model with it.",
                data=config.data,
                found=data.described,
                needed=self.described,
            )

    @property
    def described(self) -> str:
        """Shape and classes in short."""
        return f"{'×'.join(map(str, self.shape)) or self.kind}, {len(self.class_names)} classes"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


NOTE: dict[str, type] = {"key": str, "text": str, "values": dict}
_DATASET_INFO = TypeAdapter(DatasetInfo)


def _bad_info(problem: object) -> DataError:
    return DataError("data.bad_facts", "facts.json of this run cannot be read ({problem}).", problem=str(problem)[:200])
