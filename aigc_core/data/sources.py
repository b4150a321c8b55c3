"""The table of data sources, and what a source hands over. Importable without torch.

A new source is one function that returns `Images`, `Points` or `Text`, and one line in `SOURCES`.
"""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

import numpy as np

from aigc_core.common.errors import DataError
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data.settings import DataSettings

Note = dict[str, Any]  # as `aigc_core.common.errors.message` makes it


@dataclass
class Images:
    """Pictures as stored: `pixels` uint8 (N, H, W, C), `labels` int64 (N,) or None, one name per class."""

    pixels: np.ndarray
    labels: np.ndarray | None = None
    class_names: list[str] = field(default_factory=list)
    test: "Images | None" = None  # a test set that the source itself sets apart
    notes: list[Note] = field(default_factory=list)  # what a person should know, e.g. skipped files


@dataclass
class Points:
    """Points in the plane: `xy` float32 (N, 2), roughly within [-1, 1]; `labels` the mode of each."""

    xy: np.ndarray
    labels: np.ndarray | None = None
    class_names: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass
class Text:
    """Text as documents; one document means that it must be split along its length."""

    documents: list[str]
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """A line of the table. `loader` is ``module:function``, called with the run's config and a `ProgressCallback`."""

    name: str
    kind: Literal["image", "points", "text"]
    title: str
    about: str
    licence: str
    origin: Literal["installed", "made here", "download", "yours"]
    loader: str
    features: str = (
        ""  # which of the shipped feature networks judges its pictures (see `aigc_core.metrics.classifier_features`)
    )
    framing: Literal["square", "stroke", "object"] = "square"  # of its pictures (see `aigc_core.data.upload`)
    alike: str = ""  # an installed source of pictures of the same kind, where this one is not on the machine

    def load(self, config: DataSettings, progress: ProgressCallback = silent) -> Images | Points | Text:
        """Fetch or make the data.

        Raises:
            DataError: it cannot be had or read; the sentence says what to do.
        """
        module, function = self.loader.split(":")
        return getattr(import_module(f"aigc_core.data.{module}"), function)(config, progress)


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            "digits",
            "image",
            "Digits 28×28",
            "5,000 handwritten digits, no download needed.",
            "CC BY-SA 3.0 (MNIST)",
            "installed",
            "images:digits",
            features="mnist",
            framing="stroke",
        ),
        Source(
            "digits8",
            "image",
            "Digits 8×8",
            "1,797 small handwritten digits, enlarged.",
            "CC BY 4.0 (UCI)",
            "installed",
            "images:digits8",
            framing="object",
        ),
        Source(
            "mnist",
            "image",
            "MNIST",
            "All 70,000 handwritten digits.",
            "CC BY-SA 3.0",
            "download",
            "images:mnist",
            features="mnist",
            framing="stroke",
            alike="digits",
        ),
        Source(
            "fashion",
            "image",
            "Fashion-MNIST",
            "70,000 garments in ten classes.",
            "MIT",
            "download",
            "images:fashion",
            features="fashion",
            framing="object",
        ),
        Source(
            "kmnist",
            "image",
            "Kuzushiji-MNIST",
            "70,000 cursive Japanese characters.",
            "CC BY-SA 4.0",
            "download",
            "images:kmnist",
            framing="object",
        ),
        Source(
            "cifar10",
            "image",
            "CIFAR-10",
            "60,000 colour photographs in ten classes.",
            "see the authors' page",
            "download",
            "images:cifar10",
        ),
        Source(
            "shapes",
            "image",
            "Shapes",
            "6,000 coloured shapes with known shape, colour, size and position.",
            "made by this program",
            "made here",
            "shapes:shapes",
        ),
        Source(
            "folder",
            "image",
            "Your pictures",
            "A folder or .zip of pictures; sub-folders are classes.",
            "yours",
            "yours",
            "image_folder:folder",
        ),
        Source(
            "points",
            "points",
            "Points in the plane",
            "4,096 points: a ring of 8 clouds, a grid of 25, a spiral or two moons.",
            "made by this program",
            "made here",
            "points:points",
        ),
        Source(
            "stories",
            "text",
            "Stories",
            "Short stories in English and Chinese from a known grammar.",
            "made by this program",
            "made here",
            "stories:stories",
        ),
        Source(
            "docs",
            "text",
            "Python help",
            "465,000 characters of English from Python's own help.",
            "PSF",
            "installed",
            "text:docs",
        ),
        Source(
            "shakespeare",
            "text",
            "Shakespeare",
            "1.1 million characters of plays.",
            "public domain",
            "download",
            "text:shakespeare",
        ),
        Source(
            "tang",
            "text",
            "Tang poems",
            "24,441 Chinese poems in four regular forms.",
            "public domain",
            "download",
            "text:tang",
        ),
        Source("text", "text", "Your text", "Your own .txt file.", "yours", "yours", "text:user_text"),
    )
}


def source_of(name: str) -> Source:
    """The source of this name, which a run of others may not have from here.

    Raises:
        DataError: there is none.
    """
    if name not in SOURCES:
        raise DataError(
            "data.unknown_source",
            "The data “{name}” is not known here; this version knows {known}.",
            name=name[:80],
            known=", ".join(SOURCES),
        )
    return SOURCES[name]
