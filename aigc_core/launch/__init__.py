"""Where a training runs: on this machine, on a GPU that a Space borrows, or on a cluster (`$AIGC_LAUNCHER`).

Wherever it is, it works in the run's directory, which a cluster's machines share; so stop, pause and status are the
same files everywhere. A launcher is a module with three functions:

    start(run)            have it trained, now or when there is room
    waits(run) -> bool    whether it is still going to be
    drop(run)             take it out again before it has begun
"""

import importlib
import os
import threading
import time
from contextlib import suppress
from typing import Any

from aigc_core.errors import AigcError, ConfigError
from aigc_core.launch import zero
from aigc_core.run import BEAT_S, Run, list_runs

LAUNCHERS = {"local": "local", "ray": "on_ray", "slurm": "slurm"}


def start(run: Run) -> None:
    """Have `run` trained: a new one from its beginning, another from its last checkpoint. It outlives whoever asks.

    Raises:
        ConfigError: there is no such launcher. RunError: the cluster cannot be reached, or its package is missing.
    """
    launcher = _launcher()
    if launcher.waits(run):  # a cluster resumes by itself what a dead machine left
        return
    status = run.status()
    status.state, status.process, status.message = (
        "queued",
        None,
        None,
    )  # counts as waiting, before anything has come up
    run.set_status(status)
    run.request("start")
    try:
        launcher.start(run)
    except AigcError as error:
        status.state, status.message = "failed", error.message
        run.set_status(status)
        raise


def attend() -> None:
    """Call when the app starts: while a cluster has no room, see to it that waiting runs are not taken for dead, and
    that one can stop them."""
    if not _on_cluster():
        return

    def look() -> None:
        while True:
            with suppress(AigcError, OSError):
                for run in list_runs():
                    _look_after(run)
            time.sleep(BEAT_S)

    threading.Thread(target=look, daemon=True, name="attendant").start()


def _look_after(run: Run) -> None:
    status = run.status()
    if status.state not in ("queued", "interrupted") or status.process is not None or run.shipped:
        return
    launcher = _launcher()
    if not launcher.waits(run):
        return
    run.beat()
    if any(one.get("request") == "stop" for one in run.requests_since_start()[0]):
        launcher.drop(run)
        status.state = "stopped"
        run.set_status(status)


def _on_cluster() -> bool:
    return os.environ.get("AIGC_LAUNCHER", "local") not in ("", "local")


def _launcher() -> Any:
    if zero.lent():
        return zero
    name = os.environ.get("AIGC_LAUNCHER") or "local"
    if name not in LAUNCHERS:
        raise ConfigError(
            "config.bad_launcher",
            "AIGC_LAUNCHER must be one of {known}, not “{given}”.",
            known=", ".join(LAUNCHERS),
            given=name,
        )
    return importlib.import_module(f"aigc_core.launch.{LAUNCHERS[name]}")
