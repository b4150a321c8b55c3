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

from playwright.sync_api import Browser, Page

from aigc_core.run import PROJECT

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def serving(place: Path, **variables: str) -> Iterator[str]:
    """`gradio app.py` with the runs of `place`/runs and these variables; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = (
        os.environ
        | {
            "AIGC_RUNS": str(place / "runs"),
            "GRADIO_TEMP_DIR": str(place / "gradio"),
            "GRADIO_SERVER_PORT": str(port),
        }
        | variables
    )
    with (place / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "gradio"), "app.py"],
            cwd=PROJECT, env=env, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            end = time.monotonic() + 90
            while time.monotonic() < end:
                with socket.socket() as door:
                    if door.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            else:
                raise AssertionError((place / "log.txt").read_text())
            yield f"http://127.0.0.1:{port}/"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
            for control in (place / "runs").glob("*/control.jsonl"):
                with control.open("a") as file:
                    file.write('{"t": 0, "request": "stop", "changes": {}}\n')


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
