"""What the Compare page asks of several runs: curves, settings that differ, figures, samples; and exports."""

import csv
import io
import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aigc_core.common.errors import RunError
from aigc_core.common.jsonl import is_number
from aigc_core.common.paths import runs_root
from aigc_core.common.progress import ProgressCallback
from aigc_core.evaluation import quality_gate
from aigc_core.evaluation.history import history
from aigc_core.evaluation.standing import standing
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving import access, jobs
from aigc_core.serving.api.plain_values import File
from aigc_core.serving.classroom import users
from aigc_core.serving.lazy import LazyFunctions

if TYPE_CHECKING:
    from aigc_core.export import tensorboard as tensorboard_export
else:
    tensorboard_export = LazyFunctions("aigc_core.export.tensorboard")

MOST_RUNS = 8
MOST_POINTS = 400  # of a curve
FORMULA = tuple("=+-@\t\r\n＝＋－＠|%")  # what the first character of one may be
UNINTERESTING = ("family", "preset", "tries")


def compare(names: list[str]) -> dict[str, Any]:
    """Runs next to each other, in the order of `names`.

    Returns:
        `runs`: of each `name`, `family`, `data`, `makes`, `state`, `verdict`, `shipped`, `step`, `seconds`, `joules`,
        `figures` (numbers only), `settings` (those of `differing`), `curves` (name -> rows of step, seconds, value;
        held-out figures as “val:…”) and `samples` (rows of step, seconds, file);
        `differing`: names of settings in which the runs differ; `figures` and `curves`: names that any has.

    Raises:
        RunError: none, too many, or one that is gone.
    """
    runs = _chosen(names)
    settings = [access.settings(run, run.config().model_dump()) for run in runs]
    every = dict.fromkeys(key for one in settings for key in one if key not in UNINTERESTING)
    differing = [key for key in every if any(one.get(key) != settings[0].get(key) for one in settings)]
    shown = [_shown(run, {key: one.get(key) for key in differing}) for run, one in zip(runs, settings, strict=True)]
    return {
        "runs": shown,
        "differing": differing,
        "figures": list(dict.fromkeys(name for one in shown for name in one["figures"])),
        "curves": list(dict.fromkeys(name for one in shown for name in one["curves"])),
    }


def _chosen(names: list[str]) -> list[Run]:
    """The runs of these names, each once."""
    if not 0 < len(names) <= MOST_RUNS:
        raise RunError("compare.count", "Choose between 1 and {most} runs.", most=MOST_RUNS)
    return [run_named(name) for name in dict.fromkeys(names)]


def _shown(run: Run, settings: dict[str, Any]) -> dict[str, Any]:
    status, config = run.status(), run.config()
    every, samples = history(run)
    curves = {name: _thinned(points) for name, points in every.items()}
    figures = standing(run, status)["figures"]
    return {
        "name": run.name, "family": config.family, "data": config.data, "makes": config.makes, "state": status.state,
        "verdict": quality_gate.verdict(run), "shipped": run.shipped, "step": status.step,
        "seconds": status.elapsed_s, "joules": status.energy_j,
        "figures": {key: one for key, one in figures.items() if is_number(one) and key not in ("step", "seed")},
        "settings": settings, "curves": curves, "samples": samples,
    }  # fmt: skip


def _thinned(points: list[Any]) -> list[Any]:
    every = -(-len(points) // MOST_POINTS)
    return points if every <= 1 else [*points[:-1:every], points[-1]]


def table(names: list[str]) -> str:
    """The comparison as CSV: a run a line, with the settings that differ and all figures.

    Raises:
        RunError: as of `compare`.
    """
    found = compare(names)
    text = io.StringIO()
    fixed = ("name", "family", "data", "state", "verdict", "step", "seconds", "joules")
    writer = csv.writer(text)
    writer.writerow(_row([*fixed, *found["differing"], *found["figures"]]))
    for run in found["runs"]:
        own = [run["settings"].get(key) for key in found["differing"]]
        figures = [run["figures"].get(key) for key in found["figures"]]
        writer.writerow(_row([*(run[key] for key in fixed), *own, *figures]))
    return text.getvalue()


def table_file(names: list[str]) -> File:
    """The same as a file."""
    return _csv_file("runs.csv", table(names))


def curves_file(names: list[str]) -> File:
    """Likewise the curves."""
    return _csv_file("curves.csv", curves(names))


def _csv_file(name: str, content: str) -> File:
    """The mark in front tells spreadsheets that it is UTF-8."""
    return {"name": name, "type": "text/csv", "content": content.encode("utf-8-sig")}


def _row(cells: Iterable[Any]) -> list[Any]:
    """Cells as spreadsheets take them for text, never for a formula, whoever wrote them."""
    return [f"'{one}" if isinstance(one, str) and one.lstrip()[:1] in FORMULA and one.strip() else one for one in cells]


def curves(names: list[str]) -> str:
    """All curves as CSV, thinned to `MOST_POINTS` each: run, curve, step, seconds, value.

    Raises:
        RunError: as of `compare`.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("run", "curve", "step", "seconds", "value"))
    for run in compare(names)["runs"]:
        for name, points in run["curves"].items():
            writer.writerows(_row((run["name"], name, *point)) for point in points)
    return text.getvalue()


def tensorboard(names: list[str]) -> str:
    """Write runs for TensorBoard in the background; returns the job's name, whose result is the folder.

    Raises:
        RunError: none, too many, or one that is gone. ClassError: in a class only a teacher can.
    """
    users.check_teacher()
    runs, folder = _chosen(names), runs_root() / ".tensorboard"

    def write(progress: ProgressCallback) -> str:
        for number, run in enumerate(runs):
            progress(number / len(runs), None)
            shutil.rmtree(folder / run.name, ignore_errors=True)  # of an earlier time
            tensorboard_export.tensorboard(run, folder / run.name)
        return str(folder)

    return jobs.start(write)
