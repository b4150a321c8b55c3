"""Starts the training command as a process of its own, which outlives whoever started it."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from aigc_core import classroom, turns
from aigc_core.run import PROJECT, Run

NICE = 5  # of a class's trainings: pages and wall come first


def start(run: Run) -> None:
    """Train `run` in a child process.

    The child waits for its turn, writes its output to the run's `log.txt`, and belongs to no terminal, so that
    neither closing the browser nor stopping the app ends it.
    """
    at_once, given = turns.slots(), {"PYTHONUNBUFFERED": "1"}
    if at_once > 1:  # each its share of the cores: more threads than cores wait for one another
        share = max(1, (psutil.cpu_count() or 1) // at_once)
        given["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS") or str(share)
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    with (run.path / "log.txt").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "aigc_core", "resume", str(run.path), "--queued"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | given | {"PYTHONPATH": path},
        )
    rules = classroom.rules()
    if rules is not None and os.name == "posix":
        _hold_back(child.pid, rules, at_once)
    _reap(child)


def waits(run: Run) -> bool:
    """Never without a process of its own, which says so itself."""
    return False


def drop(run: Run) -> None:
    """Nothing waits here."""


def _hold_back(pid: int, rules: classroom.Rules, at_once: int) -> None:
    """Let pages, wall and the other trainings live, whatever this one is asked to do."""
    os.setpriority(os.PRIO_PROCESS, pid, NICE)
    with suppress(OSError):  # where memory runs out, a training shall go and not the app
        Path(f"/proc/{pid}/oom_score_adj").write_text("500")
    if sys.platform == "linux" and shutil.which("nvidia-smi") is None:  # CUDA reserves more than it uses
        import resource

        most = int(1e6 * rules.memory_mb) or psutil.virtual_memory().total // (at_once + 1)
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Wait for the child in the background, so that an ended one does not stay as a zombie."""
    import threading

    threading.Thread(target=child.wait, daemon=True, name=f"reaper-{child.pid}").start()
