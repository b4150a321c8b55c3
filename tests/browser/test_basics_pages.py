"""The Basics page and “Is it useful?” in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.helpers.browser import strict_page, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def app(plain_app: str) -> str:
    return f"{plain_app}basics"


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    with strict_page(browser) as page:
        page.goto(app)
        expect(page.locator("[data-role=bars-legend]")).to_contain_text("mean 0")
        yield page


def picture(page: Page, role: str) -> str:
    return str(page.locator(f"[data-role={role}]").evaluate("one => one.toDataURL()"))


def move(page: Page, parameter: str, value: float) -> None:
    page.locator(f"[data-parameter={parameter}]").evaluate(
        "(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }", value
    )


def test_a_parameter_moves_the_distribution(page: Page) -> None:
    before = picture(page, "bars")
    move(page, "mean", 2)
    expect(page.locator("[data-role=bars-legend]")).to_contain_text("mean 2,")
    assert picture(page, "bars") != before
    before = picture(page, "bars")
    page.click("[data-do=draw]")
    wait_until(page, lambda: picture(page, "bars") != before)
    for kind in ("bernoulli", "binomial", "multinomial"):
        page.select_option("[data-role=kind]", kind)
        expect(page.locator("[data-role=bars-legend]")).to_contain_text("500 draws")
    for letter in "abcd":  # no weight at all: a sentence, and a way back
        move(page, letter, 0)
    expect(page.locator("[data-role=message]")).to_contain_text("above 0")
    move(page, "a", 3)
    expect(page.locator("[data-role=message]")).to_be_empty()


def heights(page: Page) -> list[float]:
    """Of the five racers now; infinite where one has flown out."""
    texts = page.locator("[data-role=racers] li span").all_inner_texts()
    return [float(one.split()[-1].replace(",", "")) if one.startswith("height") else float("inf") for one in texts]


def test_optimisers_race_and_the_wrong_adam_is_behind(page: Page) -> None:
    page.locator("[data-role=rate]").evaluate("one => { one.value = -15; one.dispatchEvent(new Event('change')); }")
    wait_until(page, lambda: len(heights(page)) == 5 and heights(page)[2] < 0.05)  # Adam arrives
    assert heights(page)[4] > 1
    page.locator("[data-role=rate]").evaluate("one => { one.value = 0; one.dispatchEvent(new Event('change')); }")
    wait_until(page, lambda: heights(page)[0] == float("inf"))  # plain descent with so large a rate flies out
    before = picture(page, "surface-map")
    page.select_option("[data-role=surface]", "saddle")
    wait_until(page, lambda: picture(page, "surface-map") != before)


@pytest.mark.slow
def test_a_wrong_formula_is_trained_beside_the_right_one(page: Page) -> None:
    box = page.locator("[data-mistake=averaged-pixels]")
    box.get_by_role("button", name="Train both").click()
    expect(box.locator("img")).to_have_count(2, timeout=90_000)
    expect(box.locator("figure.wrong")).to_contain_text("numbers of the code in use")


def test_it_speaks_chinese(browser: Browser, app: str) -> None:
    with strict_page(browser, locale="zh-CN") as page:
        page.goto(app)
        expect(page.locator("[data-role=racers]")).to_contain_text("漏掉开方的 Adam")
        expect(page.locator("[data-role=mistakes]")).to_contain_text("两个都训练")


@pytest.mark.slow
def test_what_is_useful_is_measured_on_demand(browser: Browser, app: str) -> None:
    with strict_page(browser) as page:
        page.goto(app.replace("basics", "useful"))
        tasks = page.locator("[data-task]")
        expect(tasks).to_have_count(4)
        task = page.locator("[data-task=repair]")
        task.get_by_role("button", name="Measure").click()
        expect(task.locator(".verdict")).to_contain_text("an error of", timeout=120_000)
        expect(task.locator("tr")).to_have_count(4)
        expect(task.locator("img")).to_have_count(1)
