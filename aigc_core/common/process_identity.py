"""Processes as others can recognise them: on which machine, since which start of it, which number, begun when.

A process number alone is given again to another one; a time of day is moved when somebody sets the clock.
Importable without torch.
"""

import os
import platform
from functools import cache
from pathlib import Path

import psutil

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def identity(pid: int | None = None) -> str:
    """Of the process with this number, or of this one: "machine|boot|number|begun".

    Raises:
        psutil.NoSuchProcess: there is none.
    """
    pid = os.getpid() if pid is None else pid
    return "|".join((platform.node(), _boot(), str(pid), _begun(pid)))


def exists(known: str) -> bool | None:
    """Whether the process of this identity is still there; None if that cannot be seen, it being on another machine."""
    machine, _, rest = known.partition("|")
    if machine != platform.node():
        return None
    try:
        return known == identity(int(rest.split("|")[1]))
    except (psutil.Error, ValueError, IndexError):
        return False


def halted(known: str) -> bool:
    """Whether somebody stopped this process (SIGSTOP, a debugger) without ending it."""
    try:
        return psutil.Process(int(known.split("|")[2])).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    except (psutil.Error, ValueError, IndexError):
        return False


@cache
def _boot() -> str:
    return _BOOT.read_text().strip() if _BOOT.exists() else ""


def _begun(pid: int) -> str:
    try:  # in ticks since the machine started: psutil's time is one of day
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return f"{psutil.Process(pid).create_time():.2f}"
