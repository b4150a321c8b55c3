"""The Train page takes the recipe that suits the data that is chosen, and says so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.helpers.browser import strict_page
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("app")) as address:
        yield address


def choose(page: Page, box: str, option: str) -> None:
    page.locator(f"#{box} input").click()
    page.get_by_role("option", name=option, exact=True).click()


def test_the_recipe_follows_the_data_and_the_persons_settings_stay(app: str, browser: Browser) -> None:
    with strict_page(browser) as page:
        page.goto(app)
        line = page.locator("#gan-recipe")
        expect(page.locator("#gan-preset input")).to_have_value("Digits in a minute")
        expect(line).to_be_hidden()
        page.fill("#gan-lr input", "0.003")
        choose(page, "gan-data", "MNIST")
        expect(page.locator("#gan-preset input")).to_have_value("MNIST in three minutes")
        expect(line).to_contain_text("For “MNIST”: the recipe “MNIST in three minutes”")
        expect(page.locator("#gan-minutes input")).to_have_value("3")
        expect(page.locator("#gan-lr input")).to_have_value("0.003")  # the recipe has 0.001
        expect(page.locator("#gan-data input")).to_have_value("MNIST")

        choose(page, "gan-data", "Digits 28×28")  # and back
        expect(page.locator("#gan-preset input")).to_have_value("Digits in a minute")
        expect(line).to_be_hidden()
        expect(page.locator("#gan-lr input")).to_have_value("0.003")

        choose(page, "gan-preset", "Textbook")  # a recipe that a person chooses stays
        expect(page.locator("#gan-steps input")).to_have_value("4000")  # the form is filled in
        choose(page, "gan-data", "MNIST")
        expect(line).to_contain_text("“MNIST in three minutes” suits better")
        expect(page.locator("#gan-preset input")).to_have_value("Textbook")
        expect(page.locator("#gan-data input")).to_have_value("MNIST")


def test_it_goes_by_the_time_and_is_said_in_chinese(app: str, browser: Browser) -> None:
    with strict_page(browser, locale="zh-CN") as page:
        page.goto(app)
        page.get_by_label("GPT").check()
        page.fill("#gpt-minutes input", "3")
        choose(page, "gpt-data", "莎士比亚")
        expect(page.locator("#gpt-recipe")).to_contain_text("适合用配方“三分钟学莎士比亚”")
        expect(page.locator("#gpt-minutes input")).to_have_value("3")


def test_an_own_text_has_its_kinds_recipe(app: str, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "poems.txt").write_text("床前明月光，疑是地上霜。\n" * 2000, encoding="utf-8")
    with strict_page(browser) as page:
        page.goto(app)
        page.get_by_label("GPT").check()
        choose(page, "gpt-data", "Your text")
        expect(page.locator("#gpt-recipe")).to_be_hidden()
        page.locator("#gpt-upload input[type=file]").set_input_files(tmp_path / "poems.txt")
        expect(page.locator("#gpt-preset input")).to_have_value("Shakespeare in a minute")
        expect(page.locator("#gpt-recipe")).to_contain_text("For “Your text”")


def test_an_answer_that_comes_late_takes_no_choice_back(app: str, browser: Browser) -> None:
    with strict_page(browser) as page:
        page.goto(app)
        expect(page.locator("#gan-preset input")).to_have_value("Digits in a minute")
        asked: list[Route] = []
        late = re.compile("queue/join|run/predict")
        page.route(late, lambda route: asked.append(route))
        choose(page, "gan-preset", "Textbook")
        choose(page, "gan-data", "MNIST")
        expect(page.locator("#gan-data input")).to_have_value("MNIST")
        assert asked
        page.route(late, lambda route: route.continue_())  # from now on; the newest rule counts
        for route in asked:
            route.continue_()
        expect(page.locator("#gan-recipe")).to_contain_text("“MNIST in three minutes” suits better")
        expect(page.locator("#gan-steps input")).to_have_value("4000")
        expect(page.locator("#gan-preset input")).to_have_value("Textbook")
        expect(page.locator("#gan-data input")).to_have_value("MNIST")
