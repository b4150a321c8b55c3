"""The page Publish in a real browser: the card, the .zip, the way to the Hub and back."""

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from aigc_core.export import hub
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.runs.run import Run
from tests.helpers.browser import strict_page
from tests.helpers.hub_server import TOKEN, WritableHub, asking
from tests.helpers.runs import Trained
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WritableHub]:
    with WritableHub(tmp_path_factory.mktemp("hub")) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.shutdown()


def test_a_model_goes_out_and_comes_back(
    browser: Browser, server: WritableHub, tmp_path: Path, trained: Trained
) -> None:
    run = hub.release(trained("vae"), tmp_path / "runs" / "tiny-vae")
    with (
        serving(tmp_path, **asking(server.url, tmp_path / "home", HF_TOKEN=TOKEN)) as url,
        strict_page(browser, accept_downloads=True) as page,
    ):
        page.goto(url + "publish?run=tiny-vae")
        expect(page.locator("[data-role=card]")).to_contain_text("# tiny-vae")
        page.select_option("[data-role=licence]", "mit")
        expect(page.locator("[data-role=card]")).to_contain_text("license: mit")
        with page.expect_download() as download:
            page.click("[data-do=pack]")
        download.value.save_as(tmp_path / "model.zip")
        assert "tiny-vae/README.md" in zipfile.ZipFile(tmp_path / "model.zip").namelist()
        page.fill("[data-role=place]", "no name")
        page.click("[data-do=push]")
        expect(page.locator("[data-role=message]")).to_contain_text("write user/name")
        page.fill("[data-role=place]", "someone/digits")
        page.locator("[data-do=push]").click(
            delay=200
        )  # as a hand does; meanwhile the message goes, and the page moves
        expect(page.locator("[data-role=done]")).to_contain_text(f"{server.url}/someone/digits", timeout=30_000)
        assert server.private["someone/digits"]
        page.fill("[data-role=from]", "someone/digits")
        page.click("[data-do=pull]")
        expect(page.locator("[data-role=brought]")).to_contain_text("digits", timeout=30_000)
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    (back,) = (Run(one) for one in (tmp_path / "runs").glob("*-digits-*"))
    assert np.array_equal(model_cache.pictures(back, ImageRequest(4)), model_cache.pictures(run, ImageRequest(4)))
