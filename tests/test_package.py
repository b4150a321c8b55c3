"""The wheel: it holds all that runs, and works away from the repository."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from aigc_core import __version__
from aigc_core.common.paths import PROJECT
from tests.helpers.servers import free_port

PARTS = ("aigc_core", "pages", "checkpoints")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "runs", "*.pyc")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, as `pip install .` does it, but with the build tools that are installed."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        # `runs` is also a package of the core, so only the checkpoints leave theirs out.
        shutil.copytree(PROJECT / part, source / part, ignore=LEFT_OUT if part == "checkpoints" else None)
    for file in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(PROJECT / file, source)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        ".",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(made),
    ]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    return next(made.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment with the wheel; of this one it sees the packages, but none that is editable."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, symlinks=True)
    python = str(place / "bin" / "python")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "-q", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    site = next(place.glob("lib/python*/site-packages"))
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))
    return place / "bin"


def run_there(command: Path, *words: str, home: Path) -> str:
    done = subprocess.run(
        [command, *words], cwd=home, env=away_from_here(home), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def away_from_here(home: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if name not in ("AIGC_RUNS", "PYTHONPATH")}
    return env | {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "COLUMNS": "200"}


def test_the_wheel_holds_all_that_runs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
    wanted = {
        file.relative_to(PROJECT).as_posix().replace("checkpoints/", "aigc_core/shipped/")
        for part in PARTS
        for file in (PROJECT / part).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and PROJECT / "checkpoints" / "runs" not in file.parents
    }
    assert held == wanted - {"aigc_core/shipped/train.py"}
    assert wheel.stat().st_size < 60e6


def test_the_wheel_says_what_it_is_and_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        about = PathDistribution(zipfile.Path(packed, f"aigc_studio-{__version__}.dist-info/"))
        facts, needed = about.metadata, about.requires or []
    assert facts["License-Expression"] == "Apache-2.0" and facts["License-File"] == "LICENSE"
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    app = {Requirement(line) for line in lines if not line.startswith("#")}
    assert {Requirement(line) for line in needed if "extra ==" not in line} == app
    assert set(facts.get_all("Provides-Extra") or ()) == {"cluster", "dev", "docs"}


def test_an_installed_package_samples_shipped_models(installed: Path, tmp_path: Path) -> None:
    aigc = installed / "aigc"
    assert "Usage: aigc " in run_there(aigc, "--help", home=tmp_path)
    assert all(name in run_there(aigc, "runs", home=tmp_path) for name in ("gan-mnist", "vae-fashion", "gpt-tang"))
    run_there(aigc, "sample", "gan-mnist", "--n", "4", "--out", str(tmp_path / "a.npy"), home=tmp_path)
    assert np.load(tmp_path / "a.npy").shape == (4, 28, 28)
    told = run_there(aigc, "sample", "gpt-stories", "--prompt", "Once", "--max-new-tokens", "20", home=tmp_path)
    assert told.startswith("Once") and len(told) > 20
    where = "from aigc_core.common import paths; print(paths.PROJECT, paths.runs_root())"
    project, runs = run_there(installed / "python", "-c", where, home=tmp_path).split()
    assert Path(project).is_relative_to(installed.parent) and runs == str(tmp_path / "data" / "aigc-studio" / "runs")


def test_an_installed_package_opens_the_app(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    env = away_from_here(tmp_path) | {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
    with (tmp_path / "log.txt").open("wb") as log:
        app = subprocess.Popen([installed / "aigc-studio"], cwd=tmp_path, env=env, stdout=log, stderr=log)
    try:
        for path, words in (("healthz", '"ok"'), ("lab", "AIGC Studio")):
            assert words in answer(f"http://127.0.0.1:{port}/{path}"), (tmp_path / "log.txt").read_text()
    finally:
        app.terminate()
        app.wait(20)


def answer(address: str) -> str:
    """What is served there, as soon as something is; an empty text if nothing is for a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=10) as page:
                return str(page.read(), "utf-8")
        except OSError:
            time.sleep(0.3)
    return ""
