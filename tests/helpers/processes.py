"""Commands in processes of their own, and waiting for what they do."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from aigc_core.common.paths import PROJECT

Command = Callable[..., subprocess.CompletedProcess[str]]  # words to how it ended and what it said


def wait_for(ready: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def command(*words: str, env: dict[str, str] | None = None, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    """`python -m aigc_core …` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "aigc_core", *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=PROJECT,
        env=os.environ | (env or {}),
        check=False,
    )
