"""What the tests share: a place of their own, tiny settings, and a run that is trained in seconds."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aigc_core.common.paths import PROJECT
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig, make_config
from aigc_core.runs.run import Run
from tests.browsing import CHROMIUM, QUIET, serving

if "PYTEST_XDIST_WORKER" in os.environ:  # several at once: threads beyond the cores only wait for one another
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The smallest training of each family that still has all its parts.
TINY: dict[str, dict[str, Any]] = {
    "gan": {"data": "digits8", "network": "mlp", "width": 8, "latent_size": 4, "batch_size": 16},
    "vae": {"data": "digits8", "network": "mlp", "width": 8, "latent_size": 2, "batch_size": 16},
    "gpt": {"data": "docs", "layers": 1, "heads": 2, "width": 16, "context": 16, "batch_size": 4, "sample_tokens": 20},
}
RECORDS = {"steps": 12, "log_every": 1, "sample_every": 6, "evaluate_every": 6, "checkpoint_every": 4}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    return {"executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture(scope="session")
def plain_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app without runs of its own, for pages that need none."""
    place = tmp_path_factory.mktemp("plain")
    (place / "runs").mkdir()
    with serving(place) as address:
        yield address


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs go into the test's own folder, without the shipped ones beside them; nothing is asked of the Hub."""
    monkeypatch.setattr("aigc_core.common.paths.shipped_root", lambda: tmp_path / "shipped")
    monkeypatch.setenv("AIGC_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path


def tiny(family: str, **settings: Any) -> RunConfig:
    """A config for a training of about a second."""
    return make_config(config_class(family), settings=TINY[family] | RECORDS | settings)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """A finished tiny run of a family, made once; tests must not change it."""
    from aigc_core.training.trainer import fit

    made: dict[str, Run] = {}

    def run_of(family: str) -> Run:
        if family not in made:
            made[family] = Run.create(tiny(family), tmp_path_factory.mktemp("trained") / f"tiny-{family}")
            fit(made[family])
        return made[family]

    return run_of


def values_of(run: Run, kind: str = "metrics") -> dict[int, dict[str, float]]:
    return {event["step"]: event["values"] for event in run.events()[0] if event["kind"] == kind}


def at_step(run: Run, step: int, act: Any) -> None:
    """Call `act` from another thread as soon as the run's events have come to `step`."""

    def wait() -> None:
        while not any(event["step"] >= step for event in run.events()[0]):
            time.sleep(0.002)
        act()

    threading.Thread(target=wait, daemon=True).start()


def wait_for(ready: Callable[[], Any], seconds: float = 60) -> None:
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


Tally = Callable[[str, int], None]


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """Counts what was tried and held, for the table that is printed at the end."""
    return lambda what, held: record_property("tally", [what, held])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    counted = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == "tally"
    ]
    if counted:
        terminalreporter.section("tried, and held")
        for what, held in counted:
            terminalreporter.write_line(f"{held:>8,}  {what}")
