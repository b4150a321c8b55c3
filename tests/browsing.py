"""The app as a user starts it, and a browser that forgives nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, expect

from aigc_core.run import PROJECT

expect.set_options(timeout=15_000)  # other tests compute beside these
CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def app_of(place: Path, by: str = "gradio", **variables: str) -> Iterator[str]:
    """`gradio app.py`, or by python, with the runs of `place`/runs and these variables; yields its address."""
    port = _free_port()
    variables = {"GRADIO_TEMP_DIR": str(place / "gradio"), "GRADIO_SERVER_PORT": str(port)} | variables
    with _started([str(Path(sys.executable).parent / by), "app.py"], place, port, variables) as address:
        yield address


@contextmanager
def serving(place: Path, by: str = "gradio", **variables: str) -> Iterator[str]:
    """Likewise, and in the end its trainings, which would outlive it, are told to stop."""
    with app_of(place, by, **variables) as address:
        try:
            yield address
        finally:
            for control in (place / "runs").glob("*/control.jsonl"):
                with control.open("a") as file:
                    file.write('{"t": 0, "request": "stop", "changes": {}}\n')


def listening(address: str) -> int:
    """The process that answers at this address."""
    port = int(address.rstrip("/").rpartition(":")[2])
    found = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    return next(one.pid for one in found if one.laddr.port == port and one.pid)


@contextmanager
def wall(place: Path) -> Iterator[str]:
    """`streamlit run board.py` over the runs of `place`/runs; yields its address."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "board.py", "--server.port", str(port)]
    with _started(command, place, port, {}) as address:
        yield address


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _started(command: list[str], place: Path, port: int, variables: dict[str, str]) -> Iterator[str]:
    """A server of its own process group, its output in `place`, from the moment that its port is open."""
    env = os.environ | {"AIGC_RUNS": str(place / "runs")} | variables
    file = place / f"log-{port}.txt"
    with file.open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            end = time.monotonic() + 90
            while time.monotonic() < end:
                with socket.socket() as door:
                    if door.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            else:
                raise AssertionError(file.read_text())
            yield f"http://127.0.0.1:{port}/"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


@contextmanager
def strict_page(browser: Browser, **context_settings: Any) -> Iterator[Page]:
    """A page that fails the test on a script error or on any request that leaves the machine."""
    settings = {"locale": "en-US", "viewport": {"width": 1440, "height": 1000}} | context_settings
    context = browser.new_context(**settings)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # Gradio catches what a widget's script throws, and says so here.
    page.on("console", lambda one: problems.append(one.text) if "executing js_on_load" in one.text else None)
    page.on("request", lambda request: problems.append(request.url) if leaves(request.url) else None)
    yield page
    context.close()
    assert not problems, problems


def leaves(url: str) -> bool:
    return not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:", url)


def wait_until(page: Page, ready: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(100)
