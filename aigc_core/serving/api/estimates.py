"""How long a training would take here, timed in a process of its own."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from aigc_core.common.errors import ConfigError
from aigc_core.common.files import json_object, write_json
from aigc_core.common.paths import PROJECT
from aigc_core.data.download import cache_folder
from aigc_core.families.config import RunConfig
from aigc_core.serving import launch
from aigc_core.serving.api import lessons
from aigc_core.serving.api.forms import check
from aigc_core.serving.classroom import quotas, users
from aigc_core.serving.fair_slots import FairSlots

TIMEOUT_S = 120
CACHED_S = 600
WAIT_S = 60  # for those who asked before
BUSY_PERCENT = 40  # of all cores, with other work, from which on a measured time is not kept


_estimating = FairSlots(1)
_recent: dict[str, tuple[float, dict[str, Any]]] = {}


def estimate(family: str, values: dict[str, Any], cap: float | None = None) -> dict[str, Any]:
    """Where and how long such a training would take: `device`, `parameters`, `step_s`, `total_s`, and `outlook`, if a
    class or a lesson with a `cap` in minutes ends it long before (`aigc_core.serving.api.lessons`).

    A few steps are timed in a process of their own, once for each kind of training and machine.

    Raises:
        AigcError: the settings or the data do not allow it.
    """
    config = check(family, values)
    which = config.keys_with("pace") | {"family"}
    timed = {key: value for key, value in config.model_dump().items() if key in which}
    key = hashlib.sha256(json.dumps(timed, sort_keys=True).encode()).hexdigest()[:16]
    saved = cache_folder() / "estimates" / f"{key}.json"
    with _slot_to_estimate():
        found = _saved_estimate(saved) or _recent_estimate(key)
        if found is None:
            begun, others = time.monotonic(), _used_by_others()
            found = _measure(config)
            _recent[key] = (time.monotonic(), found)
            whole = (time.monotonic() - begun) * (psutil.cpu_count() or 1)
            if _used_by_others() - others < whole * BUSY_PERCENT / 100:  # else it is true for now only
                with suppress(OSError):  # it is not needed
                    saved.parent.mkdir(exist_ok=True)
                    write_json(saved, found)
    return found | {
        "total_s": 60 * config.minutes or found["step_s"] * config.steps,
        "outlook": lessons.foresee(config, found["step_s"], cap),
    }


@contextmanager
def _slot_to_estimate() -> Iterator[None]:
    """One at a time, in fair turns; who asks for several waits with one.

    Raises:
        ConfigError: it would take too long.
    """
    user, end = users.current_user(), time.monotonic() + WAIT_S
    busy = ConfigError("estimate.busy", "Many people ask for the time just now; start it, or ask again later.")

    def check_wanted() -> None:
        if time.monotonic() > end:
            raise busy

    if user is not None and _estimating.is_waiting(user):
        raise busy
    with _estimating.slot(user, check_wanted):
        yield


def _recent_estimate(key: str) -> dict[str, Any] | None:
    """What was timed beside other work, while that may still go on: a class asks for one estimate thirty times."""
    then, found = _recent.get(key, (0.0, None))
    return found if found and time.monotonic() - then < CACHED_S else None


def _saved_estimate(file: Path) -> dict[str, Any] | None:
    try:
        found = json_object(file.read_bytes())
    except (OSError, ValueError):
        return None
    return found if "step_s" in found else None


def _used_by_others() -> float:
    """Seconds of all cores that went to anything but processes of ours which have ended."""
    cores, ours = psutil.cpu_times(), psutil.Process().cpu_times()
    idle = cores.idle + getattr(cores, "iowait", 0.0)
    return sum(cores) - idle - ours.children_user - ours.children_system


def _measure(config: RunConfig) -> dict[str, Any]:
    pairs = [f"{key}={value}" for key, value in config.model_dump().items() if key not in ("family", "preset")]
    command = [sys.executable, "-m", "aigc_core", "estimate", config.family, "--at-most", str(quotas.most_weights())]
    for pair in pairs:
        command += ["--set", pair]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", cwd=PROJECT
    )
    launch.local.limit_process(process.pid, quotas.is_student())
    with process:
        try:
            said, problem = process.communicate(timeout=TIMEOUT_S)
            found = dict(json.loads(said.splitlines()[-1]))
            if refused := found.get("error"):
                raise ConfigError(refused["key"], refused["template"], **refused["values"])
            return found
        except subprocess.TimeoutExpired:
            process.kill()
            raise ConfigError(
                "estimate.too_slow", "A few steps took more than {seconds} s, so it will be long.", seconds=TIMEOUT_S
            ) from None
        except (IndexError, ValueError):
            reason = problem.strip().splitlines()[-1] if problem.strip() else f"exit {process.returncode}"
    raise ConfigError(
        "estimate.failed", "The time could not be estimated: {reason}", reason=reason.removeprefix("Error: ")
    )
