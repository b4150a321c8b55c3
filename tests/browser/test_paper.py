"""Curves and report are saved from the Train page, and the report opens by itself."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.helpers.browser import strict_page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "word"), [("en-US", "Settings"), ("zh-CN", "设置")])
def test_curves_and_report_are_saved(
    plain_app: str, browser: Browser, tmp_path: Path, language: str, word: str
) -> None:
    with strict_page(browser, locale=language, accept_downloads=True) as page:
        page.goto(f"{plain_app}?run=gan-mnist")
        saved = {}
        for place, formats in (("save-curves", ("PNG", "SVG", "PDF", "CSV")), ("save-report", ("HTML", "PDF"))):
            for one in formats:
                button = page.locator(f"[data-role={place}]").get_by_role("button", name=one)
                with page.expect_download() as came:
                    button.click()
                saved[place, one] = tmp_path / f"{place}.{one.lower()}"
                came.value.save_as(saved[place, one])
                expect(button).to_be_enabled()
        with Image.open(saved["save-curves", "PNG"]) as picture:
            assert picture.size[0] > 800
        assert saved["save-curves", "CSV"].read_bytes().startswith(b"\xef\xbb\xbfrun,curve,step")
        assert all(saved[place, "PDF"].read_bytes().startswith(b"%PDF") for place in ("save-curves", "save-report"))
        page.set_content(saved["save-report", "HTML"].read_text(encoding="utf-8"))
        expect(page.get_by_role("heading", name="gan-mnist")).to_be_visible()
        expect(page.get_by_role("heading", name=word, exact=True)).to_be_visible()
        shown = page.evaluate("[...document.images].map((one) => one.complete && one.naturalWidth > 8)")
        assert len(shown) >= 2 and all(shown)
