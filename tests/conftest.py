"""What the tests share: a place of their own, and a run that is trained in seconds."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aigc_core.cli import main
from aigc_core.runs.run import Run
from tests.helpers.browser import CHROMIUM, QUIET
from tests.helpers.processes import Command
from tests.helpers.runs import Trained, tiny
from tests.helpers.servers import serving
from tests.helpers.tally import Tally


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


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A finished tiny run of a family, made once; tests must not change it."""
    from aigc_core.training.trainer import fit

    made: dict[str, Run] = {}

    def run_of(family: str) -> Run:
        if family not in made:
            made[family] = Run.create(tiny(family), tmp_path_factory.mktemp("trained") / f"tiny-{family}")
            fit(made[family])
        return made[family]

    return run_of


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in this process: soon, for what needs no process of its own."""

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["aigc_core", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, int(ended.value.code or 0), said.out, said.err)

    return call


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """Counts what was tried and held, for the table that is printed at the end."""
    return lambda what, held: record_property("tally", [what, held])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
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
