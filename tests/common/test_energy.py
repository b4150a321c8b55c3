"""The energy meter: counters where they can be read, an estimate elsewhere."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from aigc_core.common.energy import CORE_WATTS, Meter


def packages(folder: Path, *microjoules: int) -> list[Path]:
    files = []
    for number, value in enumerate(microjoules):
        package = folder / f"intel-rapl:{number}"
        package.mkdir()
        (package / "name").write_text(f"package-{number}")
        (package / "energy_uj").write_text(str(value))
        (package / "max_energy_range_uj").write_text("1000000000")
        part = folder / f"intel-rapl:{number}:0"  # a core's share, which is in the package's sum
        part.mkdir()
        (part / "name").write_text("core")
        (part / "energy_uj").write_text("123")
        (part / "max_energy_range_uj").write_text("1000")
        files.append(package / "energy_uj")
    whole = folder / "intel-rapl:9"  # the whole machine, which would count the packages again
    whole.mkdir()
    (whole / "name").write_text("psys")
    (whole / "energy_uj").write_text("5")
    (whole / "max_energy_range_uj").write_text("1000")
    return files


def test_packages_are_summed_and_a_counter_may_start_anew(tmp_path: Path) -> None:
    first, second = packages(tmp_path, 5_000_000, 999_000_000)
    meter = Meter(rapl=tmp_path)
    assert meter.how == "measured"
    first.write_text("7000000")
    second.write_text("1000000")
    assert meter.joules() == pytest.approx(2 + 2)
    assert meter.joules() == 0
    first.unlink()  # a counter that goes away has used nothing since
    assert meter.joules() == 0


def test_without_counters_time_on_cores_is_taken(tmp_path: Path) -> None:
    meter, begun = Meter(rapl=tmp_path), time.process_time()
    while time.process_time() - begun < 0.3:
        pass
    assert meter.how == "estimated"
    assert meter.joules() == pytest.approx(0.3 * CORE_WATTS, rel=0.5)


def test_a_graphics_card_is_read_through_nvml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages(tmp_path, 0)
    millijoules = iter([0, 1000, 41_000])
    library = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID={"GPU-1": 1}.__getitem__,
        nvmlDeviceGetTotalEnergyConsumption=lambda card: next(millijoules),
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    meter = Meter("GPU-1", tmp_path)
    assert meter.how == "measured"
    assert meter.joules() == 40


def test_a_card_without_a_counter_makes_it_an_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages(tmp_path, 0)
    assert Meter("GPU-2", tmp_path).how == "estimated"


def test_of_several_processes_on_a_machine_one_counts_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (counter,) = packages(tmp_path, 0)
    cards = {"GPU-1": [0, 1000], "GPU-2": [0, 30_000]}
    library = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda name: iter([0, *cards[name]]),
        nvmlDeviceGetTotalEnergyConsumption=next,
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    first, second = Meter("GPU-1", tmp_path), Meter("GPU-2", tmp_path, machine=False)
    counter.write_text("5000000")
    assert (first.joules(), second.joules()) == (5 + 1, 30)


def test_without_counters_each_process_counts_its_own_cores(tmp_path: Path) -> None:
    meter, begun = Meter(rapl=tmp_path, machine=False), time.process_time()
    while time.process_time() - begun < 0.2:
        pass
    assert meter.joules() == pytest.approx(0.2 * CORE_WATTS, rel=0.5)
