"""How much energy a training takes: read from the machine where it can be read, otherwise estimated, and said so."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psutil

from aigc_core.common.running_clock import RunningClock

RAPL = Path("/sys/class/powercap")  # Intel's and AMD's own counters, as Linux shows them
CORE_WATTS = 12.0  # of a busy core with its share of the machine, where nothing can be read (Lannelongue 2021)
How = Literal["measured", "estimated"]


class Meter:
    """Joules since it was made or last asked.

    Processor: RAPL's package counters, which count the whole machine; where they cannot be read, this process's time on
    cores times `CORE_WATTS`. Graphics card: NVML's counter; where it has none, it is left out.

    Args:
        card: the graphics card's name for NVML, if one computes.
        machine: whether this process counts what counters say of the whole machine; of several on one, one does.
    """

    def __init__(self, card: str | None = None, rapl: Path = RAPL, *, machine: bool = True) -> None:
        self._counters = _rapl_counters(rapl)
        self._gpu = _nvml_counter(card) if card else None
        self.how: How = "measured" if self._counters and (self._gpu or not card) else "estimated"
        self._machine = machine
        self._process = psutil.Process()
        self._last: dict[str, float] = {}
        self._last = self._readings()

    def joules(self) -> float:
        """What was used since the last call."""
        before, now = self._last, self._readings()
        self._last = now
        used = sum(_difference(before[name], now[name], span) for name, (_, span) in self._counters.items())
        if not self._counters:
            used = (now["cpu"] - before["cpu"]) * CORE_WATTS
        elif not self._machine:
            used = 0.0
        return used + now["gpu"] - before["gpu"]

    def _readings(self) -> dict[str, float]:
        times = self._process.cpu_times()
        found = {"cpu": times.user + times.system, "gpu": self._gpu() if self._gpu else 0.0}
        for name, (file, _) in self._counters.items():
            with suppress(OSError, ValueError):
                found[name] = int(file.read_text()) / 1e6
            found.setdefault(name, self._last.get(name, 0.0))
        return found


def _rapl_counters(folder: Path) -> dict[str, tuple[Path, float]]:
    """Each processor package's counter in microjoules, and where it starts anew, in joules."""
    found = {}
    for package in sorted(folder.glob("intel-rapl:*")):
        with suppress(OSError, ValueError):
            if not (package / "name").read_text().startswith("package"):  # its parts and the whole machine count again
                continue
            int((package / "energy_uj").read_text())  # often only the administrator may
            span = int((package / "max_energy_range_uj").read_text()) / 1e6
            found[package.name] = (package / "energy_uj", span)
    return found


def _difference(before: float, now: float, span: float) -> float:
    return now - before if now >= before else now - before + span


def _nvml_counter(card: str) -> Callable[[], float] | None:
    """A function that reads a graphics card's joules; None where it has no counter."""
    import pynvml  # type: ignore[import-untyped]

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(card)
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except pynvml.NVMLError:
        return None

    last = 0.0

    def joules() -> float:
        nonlocal last
        with suppress(pynvml.NVMLError):  # a card that is lost has used nothing since
            last = pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3
        return last

    return joules


def timed(work: Callable[[], object], card: str | None) -> tuple[float, float]:
    """Seconds and joules that a piece of work takes, `card` as for `Meter`."""
    with RunningClock() as clock:
        meter, begun = Meter(card), clock.read()
        work()
        return clock.read() - begun, meter.joules()
