"""What pages show of runs: rows, live curves, samples, findings; and where their jobs stand."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from aigc_core.common.errors import AigcError
from aigc_core.evaluation import diagnostics, quality_gate
from aigc_core.evaluation.reference_ranges import ranges_of
from aigc_core.evaluation.standing import standing
from aigc_core.families import config_class, formulas
from aigc_core.families.capabilities import Capability
from aigc_core.families.diagnosis import YOUNG
from aigc_core.media.kinds import kind_of
from aigc_core.runs.event_log import thinned
from aigc_core.runs.listing import list_runs, run_named
from aigc_core.runs.run import Run
from aigc_core.serving import access, jobs
from aigc_core.serving.api import lessons
from aigc_core.serving.classroom import users

MOST_POINTS = 1500  # of a curve, when a viewer first opens a run


JOULES_PER_KWH = 3.6e6


def examine(name: str, per_kwh: float = 0.0, per_hour: float = 0.0) -> dict[str, Any]:
    """What doctor and gate say of a run: `findings` (as of `aigc_core.evaluation.diagnostics`), `young` while it is too
    early to say, `judgement` (as of `aigc_core.evaluation.quality_gate.judge`, with money at these prices, or None),
    `judging` while it is made, `unjudged` if that was cut short, `following`, the next attempt's name, and `active`."""
    run = run_named(name)
    status, judged = run.status(), quality_gate.judgement(run)
    found, progress = _diagnosed(run.path, run.event_log.size(), status.state)
    if judged:
        cost = judged["cost"]
        for what in ("train", "use"):
            spent = per_kwh * cost[f"{what}_j"] / JOULES_PER_KWH + per_hour * cost[f"{what}_s"] / 3600
            cost[f"{what}_money"] = spent
    return {
        "findings": found,
        "young": progress < YOUNG,
        "judgement": judged,
        "judging": judged is None and status.state == "done" and status.alive(),
        "unjudged": quality_gate.left_unjudged(run, status, judged),
        "following": run.manifest.read().get("following"),
        "active": status.active,
    }


@lru_cache(maxsize=64)
def _diagnosed(path: Path, size: int, state: str) -> tuple[list[dict[str, Any]], float]:
    """Findings and progress of a run whose events have this size: thirty people may look at one."""
    case = diagnostics.case_of(Run(path))
    return diagnostics.plain(diagnostics.findings(case)), case.progress


def runs() -> list[dict[str, Any]]:
    """All runs, newest first: name, family, data, state, step, headline figure, time made, owner in a class, whether
    it is `mine` to change, and whether it is pinned. Damaged ones say so."""
    rows = [_row(run) for run in list_runs()]
    return [row | {"mine": not row["shipped"] and users.owns(row["owner"])} for row in rows]


def _row(run: Run) -> dict[str, Any]:
    row = _row_of(run.path, run.changed())
    if row["state"] in ("queued", "running", "paused"):
        with suppress(AigcError):
            return row | {"state": run.status().state}  # its process may have died without a word
    return row


@lru_cache(maxsize=4096)
def _row_of(path: Path, changed: tuple[int, ...]) -> dict[str, Any]:
    """Read once for everybody, and anew when the run's files have changed."""
    return _read_row(Run(path))


def _read_row(run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": run.name, "family": "", "data": "", "state": "damaged", "step": 0, "headline": "", "figure": None,
        "created": None, "shipped": run.shipped, "verdict": None, "owner": "", "pinned": run.retention.pinned,
    }  # fmt: skip
    with suppress(AigcError):
        made, status = run.manifest.read(), run.status()
        headline = config_class(made["config"]["family"]).headline
        row |= {
            "owner": made.get("owner", ""), "family": made["config"]["family"], "data": made["config"]["data"],
            "state": status.state, "step": status.step, "headline": headline,
            "figure": standing(run, status)["figures"].get(headline), "created": made["created"],
            "verdict": quality_gate.verdict(run),
        }  # fmt: skip
    return row


def models(capability: Capability | None = None) -> list[dict[str, Any]]:
    """Runs with a checkpoint, if asked for only of families that can do something, newest first: name, family, data and
    its kind, state, steps, newest sample, shipped, and of those that read a text the context in tokens."""
    found = []
    for run in list_runs():
        with suppress(AigcError):
            config = run.manifest.read()["config"]
            can = config_class(config["family"]).capabilities
            steps, info = run.checkpoints.steps(), run.dataset_info()
            if (capability and capability not in can) or not steps or info is None:
                continue
            row = {
                "name": run.name, "family": config["family"], "data": config["data"], "kind": info.kind,
                "state": run.status().state, "steps": steps, "sample": (run.samples.names() or [""])[-1],
                "shipped": run.shipped, "verdict": quality_gate.verdict(run),
            }  # fmt: skip
            if "context" in config:
                row["context"] = config["context"]
            found.append(row)
    return found


def describe(name: str) -> dict[str, Any]:
    """What does not change while a run trains: family, settings, device, curves, settings that may change, the
    usual ranges of its figures (see `aigc_core.evaluation.reference_ranges`), and `aigc_core.families.formulas`."""
    run = run_named(name)
    made, config = run.manifest.read(), run.config()
    live = sorted(config.live_keys())
    return {
        "name": name,
        "family": config.family,
        "makes": config.makes,
        "capabilities": config.capabilities,
        "data": config.data,
        "settings": access.settings(run, config.model_dump()),
        "device": made.get("environment", {}).get("device", ""),
        "curves": config.curves,
        "headline": config.headline,
        "live": live,
        "owner": run.manifest.owner,
        "mine": users.may_change(run),
        "pinned": run.retention.pinned,
        "shipped": run.shipped,
        "usual": ranges_of(config),
        "formulas": formulas.plain(config.formulas()),
    }


def follow(name: str, cursor: str = "") -> dict[str, Any]:
    """What is new in a run since `cursor`: {"status", "standing", "outlook", "events", "cursor"}; for
    `standing` see `aigc_core.evaluation.standing`, for `outlook` `aigc_core.serving.api.lessons`.

    From the beginning (an empty cursor, or a run that went back to a checkpoint) long curves are thinned to
    `MOST_POINTS`.
    """
    run = run_named(name)
    events, after = run.events(cursor)
    status = run.status()
    if not cursor or (events and events[0]["kind"] == "restart"):
        events = thinned(events, MOST_POINTS)
    shown = ("state", "step", "total_steps", "elapsed_s", "eta_s", "steps_per_s", "message")
    stands = {key: getattr(status, key) for key in shown} | {"message": access.sentence(run, status.message)}
    return {
        "status": stands,
        "standing": standing(run, status),
        "outlook": lessons.outlook(run, status),
        "events": access.events(run, events),
        "cursor": after,
    }


def sample_viewer(file: str) -> tuple[str, str]:
    """Which viewer shows a sample of this name, and its MIME type (see `aigc_core.media.kinds`)."""
    kind = kind_of(file)
    return kind.viewer, kind.mime_type


def sample_file(name: str, file: str) -> bytes:
    """One picture (PNG) or text of a run's sample history.

    Raises:
        RunError: there is none of this name.
    """
    return run_named(name).samples.read(file)


job, cancel = jobs.state, jobs.cancel
