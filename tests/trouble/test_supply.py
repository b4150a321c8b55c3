"""What comes from elsewhere: known versions, none with a known hole, and nothing is asked of the internet unasked."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from playwright.sync_api import Browser, expect

from aigc_core.common.paths import PROJECT
from tests.helpers.browser import strict_page
from tests.helpers.processes import command
from tests.helpers.runs import TINY
from tests.helpers.servers import serving, wall
from tests.helpers.tally import Tally

# Loaded by every Python process before anything else: what leaves the machine is written down and refused.
GUARD = """
import os, socket, sys

def watch(event, details):
    if event == "socket.connect":
        address = details[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            note(address)
    elif event == "socket.getaddrinfo" and details[0] not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"):
        if details[0] not in (socket.gethostname(), b"localhost", b"127.0.0.1"):
            note(details[0])

def note(what):
    with open(os.environ["AIGC_GUARD"], "a") as file:
        file.write(f"{sys.argv}: {what}\\n")
    raise OSError(101, "Network is unreachable")

sys.addaudithook(watch)
"""


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where attempts to leave the machine are written down, by whatever process is started from now on."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    monkeypatch.setenv("AIGC_GUARD", str(tmp_path / "left.txt"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'guard'}{os.pathsep}{PROJECT}")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    return tmp_path / "left.txt"


def test_the_guard_sees_whoever_leaves_the_machine(guarded: Path) -> None:
    for code in ("import socket; socket.create_connection(('192.0.2.1', 80), 1)",
                 "import urllib.request; urllib.request.urlopen('http://example.com')"):  # fmt: skip
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode
    assert len(guarded.read_text().splitlines()) == 2


def test_nothing_is_asked_of_the_internet_unless_a_person_asks(
    guarded: Path, tmp_path: Path, browser: Browser, tally: Tally
) -> None:
    with serving(tmp_path) as address, wall(tmp_path) as board, strict_page(browser) as page:
        page.goto(address)
        page.click("#start")
        expect(page.locator("#watch .state")).to_have_text("training", timeout=60_000)
        for path in ("latent", "text", "lab", "basics", "compare", "useful", "publish", "classroom"):
            page.goto(address + path)
            page.wait_for_timeout(1000)
        page.goto(board)
        expect(page.locator(".wall")).to_be_visible(timeout=30_000)
        page.wait_for_timeout(2000)
    settings = [word for pair in (TINY["gpt"] | {"steps": 4}).items() for word in ("--set", f"{pair[0]}={pair[1]}")]
    assert command("train", "gpt", *settings).returncode == 0
    assert not guarded.exists(), guarded.read_text()
    tally("pages, wall and trainings that ask the internet for nothing", 12)
    done = command("import", "openai-community/gpt2")  # but this does, because somebody wants it
    assert done.returncode and guarded.exists()


def test_every_package_has_a_range_and_is_locked_within_it() -> None:
    locked = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;]+)", (PROJECT / "requirements.lock").read_text(), re.M))
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    app = [line for line in (PROJECT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    asked = [Requirement(line) for line in [*app, *extras["cluster"], *extras["dev"], *extras["docs"]]]
    assert len(asked) > 25
    for one in asked:
        assert {sign.operator for sign in one.specifier} == {">=", "<"}, one
        assert one.specifier.contains(Version(locked[one.name])), one


@pytest.mark.slow
def test_no_package_has_a_known_hole(tally: Tally) -> None:
    pytest.importorskip("pip_audit", reason="pip install pip-audit")
    asked = ["-r", str(PROJECT / "requirements.lock"), "--no-deps", "--disable-pip", "--format", "json"]
    done = subprocess.run([sys.executable, "-m", "pip_audit", *asked], capture_output=True, text=True, check=False)
    packages = json.loads(done.stdout)["dependencies"]
    if unknown := [one["name"] for one in packages if "skip_reason" in one]:
        pytest.skip(f"{len(unknown)} of {len(packages)} packages could not be looked up: no way to PyPI's advisories")
    assert not [one for one in packages if one["vulns"]]
    tally("packages without a known hole (pip-audit)", len(packages))
