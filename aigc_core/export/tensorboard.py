"""A run's curves and samples for other programs that draw curves: TensorBoard and Trackio."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aigc_core.common.errors import not_installed
from aigc_core.common.files import new_folder, refuse_taken
from aigc_core.media.kinds import kind_of
from aigc_core.runs.run import Run

PROJECT = "aigc-studio"  # the name under which Trackio shows all runs


def tensorboard(run: Run, folder: Path) -> None:
    """Write a run's curves, samples and settings as TensorBoard's event files; `tensorboard --logdir` shows them.

    Held-out figures are under “held-out/”.

    Args:
        folder: a new or empty directory.

    Raises:
        RunError: `tensorboard` is not installed, or there is something in `folder`.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as problem:
        raise not_installed("tensorboard") from problem
    import numpy as np
    from PIL import Image

    refuse_taken(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(folder) as place, SummaryWriter(str(place)) as writer:
        writer.add_text("settings", f"```\n{json.dumps(run.manifest.read()['config'], indent=1)}\n```")
        for event in run.events()[0]:
            step, then = event["step"], event["t"]
            for name, value in _numbers(event):
                writer.add_scalar(name, value, step, walltime=then)
            if event["kind"] == "sample" and event["file"] in run.samples.names():
                content = run.samples.read(event["file"])
                mime_type = kind_of(event["file"]).mime_type
                if mime_type.startswith("text/"):
                    writer.add_text("sample", content.decode(errors="replace"), step, walltime=then)
                elif mime_type.startswith("image/"):
                    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
                    writer.add_image("sample", picture, step, walltime=then, dataformats="HWC")


def trackio(run: Run, folder: Path) -> None:
    """Log a run's curves with Trackio (Hugging Face), whose data is then in `folder`.

    Raises:
        RunError: `trackio` is not installed.
    """
    os.environ["TRACKIO_DIR"] = str(folder)  # it reads this when it is imported
    try:
        import trackio as library
    except ImportError as problem:
        raise not_installed("trackio") from problem
    library.init(project=PROJECT, name=run.name, config=run.manifest.read()["config"], embed=False)
    for event in run.events()[0]:
        if numbers := dict(_numbers(event)):
            library.log(numbers, step=event["step"])
    library.finish()


def _numbers(event: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The figures of one event by the names that the boards show."""
    for kind, key, prefix in (("metrics", "values", ""), ("eval", "figures", "held-out/")):
        if event["kind"] == kind:
            for name, value in event[key].items():
                if isinstance(value, int | float):
                    yield prefix + name, value
