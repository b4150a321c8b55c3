"""Where a training runs: on this machine, on a GPU that a Space borrows, or on a cluster (`$AIGC_LAUNCHER`).

Wherever it is, it works in the run's directory, which a cluster's machines share; so stop, pause and status are the
same files everywhere. A launcher is a module with the functions of `Launcher`.
"""

import importlib
import logging
import os
import threading
import time
from contextlib import suppress
from typing import Protocol, cast

from aigc_core.common.errors import AigcError, ConfigError, disk_in_words
from aigc_core.runs.claim import BEAT_S
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run
from aigc_core.serving.launch import local, zero_gpu

log = logging.getLogger(__name__)


class Launcher(Protocol):
    """Where trainings run."""

    def start(self, run: Run) -> None:
        """Have it trained, now or when there is room."""

    def is_pending(self, run: Run) -> bool:
        """Whether it is still going to be."""

    def withdraw(self, run: Run) -> None:
        """Take it out again before it has begun."""


LAUNCHERS = {"local": "local", "ray": "ray_cluster", "slurm": "slurm"}


def start(run: Run) -> None:
    """Have `run` trained: a new one from its beginning, another from its last checkpoint. It outlives whoever asks.

    Raises:
        ConfigError: there is no such launcher. RunError: the cluster cannot be reached, its package is missing, or the
            run's folder takes no file.
    """
    state = run.status().state
    try:
        with disk_in_words():
            launcher = _launcher()
            if launcher.is_pending(run):
                if state in ("queued", "interrupted"):  # a cluster resumes by itself what a dead machine left
                    return
                launcher.withdraw(run)  # what is left of the attempt before
            if state != "queued":  # a new run has begun with this
                run.control.request("start")
            _enter_queue(run)
            launcher.start(run)
    except AigcError as error:
        status = run.status()
        status.state, status.process, status.message = "failed", None, error.message
        with suppress(OSError):
            run.set_status(status)
        raise


def _enter_queue(run: Run) -> None:
    """Let it count as waiting, though nothing has come up yet."""
    status = run.status()
    status.state, status.process, status.message = "queued", None, None
    run.set_status(status)


def watch_pending_runs() -> None:
    """Call when the app starts: while a cluster has no room, see to it that waiting runs are not taken for dead, and
    that one can stop them.

    Raises:
        ConfigError: there is no such launcher.
    """
    if _launcher() in (local, zero_gpu):
        return

    def look() -> None:
        while True:
            for run in list_runs():
                try:
                    _check_pending(run)
                except Exception:  # a damaged run, or a cluster that does not answer: the others still count
                    log.debug("%s was not looked after", run.name, exc_info=True)
            time.sleep(BEAT_S)

    threading.Thread(target=look, daemon=True, name="attendant").start()


def _check_pending(run: Run) -> None:
    status, launcher = run.status(), _launcher()
    if run.shipped or status.state not in ("queued", "interrupted") or not launcher.is_pending(run):
        return
    if status.state == "interrupted":  # its machine died: it waits for another one
        _enter_queue(run)
    run.claim.beat()
    if run.control.stop_requested():
        launcher.withdraw(run)
        status.state, status.process = "stopped", None
        run.set_status(status)


def _launcher() -> Launcher:
    if zero_gpu.is_available():
        return zero_gpu
    name = os.environ.get("AIGC_LAUNCHER") or "local"
    if name not in LAUNCHERS:
        raise ConfigError(
            "config.bad_launcher",
            "AIGC_LAUNCHER must be one of {known}, not “{given}”.",
            known=", ".join(LAUNCHERS),
            given=name,
        )
    return cast(Launcher, importlib.import_module(f"aigc_core.serving.launch.{LAUNCHERS[name]}"))
