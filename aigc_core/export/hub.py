"""A run as a model for everybody: a card, a folder, a place on the Hugging Face Hub, and back.

from aigc_core.export.hub import from_pretrained
model = from_pretrained("user/name")          # or a folder; nothing of it is unpickled or executed
pictures = model.pictures(16, seed=0)         # or, of a GPT, model.text("Once upon a time")
"""

import json
import re
import shutil
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from aigc_core.common.errors import AigcError, ConfigError, RunError
from aigc_core.common.files import json_lines, new_folder, refuse_taken, write_atomic, write_json
from aigc_core.data import hub_client
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.sources import SOURCES, Progress, silent
from aigc_core.evaluation import quality_gate
from aigc_core.export.bundle import release
from aigc_core.export.transformers_layout import place_for
from aigc_core.families import config_class
from aigc_core.families.base import ImageRequest, TextRequest
from aigc_core.inference import model_cache
from aigc_core.runs import checkpoint
from aigc_core.runs.public_view import PLACES, public_events
from aigc_core.runs.run import Run, cannot_write
from aigc_core.runs.status import Status

LICENCES = {
    "cc-by-4.0": "CC BY 4.0", "cc-by-sa-4.0": "CC BY-SA 4.0", "cc0-1.0": "CC0", "mit": "MIT",
    "apache-2.0": "Apache 2.0", "other": "other",
}  # fmt: skip
# What a run on the Hub may consist of: neither code nor anything that would be unpickled, and no verdict of others.
FILES = ["config.json", "facts.json", "status.json", "events.jsonl", "best", "last", "README.md",
         "samples/step_*.png", "samples/step_*.txt", "step_*/model.safetensors", "step_*/meta.json"]  # fmt: skip
DESCRIPTION = ["config.json", "facts.json"]  # comes first, because what it describes may be huge, or no model at all
NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)  # of a model on the Hub; no path has this form


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

    def text(self, prompt: str = "", **knobs: Any) -> str:
        """The prompt's continuation; knobs as of `TextRequest`.

        Raises:
            AigcError: it writes no text, a knob is impossible, or it knows no character of the prompt.
        """
        return "".join(model_cache.text(self.run, TextRequest(prompt, **knobs)))


def from_pretrained(name: str | Path, progress: Progress = silent) -> TrainedModel:
    """The model in a folder, or of this name on the Hugging Face Hub, fetched once.

    Raises:
        AigcError: there is none, it cannot be fetched, or it is none of ours.
    """
    path = Path(name)
    if not path.is_dir():
        path = _fetched(str(name), progress)
    return TrainedModel(_whole(Run(path), str(name)))


def push(run: Run, name: str, licence: str = "other", private: bool = False) -> str:
    """Put a run on the Hub as `user/name`, with a card; returns its address. HF_TOKEN says who does it.

    Raises:
        AigcError: no such name or licence, a run without a checkpoint, no right to, or no connection.
    """
    with TemporaryDirectory() as folder:
        packed = pack(run, Path(folder) / "model", licence, _checked_name(name))
        return hub_client.upload(packed, name, private)


def pull(name: str, progress: Progress, to: Path | None = None) -> Run:
    """Make a run of somebody's run on the Hub. It can be looked at and used; it has no optimiser to train on with.

    Only files that a run consists of are taken; places on somebody else's machine, owner and verdict are not.

    Args:
        to: a new or empty directory; None = one under the folder of runs.

    Raises:
        AigcError: there is none, it cannot be fetched, it is none of ours, or `to` cannot be written.
    """
    fetched = _fetched(name, progress)
    _whole(Run(fetched), name)
    to = (to or place_for(name)).absolute()
    refuse_taken(to)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(to) as folder:
            for pattern in FILES:
                for file in fetched.glob(pattern):
                    (folder / file.relative_to(fetched)).parent.mkdir(exist_ok=True)
                    shutil.copyfile(file, folder / file.relative_to(fetched))
            _tidy(folder)
            _settle(Run(folder))
    except OSError as problem:
        raise cannot_write(to, problem) from problem
    return Run(to)


def _fetched(name: str, progress: Progress) -> Path:
    """The files of a model on the Hub, once its description was seen to be of a model.

    Raises:
        AigcError: no such name, there is none, it cannot be fetched, or it is none of ours.
    """
    described = hub_client.snapshot(_checked_name(name), None, DESCRIPTION, silent)
    try:
        checkpoint.unfilled(Run(described))
    except AigcError as problem:
        raise _none_of_ours(name, problem) from problem
    return hub_client.snapshot(name, described.name, FILES, progress)


def _settle(run: Run) -> None:
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
    written = card(run, licence, name)
    packed = release(run, to)
    (packed.path / "README.md").write_text(written, encoding="utf-8")
    _tidy(packed.path)
    return packed.path


def zipped(run: Run, licence: str, file: Path) -> Path:
    """The same as one .zip file."""
    with TemporaryDirectory() as folder:
        packed = pack(run, Path(folder) / "model", licence)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(packed.rglob("*")):
                archive.write(one, Path(run.name) / one.relative_to(packed))
    return file


def card(run: Run, licence: str, name: str) -> str:
    """The model card: what it is, what it learned from, how well, what it cannot do, how to load it.

    Raises:
        ConfigError: no such licence. RunError: the run cannot be read.
    """
    if licence not in LICENCES:
        raise ConfigError(
            "publish.no_licence", "“{given}” is none of these: {known}.", given=licence, known=", ".join(LICENCES)
        )
    config, made, status = run.config(), run.manifest.read(), run.status()
    family, data, info = config_class(config.family), SOURCES.get(config.data), run.dataset_info()
    text = family.makes == "text"
    about = [
        f"license: {licence}", "library_name: aigc-studio",
        f"pipeline_tag: {'text-generation' if text else 'unconditional-image-generation'}",
        "tags:", "- aigc-studio", f"- {config.family}", "- machine-generated",
    ]  # fmt: skip
    if data is None:
        origin = "data that is not known here"
    elif data.origin == "yours":
        origin = "data of the author's own"
    else:
        origin = f"{data.title}: {data.about.rstrip('.')}"
    data_licence = data.licence if data and data.licence else "not given"
    began = getattr(config, "init_from", "")
    began = began if NAME.fullmatch(began) else ""
    if began:
        about.append(f"base_model: {began}")
    device = made.get("environment", {}).get("device", "unknown device")
    listed = [
        f"- **Learned from:** {origin}. Licence of the data: {data_licence}.",
        f"- **Training:** {status.step:,} steps, {status.elapsed_s / 60:.1f} minutes on {device}, seed {config.seed}.",
        f"- **Licence of the weights:** {LICENCES[licence]}.",
        *([f"- **Began as:** {began}, with its licence."] if began else []),
        f"- **Limits:** {_limits(text, info)}",
    ]  # fmt: skip
    use = 'model.text("Once upon a time", seed=0)' if text else "model.pictures(16, seed=0)  # uint8 (16, H, W, C)"
    facts_lines, sample, figures = "\n".join(listed), _sample(run), _figures(run)
    settings = json.dumps({key: value for key, value in made["config"].items() if key not in PLACES}, indent=1)
    return f"""---
{chr(10).join(about)}
---
# {run.name}

{family.title}: {family.about}

{sample}{facts_lines}

{figures}
## Use
```python
from aigc_core.export.hub import from_pretrained
model = from_pretrained("{name}")
made = {use}
```
`aigc_core` is part of AIGC Studio. Weights are safetensors; loading runs no code of this repository.

What it makes is made by a machine; say so where you show it.

<details><summary>All settings</summary>

```json
{settings}
```
</details>
"""


def _limits(text: bool, info: DatasetInfo | None) -> str:
    if text:
        return "it continues text in the manner of what it learned from; what it says is not meant to be true."
    size = "×".join(map(str, info.shape[1:])) if info else ""
    return f"pictures of {size} pixels of the kind it learned from, and no other." if size else "points in the plane."


def _sample(run: Run) -> str:
    if not run.samples.names():
        return ""
    newest = run.samples.names()[-1]
    if newest.endswith(".png"):
        return f"![Samples at the end of the training](samples/{newest})\n\n"
    text = run.samples.read(newest).decode("utf-8", "replace")[:600].replace("```", "'''")
    return f"```text\n{text}\n```\n\n"


def _figures(run: Run) -> str:
    judged = quality_gate.judgement(run)
    figures = judged["figures"] if judged else run.status().figures
    rows = [
        f"| {key} | {f'{value:,}' if isinstance(value, int) else f'{value:.4g}'} |" for key, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and key not in ("seed", "step")
    ]  # fmt: skip
    if not rows:
        return ""
    passed = "" if not judged else ("It passed its gate. " if judged["passed"] else "It did not pass its gate. ")
    return "\n".join(["## On held-out data", f"{passed}`n` is the number of examples.", "", "| figure | |", "|---|---|",
                      *rows, ""]) + "\n"  # fmt: skip


def _tidy(folder: Path) -> None:
    """Take out what is nobody's business, or would be a place on another machine."""
    run = Run(folder)
    made, info, events = run.manifest.read(), run.dataset_info(), run.events()[0]
    for key in PLACES:
        if key in made["config"] and not (key == "init_from" and NAME.fullmatch(str(made["config"][key]))):
            made["config"][key] = ""
    kept = ("format", "created", "config", "environment")
    write_json(folder / "config.json", {key: made[key] for key in kept if key in made})
    if info is not None:
        run.set_dataset_info(replace(info, notes=[]))
    write_atomic(folder / "events.jsonl", json_lines(public_events(run, events)))


def _whole(run: Run, name: str) -> Run:
    """The run, once its weights have been loaded.

    Raises:
        RunError: it is none.
    """
    try:
        model_cache.load(run)
    except AigcError as problem:
        raise _none_of_ours(name, problem) from problem
    return run


def _none_of_ours(name: str, problem: AigcError) -> RunError:
    return RunError(
        "publish.none_of_ours",
        "“{name}” is no model of this program, or a damaged one ({problem}).",
        name=name,
        problem=problem,
    )


def _checked_name(name: str) -> str:
    """Raises: ConfigError: no name that a model on the Hub could have."""
    if not NAME.fullmatch(name):
        raise ConfigError("publish.bad_name", "“{name}” is no name of a model on the Hub; write user/name.", name=name)
    return name
