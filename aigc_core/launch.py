"""Starts the training command as a process of its own, which outlives whoever started it."""

import os
import subprocess
import sys

from aigc_core.run import PROJECT, Run


def start(run: Run) -> None:
    """Train `run` in a child process: a new one from its beginning, another from its last checkpoint.

    The child waits for its turn, writes its output to the run's `log.txt`, and belongs to no terminal, so that
    neither closing the browser nor stopping the app ends it.
    """
    run.request("start")
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    with (run.path / "log.txt").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "aigc_core", "resume", str(run.path), "--queued"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        )
    _reap(child)


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Wait for the child in the background, so that an ended one does not stay as a zombie."""
    import threading

    threading.Thread(target=child.wait, daemon=True, name=f"reaper-{child.pid}").start()
