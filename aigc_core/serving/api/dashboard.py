"""What the wall board shows: all trainings of the class at one moment. Only reads."""

import base64
import io
import threading
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

from aigc_core.common.errors import AigcError
from aigc_core.common.jsonl import is_number
from aigc_core.evaluation import quality_gate
from aigc_core.evaluation.standing import standing
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig
from aigc_core.media.kinds import kind_of
from aigc_core.runs.event_log import thinned
from aigc_core.runs.listing import list_runs, run_named
from aigc_core.runs.run import Run
from aigc_core.serving import access
from aigc_core.serving.api import run_views

SHOWN = 24  # runs as cards
GROUPS, RANKED = 6, 10  # kinds of figure, and runs of each
POINTS = 300  # of a curve
THUMB = 128  # pixels
TEXT = 240  # characters of a sample
FRESH_S = 1.0  # one look at the folder serves all boards for so long

_lock = threading.Lock()
_last: tuple[float, list[dict[str, Any]]] = (0.0, [])


def snapshot(chosen: str = "") -> dict[str, Any]:
    """`runs`, the newest ones as cards; `ranking`, by family and data the best ones by the figure that decides
    which is best, ready ones first; `large`, the chosen run or the newest one that trains, with its curves."""
    rows = _rows()
    names = [row["name"] for row in rows]
    active = next((row["name"] for row in rows if row["state"] == "running"), names[0] if names else "")
    large = chosen if chosen in names else active
    return {
        "runs": [row | {"sample": _sample(row["name"], row["file"])} for row in rows[:SHOWN]],
        "ranking": _ranking(rows),
        "large": _selected_run(large) if large else None,
        "active": sum(row["state"] == "running" for row in rows),
        "waiting": sum(row["state"] == "queued" for row in rows),
    }


def _rows() -> list[dict[str, Any]]:
    global _last
    with _lock:
        if time.monotonic() - _last[0] > FRESH_S:
            _last = (time.monotonic(), [row for run in list_runs() if not run.shipped and (row := _row(run))])
        return _last[1]


def _row(run: Run) -> dict[str, Any] | None:
    with suppress(AigcError, OSError):
        made, status = run.manifest.read(), run.status()
        config: type[RunConfig] = config_class(made["config"]["family"])
        return {
            "name": run.name, "owner": made.get("owner", ""), "family": made["config"]["family"],
            "data": made["config"]["data"], "state": status.state, "step": status.step,
            "total_steps": status.total_steps, "eta_s": status.eta_s,
            "message": access.sentence(run, status.message, stranger=True),
            "headline": config.headline, "figure": standing(run, status)["figures"].get(config.headline),
            "verdict": quality_gate.verdict(run), "file": (run.samples.names() or [""])[-1],
        }  # fmt: skip
    return None


def _ranking(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if isinstance(row["figure"], int | float):
            groups.setdefault((row["family"], row["data"]), []).append(row)
    kept = ("name", "owner", "figure", "verdict")
    return [
        {
            "family": family, "data": data, "headline": some[0]["headline"],
            "best": [
                {key: one[key] for key in kept}
                for one in sorted(some, key=lambda one: (one["verdict"] != "ready", one["figure"]))[:RANKED]
            ],
        }
        for (family, data), some in sorted(groups.items(), key=lambda entry: -len(entry[1]))[:GROUPS]
    ]  # fmt: skip


def _selected_run(name: str) -> dict[str, Any] | None:
    with suppress(AigcError, OSError):
        run = run_named(name)
        status, described = run.status(), run_views.describe(name)
        file = (run.samples.names() or [""])[-1]
        return {
            "name": name, "owner": described["owner"], "family": described["family"], "data": described["data"],
            "state": status.state, "step": status.step, "total_steps": status.total_steps, "eta_s": status.eta_s,
            "message": access.sentence(run, status.message, stranger=True), "headline": described["headline"],
            "figure": standing(run, status)["figures"].get(described["headline"]), "groups": described["curves"],
            "curves": _curves(name, status.attempt, run.event_log.size()), "sample": _sample(name, file, whole=True),
        }  # fmt: skip
    return None


@lru_cache(maxsize=32)
def _curves(name: str, attempt: int, size: int) -> dict[str, list[list[float]]]:
    """Name to points (step, value), held-out figures with “val:” in front; anew when the events have grown."""
    curves: dict[str, list[list[float]]] = {}
    for event in thinned(run_named(name).events()[0], POINTS):
        figures = event.get("values", {}) if event["kind"] == "metrics" else event.get("figures", {})
        prefix = "val:" if event["kind"] == "eval" else ""
        for figure, value in figures.items():
            if is_number(value):
                curves.setdefault(prefix + figure, []).append([event["step"], value])
    return curves


@lru_cache(maxsize=256)
def _sample(name: str, file: str, whole: bool = False) -> dict[str, str] | None:
    """A sample as the wall shows it: a picture as a data address, small unless `whole`, or the beginning of a text."""
    if not file:
        return None
    with suppress(AigcError, OSError):
        content = run_named(name).samples.read(file)
        kind = kind_of(file)
        if kind.mime_type.startswith("text/"):
            return {"text": content.decode("utf-8", "replace")[: 4 * TEXT if whole else TEXT]}
        if kind.mime_type == "image/png":
            return {"picture": _data_url(content if whole else _crop_png(content))}
    return None


def _crop_png(png: bytes) -> bytes:
    """The upper left part of a sheet, so that single pictures can still be seen from afar."""
    from PIL import Image

    sheet = Image.open(io.BytesIO(png))
    part = sheet.crop((0, 0, min(sheet.width, THUMB), min(sheet.height, THUMB)))
    kept = io.BytesIO()
    part.save(kept, "PNG")
    return kept.getvalue()


def _data_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
