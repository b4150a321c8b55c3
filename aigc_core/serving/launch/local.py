"""Starts the training command as a process of its own, which outlives whoever started it."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from aigc_core.common import class_rules
from aigc_core.common.cores import cores
from aigc_core.common.paths import PROJECT
from aigc_core.runs import slots
from aigc_core.runs.run import Run

NICE = 5  # of a class's trainings: pages and wall come first


def start(run: Run) -> None:
    """Train `run` in a child process.

    The child waits for its turn, writes its output to the run's `log.txt`, and belongs to no terminal, so that
    neither closing the browser nor stopping the app ends it.
    """
    at_once, given = slots.slots(), {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    if at_once > 1:  # each at most its share of the cores: more threads than cores wait for one another
        given["AIGC_THREADS"] = str(max(1, cores() // at_once))
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    with run.open_log() as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "aigc_core", "resume", str(run.path), "--queued"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | given | {"PYTHONPATH": path},
            **detached(),
        )
    _reap(child)
    limit_process(child.pid, bool(run.manifest.owner))


def detached() -> dict[str, Any]:
    """How `subprocess` starts a process that no terminal ends: neither its closing nor a Ctrl-C there."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def limit_process(pid: int, of_student: bool) -> None:
    """Let a process of a class give way to pages and wall, and a student's have no more than its share of memory."""
    rules = class_rules.rules()
    if rules is None or os.name != "posix":
        return
    _lower_priority(pid)
    if of_student and sys.platform == "linux" and not shutil.which("nvidia-smi"):  # CUDA reserves more than it uses
        _limit_memory(pid, int(1e6 * rules.memory_mb) or psutil.virtual_memory().total // (slots.slots() + 1))


def is_pending(run: Run) -> bool:
    """Never without a process of its own, which says so itself."""
    return False


def withdraw(run: Run) -> None:
    """Nothing waits here."""


def _lower_priority(pid: int) -> None:
    """Let pages and wall come first, whatever this training is asked to do."""
    with suppress(OSError):  # it has ended already
        os.setpriority(os.PRIO_PROCESS, pid, NICE)
    with suppress(OSError):  # where memory runs out, a training shall go and not the app
        Path(f"/proc/{pid}/oom_score_adj").write_text("500")


def _limit_memory(pid: int, most: int) -> None:
    """Let it have so many bytes, or fewer if the system allows fewer."""
    import resource

    with suppress(OSError):  # it has ended already
        hard = resource.prlimit(pid, resource.RLIMIT_DATA)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Wait for the child in the background, so that an ended one does not stay as a zombie."""
    import threading

    threading.Thread(target=child.wait, daemon=True, name=f"reaper-{child.pid}").start()
