"""Streamlit shows the wall board while a run goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers.browser import strict_page
from tests.helpers.runs import run_of_student
from tests.helpers.servers import wall


@pytest.fixture
def board(tmp_path: Path) -> Iterator[str]:
    with wall(tmp_path) as address:
        yield address


@pytest.mark.browser
def test_it_shows_what_goes_on_in_both_languages(browser: Browser, board: str, tmp_path: Path) -> None:
    with strict_page(browser) as page:
        page.goto(board)
        expect(page.locator(".empty")).to_contain_text("Nothing has been trained yet", timeout=30_000)
        run = run_of_student("<b>Ann</b>", "done", 90.0)
        expect(page.locator(".large h2")).to_contain_text("<b>Ann</b>", timeout=15_000)
        expect(page.locator(".ranking li")).to_contain_text("90")
        run_of_student("Ben", "done", 80.0, place=run.path.parent / "20990101-000000-vae-digits-ffff")
        expect(page.locator(".large h2")).to_contain_text("Ben", timeout=15_000)
        page.locator(".card", has_text="<b>Ann</b>").click()
        expect(page.locator(".large h2")).to_contain_text("<b>Ann</b>", timeout=15_000)
        drawn = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v)"
        assert page.locator(".large canvas").first.evaluate(drawn)
        page.goto(board + "?lang=zh")
        expect(page.locator("h1")).to_have_text("训练墙", timeout=30_000)
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
