"""A run made light enough to give away: what sampling needs, and the record of how it was trained."""

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from aigc_core.checkpoint import best_step, tensors_for_use
from aigc_core.errors import RunError
from aigc_core.files import new_folder, write_json
from aigc_core.run import Run, thinned

RECORD = ("config.json", "facts.json", "README.md")
MOST_POINTS = 600  # of the curves


def release(run: Run, to: Path, steps: list[int] | None = None, figures: dict[str, Any] | None = None) -> Run:
    """Copy a finished run without what only training needs; returns the copy.

    Of each checkpoint the weights that sampling uses are kept, averaged where the run averages; optimiser state
    and networks such as a discriminator go. The copy cannot be trained on.

    Args:
        to: a new directory.
        steps: which checkpoints besides the best one, as far as they are still there.
        figures: final figures to put into the status.

    Raises:
        RunError: the run has no checkpoint, a damaged one, or has not ended, or `to` exists.
    """
    from aigc_core.families import family_class

    best, status = best_step(run), run.status()
    if status.active:
        raise RunError("release.not_ended", "{name} has not ended; wait for it, or stop it.", name=run.name)
    if to.exists():
        raise RunError("release.exists", "{path} exists already; choose a new directory.", path=to)
    averaged = family_class(run.config().family).averaged
    kept = sorted({best, *(steps or [])} & set(run.checkpoints()))  # a step that was thinned away is no loss
    to.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(to) as folder:
        for name in RECORD:
            if (run.path / name).exists():
                shutil.copyfile(run.path / name, folder / name)
        events = thinned(run.events()[0], MOST_POINTS)
        (folder / "events.jsonl").write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in events))
        shutil.copytree(run.path / "samples", folder / "samples")
        for step in kept:
            _light(run.checkpoint(step), folder / run.checkpoint(step).name, averaged)
        (folder / "best").write_text(run.checkpoint(best).name + "\n")
        (folder / "last").write_text(run.checkpoint(kept[-1]).name + "\n")
        status.process, status.message, status.eta_s = None, None, None
        status.figures = status.figures | (figures or {})
        write_json(folder / "status.json", {key: value for key, value in vars(status).items()})
    return Run(to)


def _light(checkpoint: Path, to: Path, networks: tuple[str, ...]) -> None:
    to.mkdir()
    tensors = tensors_for_use(checkpoint)
    used = {name: tensor for name, tensor in tensors.items() if name.split("/")[0] in networks}
    save_file(used, to / "model.safetensors")
    shutil.copyfile(checkpoint / "meta.json", to / "meta.json")
