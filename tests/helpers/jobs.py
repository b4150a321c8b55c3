"""Waiting for the jobs of `aigc_core.serving.jobs`."""

import time
from typing import Any

from aigc_core.serving import jobs


def ended(name: str, state: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = jobs.state(name)
        if now["state"] == state:
            return dict(now)
        assert now["state"] in ("waiting", "running"), now
        time.sleep(0.01)
    raise AssertionError(f"never {state}")
