"""The Lab page in a real browser: play, single steps, the address, drawing, two languages."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.helpers.browser import strict_page, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def app(plain_app: str) -> str:
    return f"{plain_app}lab"


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    with strict_page(browser) as page:
        opened(page, app)
        yield page


def opened(page: Page, address: str) -> None:
    page.goto(address)
    wait_until(page, lambda: (state(page) or {}).get("view"))


def state(page: Page) -> Any:
    return page.evaluate("document.querySelector('.aigc-lab')?.state?.()")


def step(page: Page) -> int:
    return int(state(page)["view"]["step"])


def test_it_plays_pauses_and_steps(page: Page) -> None:
    assert step(page) == 0
    page.click("[data-do=play]")
    wait_until(page, lambda: state(page)["pictures"] >= 20 and step(page) >= 20)
    page.click("[data-do=play]")
    page.wait_for_timeout(500)
    before = step(page)
    page.wait_for_timeout(500)
    assert step(page) == before
    made = state(page)["view"]["made"]
    page.click("[data-do=step-d]")
    wait_until(page, lambda: step(page) == before + 1)
    assert state(page)["view"]["made"] == made  # the generator did not move
    page.click("[data-do=step-g]")
    wait_until(page, lambda: step(page) == before + 2)
    assert state(page)["view"]["made"] != made
    page.click("[data-do=again]")
    wait_until(page, lambda: step(page) == 0)


def test_a_link_opens_the_same_experiment_with_controls_hidden(page: Page, app: str, browser: Browser) -> None:
    page.select_option("[data-control=pattern] select", "grid")
    slider = page.locator("[data-control=width] input[type=range]")
    slider.evaluate("one => { one.value = 16; one.dispatchEvent(new Event('input')); }")
    page.check("[data-role=hiding]")
    page.check("[data-control=seed] > input[type=checkbox]")
    wait_until(page, lambda: "hide=seed" in page.url)
    assert "pattern=grid" in page.url and "width=16" in page.url
    wait_until(page, lambda: state(page)["view"]["modes"] == 25)
    with strict_page(browser) as other:
        opened(other, page.url)
        assert state(other)["settings"] == state(page)["settings"]
        assert state(other)["view"]["made"] == state(page)["view"]["made"]
        assert not other.locator("[data-control=seed]").is_visible()
        assert other.locator("[data-control=width]").is_visible()


def test_points_may_be_drawn(page: Page) -> None:
    box = page.locator("[data-role=plane]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 4, steps=4)
    page.mouse.up()
    wait_until(page, lambda: len(state(page)["view"]["real"]) == len(state(page)["settings"]["drawn"]) >= 9)
    x, y = state(page)["view"]["real"][0]
    assert abs(x) < 0.1 and abs(y - 0.6) < 0.1  # a quarter down from 1.2
    assert state(page)["settings"]["pattern"] == "drawn" and "drawn=" in page.url


def test_the_vae_shows_its_codes(page: Page) -> None:
    page.select_option("[data-control=model] select", "vae")
    wait_until(page, lambda: len(state(page)["view"]["clouds"]) > 10)
    assert page.locator("[data-role=codes]").is_visible() and not page.locator("[data-do=step-d]").is_visible()
    page.click("[data-do=step]")
    wait_until(page, lambda: "kl" in state(page)["view"]["losses"])


def test_an_impossible_address_is_a_sentence_in_the_pages_language(app: str, browser: Browser) -> None:
    with strict_page(browser, locale="zh-CN") as page:
        opened(page, f"{app}?width=1&pattern=%3Cscript%3E")
        assert "实验室里" in page.inner_text("[data-role=message]")
        assert "重新开始" in page.inner_text("[data-do=again]")
        assert state(page)["settings"]["width"] == 32
