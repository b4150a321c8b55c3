"""A browser that forgives nothing."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect

expect.set_options(timeout=15_000)  # other tests compute beside these
CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


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


def held(page: Page, function: str, about: str = "") -> list[Route]:
    """What JavaScript asks this server function from now on, about something, waits here for its answer."""
    routes: list[Route] = []

    def handle(route: Route) -> None:
        asked = route.request.post_data or ""
        if f'"{function}"' in asked and about in asked:
            routes.append(route)
        else:
            route.fallback()

    page.route(re.compile("component_server"), handle)
    return routes


def leaves(url: str) -> bool:
    return not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:", url)


def wait_until(page: Page, ready: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(100)
