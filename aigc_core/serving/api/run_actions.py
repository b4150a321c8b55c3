"""What people do to runs: start, stop, pause, change, resume, run again, delete, pin."""

import math
import threading
from pathlib import Path
from typing import Any, Literal

from aigc_core.common.errors import ConfigError
from aigc_core.common.files import size_mb
from aigc_core.evaluation import quality_gate
from aigc_core.families.config import RunConfig, check_data
from aigc_core.runs.extension import BUDGETS, extend
from aigc_core.runs.listing import run_named
from aigc_core.runs.preflight import check_can_start
from aigc_core.runs.run import Run
from aigc_core.serving import launch
from aigc_core.serving.api.forms import check
from aigc_core.serving.api.uploads import is_own_upload
from aigc_core.serving.classroom import quotas, users

_starting = threading.Lock()  # what is allowed is counted and used up by one at a time


def start(family: str, values: dict[str, Any], cap: float | None = None) -> str:
    """Make a run and train it in a process of its own; returns the run's name.

    Args:
        cap: minutes after which a lesson ends it, wherever it stands.

    Raises:
        AigcError: impossible settings, the rules of a class, or the folder cannot be written.
    """
    config = check(family, values)
    with _starting:
        run = Run.create(config, given=_given(config, cap))
        launch.start(run)
    return run.name


def _given(config: RunConfig, cap: float | None) -> dict[str, Any]:
    """What a new run is to know: its owner and limits in a class, and the limit of a lesson."""
    given = quotas.admit(config)
    return given if cap is None else given | {"limits": given.get("limits", {}) | {"lesson_minutes": cap}}


def request(name: str, what: Literal["stop", "pause", "resume", "set"], changes: dict[str, Any] | None = None) -> None:
    """Ask a training for something. A run that is not active is started again by `resume`; with more `steps` or
    `minutes` among the changes, also one that is done.

    Raises:
        AigcError: no such run, not yours, nothing to ask it, or settings that cannot change now.
    """
    run = run_named(name)
    users.check_may_change(run)
    status = run.status()
    ended = status.state in ("stopped", "failed", "interrupted")
    more = {key: value for key, value in (changes or {}).items() if key in BUDGETS} if what == "resume" else {}
    if more and not status.active:
        with _starting:
            config = run.config().changed({"minutes": 0.0} | more)
            limits = quotas.admit(config).get("limits")
            extend(run, more)
            _start_again(run, limits)
    elif what == "resume" and (ended or quality_gate.left_unjudged(run, status, quality_gate.judgement(run))):
        with _starting:
            _start_again(run, quotas.admit(run.config()).get("limits"))
    elif what == "set":
        run.config().checked_live(changes or {})
        run.ask(what, **(changes or {}))
    else:
        run.ask(what)


def _start_again(run: Run, limits: dict[str, Any] | None) -> None:
    if limits:  # what is left now, this run's own share included
        run.manifest.set_limit("disk_mb", limits["disk_mb"] + size_mb(run.path))
    if run.status().elapsed_s >= 60 * run.manifest.limit("lesson_minutes"):  # whoever goes on is past the lesson
        run.manifest.lift_limit("lesson_minutes")
    launch.start(run)


def train_again(name: str, changes: dict[str, Any]) -> str:
    """Train a new model as an older one was, but for some settings; returns the new run's name.

    Raises:
        AigcError: impossible settings, or a path among them; the folder cannot be written.
    """
    run = run_named(name)
    config = run.config()
    data_path = getattr(config, "data_path", "")
    if data_path and not is_own_upload(Path(data_path)):
        users.check_may_change(run)  # nobody in a class trains with another's data
    if "/" in getattr(config, "init_from", ""):
        users.check_teacher()
    for key in ("data_path", "init_from"):
        if key in changes:
            raise ConfigError("config.no_paths", "Give your own data by uploading it.")
    config = config.changed(changes | {"preset": config.preset, "family": config.family})
    check_data(config)
    check_can_start(config)
    with _starting:
        cap = run.manifest.limit("lesson_minutes")
        run = Run.create(config, given=_given(config, None if math.isinf(cap) else cap))
        launch.start(run)
    return run.name


def delete(name: str) -> None:
    """Remove a run and everything in it.

    Raises:
        AigcError: no such run, not yours, training now, or it came with the program.
    """
    run = run_named(name)
    users.check_may_change(run)
    run.delete()


def pin(name: str, keep: bool) -> None:
    """Keep a run, or not, when old runs are swept away.

    Raises:
        AigcError: no such run, or not yours.
    """
    run = run_named(name)
    users.check_may_change(run)
    run.retention.pin(keep)
