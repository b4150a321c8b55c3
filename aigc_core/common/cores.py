"""The processor's cores: how many are ours and how many stand idle, and how threads wait. Importable without torch."""

import os
import time
from pathlib import Path

import psutil

# Rounds that a thread of libgomp (torch's on Linux) looks whether the others are ready before it sleeps: some 0.1 ms.
# Its own 300,000 hold a core for 5 to 10 ms, hundreds of times a step, where another program has the core that the
# others need; on a quiet machine they save at most a tenth of a step.
SPINS = 3000
_CGROUP = Path("/sys/fs/cgroup")


def wait_briefly() -> None:
    """Let threads that wait for one another sleep soon, in this process and its children; call before torch is loaded.

    Whoever has chosen otherwise (`$OMP_WAIT_POLICY`, `$GOMP_SPINCOUNT`) keeps it.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


def cores() -> int:
    """How many this process may use: those it is bound to, or fewer where its container has fewer."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, round(min(bound, _share())))


def given_threads() -> int | None:
    """How many threads a person wants for every program: `$OMP_NUM_THREADS`; None where it says nothing."""
    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return max(1, int(given)) if given.isdecimal() else None


def share_of_cores() -> int:
    """How many of them a training may use: `$AIGC_THREADS`, as a launcher says where several run at once, or all."""
    given = os.environ.get("AIGC_THREADS", "")
    return max(1, int(given)) if given.isdecimal() else cores()


class IdleMeter:
    """How many of the machine's cores stand idle, on average since it was made or last asked."""

    def __init__(self) -> None:
        self._then, self._idle_s = time.monotonic(), _idle_s()

    def cores(self) -> float:
        then, idle_s = self._then, self._idle_s
        self._then, self._idle_s = time.monotonic(), _idle_s()
        return (self._idle_s - idle_s) / max(self._then - then, 1e-9)


def _idle_s() -> float:
    times = psutil.cpu_times()
    return float(times.idle + getattr(times, "iowait", 0.0))


def _share() -> float:
    """Cores that Linux's control group allows on average; infinite where it limits nothing."""
    for file in ("cpu.max", "cpu/cpu.cfs_quota_us"):
        try:
            quota, *period = (_CGROUP / file).read_text().split()
            whole = period or (_CGROUP / "cpu/cpu.cfs_period_us").read_text().split()
            if quota.isdecimal() and int(whole[0]):
                return int(quota) / int(whole[0])
        except (OSError, ValueError, IndexError):
            continue
    return float("inf")
