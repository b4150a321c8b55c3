"""A run made light enough to give away: what sampling needs, and the record of how it was trained."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from aigc_core.common.errors import RunError, disk_in_words
from aigc_core.common.files import json_lines, new_folder, own_file, write_atomic, write_json
from aigc_core.media.kinds import KINDS
from aigc_core.runs.checkpoint import best_step, flat, for_use
from aigc_core.runs.event_log import thinned
from aigc_core.runs.public_view import MODEL_NAME, PLACES, public_events
from aigc_core.runs.run import Run

# What a run on the Hub may consist of: neither code nor anything that would be unpickled, and no verdict of others.
_FILES = ["config.json", "facts.json", "status.json", "events.jsonl", "best", "last", "README.md",
         "step_*/model.safetensors", "step_*/meta.json"]  # fmt: skip
DESCRIPTION = ["config.json", "facts.json"]  # comes first, because what it describes may be huge, or no model at all
RECORD = ("config.json", "facts.json", "README.md")
MOST_POINTS = 600  # of the curves


def released_files() -> list[str]:
    """Patterns of the files that a run on the Hub may have."""
    return [*_FILES, *(f"samples/step_*{kind.suffix}" for kind in KINDS.values())]


def release(run: Run, to: Path, steps: list[int] | None = None, figures: dict[str, Any] | None = None) -> Run:
    """Copy a finished run without what only training needs; returns the copy.

    Of each checkpoint the weights that sampling uses are kept, averaged where the run averages; optimiser state
    and networks such as a discriminator go. The copy cannot be trained on.

    Args:
        to: a new directory.
        steps: which checkpoints besides the best one, as far as they are still there.
        figures: final figures to put into the status.

    Raises:
        RunError: the run has no checkpoint, a damaged one, or has not ended, or `to` exists, or
            a file cannot be read or written.
    """
    best, status = best_step(run), run.status()
    if status.active:
        raise RunError("release.not_ended", "{name} has not ended; wait for it, or stop it.", name=run.name)
    if to.exists():
        raise RunError("release.exists", "{path} exists already; choose a new directory.", path=to)
    kept = sorted({best, *(steps or [])} & set(run.checkpoints.steps()))  # a step that was thinned away is no loss
    to.parent.mkdir(parents=True, exist_ok=True)
    with disk_in_words(), new_folder(to) as folder:
        for name in RECORD:
            if (run.path / name).exists():
                shutil.copyfile(own_file(run.path / name, run.path), folder / name)
        events = thinned(run.events()[0], MOST_POINTS)
        (folder / "events.jsonl").write_text(json_lines(events), encoding="utf-8", newline="\n")
        (folder / "samples").mkdir()
        for name in run.samples.names():
            (folder / "samples" / name).write_bytes(run.samples.read(name))
        for step in kept:
            _copy_weights(run, step, folder / run.checkpoints.folder(step).name)
        (folder / "best").write_text(run.checkpoints.folder(best).name + "\n")
        (folder / "last").write_text(run.checkpoints.folder(kept[-1]).name + "\n")
        status.process, status.message, status.eta_s = None, None, None
        status.figures = status.figures | (figures or {})
        write_json(folder / "status.json", {key: value for key, value in vars(status).items()})
    return Run(to)


def _copy_weights(run: Run, step: int, to: Path) -> None:
    to.mkdir()
    save_file(flat(for_use(run, step).networks), to / "model.safetensors")
    shutil.copyfile(own_file(run.checkpoints.folder(step) / "meta.json", run.path), to / "meta.json")


def make_public(run: Run, card: str | None = None) -> None:
    """Take out of a copy what is private, or would be a place on another machine; `card` becomes its README."""
    manifest, info, events = run.manifest.read(), run.dataset_info(), run.events()[0]
    config = manifest["config"]
    for key in PLACES:
        if key in config and not (key == "init_from" and MODEL_NAME.fullmatch(str(config[key]))):
            config[key] = ""
    kept = ("format", "created", "config", "environment")
    write_json(run.path / "config.json", {key: manifest[key] for key in kept if key in manifest})
    if info is not None:
        run.set_dataset_info(replace(info, notes=[]))
    write_atomic(run.path / "events.jsonl", json_lines(public_events(run, events)))
    if card is not None:
        write_atomic(run.path / "README.md", card)
