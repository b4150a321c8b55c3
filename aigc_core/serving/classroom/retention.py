"""Clearing away what nobody has touched for long."""

import math
from contextlib import suppress
from pathlib import Path

from aigc_core.common.errors import AigcError, ConfigError
from aigc_core.common.paths import runs_root
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run

SECONDS_PER_DAY = 86_400


def sweep(days: float, now: float) -> list[str]:
    """Delete runs that nobody has touched for so long, and uploads likewise; returns the runs' names.

    Never one that is pinned, active or shipped, nor one in which somebody has named a direction; never an upload that
    a run which stays has learned from.

    Raises:
        ConfigError: `days` is no number above 0.
    """
    if not (math.isfinite(days) and days > 0):
        raise ConfigError("class.bad_days", "“days” must be a number above 0, not {given}.", given=days)
    longest_s, swept = days * SECONDS_PER_DAY, []
    for run in list_runs():
        with suppress(AigcError, OSError):  # a damaged or protected one is for a person to look at
            status = run.status()
            old = now - max(status.heartbeat, run.retention.last_used()) > longest_s
            if old and not (
                run.shipped or run.retention.pinned or run.retention.has_named_directions() or status.active
            ):
                run.delete()
                swept.append(run.name)
    needed = [Path(place) for run in list_runs() if (place := _data_path(run))]  # to go on, and for what compares
    for file in (runs_root() / ".uploads").rglob("*"):
        with suppress(OSError):
            if now - file.stat().st_mtime > longest_s and file.is_file() and not _among(file, needed):
                file.unlink(missing_ok=True)
    return swept


def _among(file: Path, others: list[Path]) -> bool:
    """Whether one of them is this file, by whichever way it is named."""
    return any(one.exists() and one.samefile(file) for one in others)


def _data_path(run: Run) -> str:
    with suppress(AigcError):
        return str(run.manifest.read()["config"].get("data_path", ""))
    return ""
