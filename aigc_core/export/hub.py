"""A run as a model for everybody: a card, a folder, a place on the Hugging Face Hub, and back.

from aigc_core.export.hub import from_pretrained
model = from_pretrained("user/name")          # or a folder; nothing of it is unpickled or executed
pictures = model.pictures(16, seed=0)         # or, of a GPT, model.text("Once upon a time")
"""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict, Unpack

import numpy as np

from aigc_core.common.errors import AigcError, ConfigError, RunError
from aigc_core.common.files import new_folder, refuse_taken
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data import hub_client
from aigc_core.export.model_card import model_card
from aigc_core.export.transformers_layout import new_run_path
from aigc_core.families.causal_lm import TextRequest
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.runs import checkpoint
from aigc_core.runs.bundle import DESCRIPTION, make_public, release, released_files
from aigc_core.runs.public_view import MODEL_NAME
from aigc_core.runs.run import Run, cannot_write
from aigc_core.runs.status import Status


class SamplingParams(TypedDict, total=False):
    """See `TextRequest`."""

    max_new_tokens: int
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repetition_penalty: float
    seed: int
    precision: str


@dataclass(frozen=True)
class TrainedModel:
    """A model ready for use; `run` is the folder with its settings, curves and samples."""

    run: Run

    def pictures(self, count: int = 16, seed: int = 0, label: int | None = None) -> np.ndarray:
        """Pictures uint8 (N, H, W, C), each from a seed of its own, of one class or all.

        Raises:
            AigcError: it makes no pictures, or has no such class.
        """
        return model_cache.pictures(self.run, ImageRequest(count, seed, label))

    def text(self, prompt: str = "", **sampling_params: Unpack[SamplingParams]) -> str:
        """The prompt's continuation; sampling parameters as of `TextRequest`.

        Raises:
            AigcError: it writes no text, a parameter is impossible, or it knows no character of the prompt.
        """
        return "".join(model_cache.text(self.run, TextRequest(prompt, **sampling_params)))

    def make(self, count: int = 16, seed: int = 0) -> list[bytes]:
        """Results of any kind, each the content of a file, the i-th from (`seed`, i).

        Raises:
            AigcError: it cannot be read.
        """
        return [one.content for one in model_cache.make(self.run, count, seed)]


def from_pretrained(name: str | Path, progress: ProgressCallback = silent) -> TrainedModel:
    """The model in a folder, or of this name on the Hugging Face Hub, fetched once.

    Raises:
        AigcError: there is none, it cannot be fetched, or it is none of ours.
    """
    path = Path(name)
    if not path.is_dir():
        path = _fetch(str(name), progress)
    return TrainedModel(_check_loads(Run(path), str(name)))


def push(run: Run, name: str, licence: str = "other", private: bool = False) -> str:
    """Put a run on the Hub as `user/name`, with a card; returns its address. HF_TOKEN says who does it.

    Raises:
        AigcError: no such name or licence, a run without a checkpoint, no right to, or no connection.
    """
    with TemporaryDirectory() as folder:
        packed = pack(run, Path(folder) / "model", licence, _checked_name(name))
        return hub_client.upload(packed, name, private)


def pull(name: str, progress: ProgressCallback, to: Path | None = None) -> Run:
    """Make a run of somebody's run on the Hub. It can be looked at and used; it has no optimiser to train on with.

    Only files that a run consists of are taken; places on somebody else's machine, owner and verdict are not.

    Args:
        to: a new or empty directory; None = one under the folder of runs.

    Raises:
        AigcError: there is none, it cannot be fetched, it is none of ours, or `to` cannot be written.
    """
    fetched = _fetch(name, progress)
    _check_loads(Run(fetched), name)
    to = (to or new_run_path(name)).absolute()
    refuse_taken(to)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(to) as folder:
            for pattern in released_files():
                for file in fetched.glob(pattern):
                    (folder / file.relative_to(fetched)).parent.mkdir(exist_ok=True)
                    shutil.copyfile(file, folder / file.relative_to(fetched))
            make_public(Run(folder))
            _mark_finished(Run(folder))
    except OSError as problem:
        raise cannot_write(to, problem) from problem
    return Run(to)


def _fetch(name: str, progress: ProgressCallback) -> Path:
    """The files of a model on the Hub, once its description was seen to be of a model.

    Raises:
        AigcError: no such name, there is none, it cannot be fetched, or it is none of ours.
    """
    described = hub_client.snapshot(_checked_name(name), None, DESCRIPTION, silent)
    try:
        checkpoint.unfilled(Run(described))
    except AigcError as problem:
        raise _not_ours(name, problem) from problem
    return hub_client.snapshot(name, described.name, released_files(), progress)


def _mark_finished(run: Run) -> None:
    """What was pulled is finished as of today, whatever its status says."""
    before = run.status()
    figures = {key: value for key, value in before.figures.items() if isinstance(value, int | float | str)}
    run.set_status(
        Status("done", before.step, before.step, elapsed_s=before.elapsed_s, attempt=before.attempt, figures=figures)
    )


def pack(run: Run, to: Path, licence: str = "other", name: str = "user/name") -> Path:
    """Write what `push` would send into a new directory; returns it.

    Raises:
        RunError: the run has no checkpoint or has not ended, or `to` exists. ConfigError: no such licence.
    """
    written = model_card(run, licence, name)
    packed = release(run, to)
    make_public(packed, written)
    return packed.path


def write_zip(run: Run, licence: str, file: Path) -> Path:
    """The same as one .zip file."""
    with TemporaryDirectory() as folder:
        packed = pack(run, Path(folder) / "model", licence)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(packed.rglob("*")):
                archive.write(one, Path(run.name) / one.relative_to(packed))
    return file


def _check_loads(run: Run, name: str) -> Run:
    """The run, once its weights have been loaded.

    Raises:
        RunError: it is none.
    """
    try:
        model_cache.load(run)
    except AigcError as problem:
        raise _not_ours(name, problem) from problem
    return run


def _not_ours(name: str, problem: AigcError) -> RunError:
    return RunError(
        "publish.none_of_ours",
        "“{name}” is no model of this program, or a damaged one ({problem}).",
        name=name,
        problem=problem,
    )


def _checked_name(name: str) -> str:
    """Raises: ConfigError: no name that a model on the Hub could have."""
    if not MODEL_NAME.fullmatch(name):
        raise ConfigError("publish.bad_name", "“{name}” is no name of a model on the Hub; write user/name.", name=name)
    return name
