"""The Train page in a real browser: start, watch, reload, steer, stop, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.helpers.browser import strict_page, wait_until
from tests.helpers.pictures import HEIC, packed, picture
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as a user starts it, with runs of its own; returns its address."""
    with serving(tmp_path_factory.mktemp("app"), "gradio") as address:
        yield address


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    with strict_page(browser) as page:
        yield page


def step_of(page: Page) -> int:
    text = page.locator("#watch .facts dd").first.inner_text()
    return int(text.split("/")[0])


def drawn(page: Page) -> int:
    """How many pixels of the first chart are ink."""
    ink: int = page.evaluate(
        """() => { const canvas = document.querySelector("#watch canvas");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let ink = 0; for (let i = 3; i < data.length; i += 4) ink += data[i] > 0; return ink; }"""
    )
    return ink


def test_a_first_visitor_trains_on_digits(app: str, page: Page, browser: Browser) -> None:
    page.goto(app)
    expect(page.locator('#watch [data-role="picture"]')).to_be_visible(timeout=30_000)  # of a model that came along
    page.fill("#gan-sample_every input", "20") if page.locator("#gan-sample_every input").is_visible() else None
    page.click("#start")

    state = page.locator("#watch .state")
    expect(state).to_have_text("training", timeout=60_000)
    wait_until(page, lambda: step_of(page) > 5, 90)
    picture = page.locator("#watch img.picture")
    expect(picture).to_be_visible(timeout=30_000)
    first_sample, first_ink, first_step = picture.get_attribute("src"), drawn(page), step_of(page)
    assert first_ink > 0

    wait_until(page, lambda: step_of(page) > first_step)  # it moves, at least twice a second
    wait_until(page, lambda: picture.get_attribute("src") != first_sample, 120)
    assert drawn(page) != first_ink

    # The history can be dragged back to the first sample.
    page.locator("#watch input[type=range]").fill("0")
    expect(page.locator('#watch [data-role="sample-step"]')).to_have_text("Step 0")

    # A reload and a second browser find the run again.
    step = step_of(page)
    page.reload()
    expect(state).to_have_text("training", timeout=30_000)
    assert step_of(page) >= step
    other = browser.new_context(locale="en-US").new_page()
    other.goto(app)
    expect(other.locator("#watch .state")).to_have_text("training", timeout=30_000)
    assert step_of(other) >= step

    # Both can steer it.
    page.fill('#watch .live input[name="lr"]', "0.0001")
    page.click("#watch .live button")
    expect(page.locator("#watch .notes")).to_contain_text("Learning rate = 0.0001", timeout=10_000)
    expect(other.locator("#watch .notes")).to_contain_text("Learning rate = 0.0001", timeout=10_000)
    page.click("[data-ask=pause]")
    expect(state).to_have_text("paused", timeout=10_000)
    at_pause = step_of(page)
    page.wait_for_timeout(1200)
    assert step_of(page) == at_pause
    page.click("[data-ask=resume]")
    expect(state).to_have_text("training", timeout=10_000)
    wait_until(page, lambda: step_of(page) > at_pause)

    # A second training waits its turn, and says so.
    page.get_by_label("VAE").check()
    page.click("#start")
    expect(state).to_have_text("waiting", timeout=30_000)
    expect(page.locator("#watch [data-role=said]")).to_contain_text("place 1", timeout=10_000)

    # Stopping the first one, in the other browser, lets it through.
    other.click("[data-ask=stop]")
    expect(other.locator("#watch .state")).to_have_text("stopped", timeout=20_000)
    expect(state).to_have_text("training", timeout=60_000)
    page.click("[data-ask=stop]")
    expect(state).to_have_text("stopped", timeout=30_000)
    other.context.close()


def test_a_run_that_is_done_is_given_more(app: str, page: Page) -> None:
    page.goto(f"{app}?family=vae&data=digits8&steps=3")
    expect(page.locator("#vae-steps input").first).to_have_value("3")
    page.click("#start")
    expect(page.locator("#watch .state")).to_have_text("done", timeout=90_000)
    expect(page.locator('#watch [data-role="gate"] .verdict')).to_be_visible(timeout=60_000)  # its process has ended
    budget = page.locator('#watch [data-role="budget"]')
    expect(budget).to_have_value("6")
    budget.fill("2")
    page.click('#watch [data-do="longer"]')
    expect(page.locator("#watch [data-role=message]")).to_contain_text("give more than that")
    budget.fill("5")
    page.click('#watch [data-do="longer"]')
    expect(page.locator("#watch .facts dd").first).to_have_text("5 / 5", timeout=90_000)
    expect(page.locator("#watch .notes")).to_contain_text("The training goes on, now to 5")


def test_impossible_settings_are_a_sentence_and_start_nothing(app: str, page: Page) -> None:
    page.goto(app)
    page.get_by_label("GPT").check()
    page.fill("#gpt-lr input", "-3")
    before = page.locator("#watch select option").count()
    page.click("#start")
    field = page.locator("#gpt-lr")
    expect(field.locator(".wrong-said")).to_have_text("“Learning rate” must be > 0, not -3.", timeout=20_000)
    expect(page.get_by_text("must be > 0, not -3").filter(visible=True)).to_have_count(1)  # there, and nowhere else
    expect(field.locator("input")).to_have_attribute("aria-invalid", "true")
    expect(field.locator("input")).to_have_value("-3")
    assert page.locator("#watch select option").count() == before
    field.locator("input").fill("0.01")
    expect(page.get_by_text("must be > 0, not -3").filter(visible=True)).to_have_count(0)
    page.fill("#gpt-steps input", "0")  # this one is looked at before the start, too
    page.click("#start")
    expect(page.locator("#gpt-steps .wrong-said")).to_have_text("“Steps” must be ≥ 1, not 0.", timeout=20_000)
    page.wait_for_timeout(1500)
    expect(page.get_by_text("must be ≥ 1, not 0").filter(visible=True)).to_have_count(1)
    page.get_by_label("VAE").check()  # of another form
    expect(page.get_by_text("must be ≥ 1, not 0").filter(visible=True)).to_have_count(0)


def test_a_recipe_fills_the_form_in(app: str, page: Page) -> None:
    page.goto(app)
    page.locator("#gan-preset input").click()
    page.get_by_role("option", name="Textbook").click()
    expect(page.locator("#gan-steps input")).to_have_value("4000")
    expect(page.locator("#gan-network input")).to_have_value("mlp")


def test_chinese_is_complete_and_lasts(app: str, page: Page) -> None:
    page.goto(app)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#start")).to_have_text("开始训练", timeout=30_000)
    page.reload()
    expect(page.locator("#start")).to_have_text("开始训练", timeout=30_000)
    left = page.locator("#form-gan").first.inner_text() + page.locator("#watch").inner_text()
    assert not re.findall(r"\b(Steps|Batch|Learning|Samples|Curves|training|Settings|Optimiser)\b", left)
    assert page.evaluate("document.documentElement.lang").startswith("zh")
    page.get_by_label("GPT 语言模型").check()
    page.fill("#gpt-lr input", "-3")
    page.click("#start")
    expect(page.locator("#gpt-lr .wrong-said")).to_have_text("“学习率”必须 > 0，不能是 -3。", timeout=20_000)
    page.get_by_role("button", name="English").click()
    expect(page.locator("#start")).to_have_text("Start training", timeout=30_000)


def test_a_text_is_judged_before_it_is_learned(app: str, page: Page, tmp_path: Path) -> None:
    from pydoc_data.topics import topics

    text = "\n".join(topics.values())[20_000:60_000].strip()
    file = tmp_path / "mine.txt"
    file.write_text(text, encoding="utf-8")
    page.goto(app)
    page.get_by_label("GPT").check()
    box = page.locator(".aigc-judged")
    expect(box).to_have_class(re.compile("enough"), timeout=30_000)  # the stories
    page.locator("#gpt-preset input").click()
    page.get_by_role("option", name="Fine-tune").click()
    page.locator("#gpt-upload input[type=file]").set_input_files(file)
    expect(box).to_contain_text("Enough text", timeout=30_000)  # the recipe goes on from a model that comes along
    page.locator("#gpt-init_from input").click()
    page.get_by_role("option", name="Nothing").click()
    expect(box).to_contain_text("Little text", timeout=30_000)
    expect(box).to_contain_text(f"{len(text):,} characters")
    page.locator("#gpt-init_from input").fill("some-one/gpt2")  # less is enough then
    page.locator("#gpt-init_from input").blur()
    expect(box).to_contain_text("Enough text", timeout=30_000)
    page.get_by_role("button", name="中文").click()
    page.get_by_label("GPT 语言模型").check()
    expect(box).to_contain_text("文本够用", timeout=30_000)
    assert not re.findall("[A-Za-z]{3,}", box.inner_text())


def test_pictures_are_looked_at_before_they_are_learned(app: str, page: Page, tmp_path: Path) -> None:
    files = {
        f"{name}/{i}.jpg": picture(9 * i + row, format="JPEG") for row, name in enumerate("猫狗") for i in range(3)
    }
    files |= {f"猫/IMG_{i}.HEIC": HEIC for i in range(50)} | {"__MACOSX/猫/._0.jpg": b"0", "Thumbs.db": b"0"}
    mixed = packed(tmp_path / "mine.zip", files, "gbk")
    none = packed(tmp_path / "none.zip", {f"{i}.heic": HEIC for i in range(7)})
    box = page.locator(".aigc-judged")

    def upload(file: Path) -> None:
        page.locator("#gan-data input").click()
        page.get_by_role("option", name=re.compile("Your pictures|你的图片")).click()
        page.locator("#gan-upload input[type=file]").set_input_files(file)

    page.goto(app)
    upload(mixed)
    expect(box).to_contain_text("Far too few pictures", timeout=30_000)
    for said in ("50 in a format that is not read here (50 HEIC)", "2 (__MACOSX, Thumbs.db)", "6 different ones of 6",
                 "狗 3, 猫 3", "32×32, colour"):  # fmt: skip
        expect(box).to_contain_text(said)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#start")).to_have_text("开始训练", timeout=30_000)
    upload(mixed)
    expect(box).to_contain_text("图片远远不够", timeout=30_000)
    expect(box).to_contain_text("略过了 50 张这里读不了的格式的图片（50 HEIC）")
    page.reload()
    upload(none)
    expect(page.get_by_text("里没有能读的图片（里面有：7 HEIC）").first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="English").click()
    expect(page.locator("#start")).to_have_text("Start training", timeout=30_000)


def test_every_server_function_answers_nonsense_with_a_sentence(app: str, page: Page) -> None:
    page.goto(app)
    expect(page.locator("#start")).to_be_visible(timeout=30_000)
    from pages import train

    every: list[object] = [
        None, [], "x", 3, {"run": "../.."}, {"run": {"a": 1}}, {"run": "x", "what": "set", "changes": {"what": 1}},
        {"run": "x" * 10**5, "cursor": "a:b"},
    ]  # fmt: skip
    for function in ("describe", "follow", "sample", "ask", "runs"):
        for nonsense in every:
            answer = train.FUNCTIONS[function](nonsense)
            assert answer["ok"] is (function == "runs"), (function, nonsense)
            assert answer["ok"] or answer["error"]["key"] != "unexpected", (function, nonsense)
