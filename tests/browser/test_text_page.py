"""The Text page in a real browser: what is on the screen is what the core computes."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from aigc_core.families.causal_lm import TextRequest
from aigc_core.families.config import RunConfig
from aigc_core.inference.text import introspection, session
from aigc_core.runs.run import Run
from aigc_core.training.trainer import fit
from tests.helpers.browser import held, strict_page, wait_until
from tests.helpers.runs import Trained, tiny
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Path:
    """Runs to look at: a writer of two languages, and another one."""
    place = tmp_path_factory.mktemp("text")
    (place / "runs").mkdir()
    shutil.copytree(trained("gpt").path, place / "runs" / "help-writer")
    fit(Run.create(writer(layers=2, width=32, context=64, steps=8), place / "runs" / "writer"))
    return place


def writer(**settings: int) -> RunConfig:
    return tiny("gpt", data="stories", heads=2, prompt="Once", **settings)


@pytest.fixture
def slow(place: Path) -> Iterator[str]:
    """A writer so large that no computer comes to a thousand tokens before a hand comes to Stop."""
    run = Run.create(writer(layers=6, width=512, context=128, steps=1), place / "runs" / "slow")
    fit(run)
    yield run.name
    run.delete()


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[str]:
    with serving(place) as address:
        yield f"{address}text"


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    with strict_page(browser, accept_downloads=True) as page:
        opened(page, app)
        yield page


def opened(page: Page, app: str, run: str = "writer") -> None:
    page.goto(f"{app}?run={run}")
    wait_until(page, lambda: (state(page) or {}).get("run") == run)


def state(page: Page) -> Any:
    return page.evaluate("document.querySelector('.aigc-text')?.state?.()")


def texts(page: Page) -> list[str]:
    return ["".join(one["texts"]) for one in state(page)["branch"]["samples"]]


def write(page: Page, prompt: str = "Once upon", length: int = 40) -> None:
    page.fill("[data-role=prompt]", prompt)
    page.locator("[data-knob=max_new_tokens]").evaluate(f"one => {{ one.value = {length}; one.tell(); }}")
    page.click("[data-do=write]")
    idle(page)


def idle(page: Page) -> None:
    wait_until(page, lambda: not state(page)["busy"] and page.locator("[data-do=write]").is_enabled())


def by_the_core(place: Path, run: str = "writer", length: int = 40) -> list[str]:
    request = TextRequest(max_new_tokens=length)
    begin = session.Prefix("Once upon")
    made = session.generate(Run(place / "runs" / run), None, begin, request, 2, "", lambda part, shown: None)
    return ["".join(one) for one in made.texts]


def test_what_is_written_is_what_the_core_writes(page: Page, place: Path) -> None:
    write(page)
    assert texts(page) == by_the_core(place)
    shown = page.locator(".sample .spans").nth(1).inner_text().replace("⏎", "")
    assert "".join(shown.split()) == "".join(("Once upon" + texts(page)[1]).split())


def test_stop_stops_and_continue_goes_on_as_if_nothing_had_been(page: Page, app: str, place: Path, slow: str) -> None:
    opened(page, app, slow)
    page.fill("[data-role=prompt]", "Once upon")
    page.locator("[data-knob=max_new_tokens]").evaluate("one => { one.value = 1000; one.tell(); }")
    page.click("[data-do=write]")
    wait_until(page, lambda: state(page)["branch"] and len(state(page)["branch"]["samples"][0]["texts"]) > 5)
    page.click("[data-do=stop]")
    idle(page)
    written = len(state(page)["branch"]["samples"][0]["texts"])
    assert 5 < written < 1000
    page.locator("[data-knob=max_new_tokens]").evaluate("one => { one.value = 20; one.tell(); }")
    page.click("[data-do=continue]")
    idle(page)
    assert len(state(page)["branch"]["samples"][0]["texts"]) == written + 20
    assert texts(page)[0] == by_the_core(place, slow, length=written + 20)[0]


def test_a_token_shows_its_alternatives_and_another_one_is_a_branch(page: Page, place: Path) -> None:
    write(page)
    before = state(page)["branch"]["samples"][0]
    page.locator(".sample").first.locator(".token").nth(6).click()
    expect(page.locator(".choice.on")).to_have_attribute("data-token", str(before["tokens"][6]))
    after = page.locator(".choice.on span.after").last
    first = after.inner_text()
    page.locator("[data-knob=temperature]").evaluate("one => { one.value = 0; one.dispatchEvent(new Event('input')); }")
    expect(page.locator(".choice:not(.head) span.after", has_text="100%")).to_have_count(1)  # nothing is written anew
    assert state(page)["branch"]["samples"][0] == before and first
    other = page.locator(".choice:not(.head):not(.on)").first
    token = int(other.get_attribute("data-token") or -1)
    other.click()
    wait_until(page, lambda: state(page)["branch"]["chosen"] == [*before["tokens"][:6], token])
    idle(page)
    expect(page.locator("[data-role=branches] .chip")).to_have_count(2)
    page.locator("[data-role=branches] .chip").first.click()
    assert state(page)["branch"]["samples"][0] == before  # the tree can be walked back


def test_attention_follows_the_token_that_is_pointed_at(page: Page, place: Path) -> None:
    write(page, length=20)
    page.click("[data-tab=attention]")
    expect(page.locator("[data-role=heads] canvas")).to_have_count(4)
    page.locator("[data-layer='1'][data-head='1']").click()
    page.locator(".read").nth(4).hover()
    expect(page.locator(".read.at")).to_have_count(1)
    begin = session.Prefix("Once upon", tuple(state(page)["branch"]["samples"][0]["tokens"]))
    weights = introspection.attention_weights(Run(place / "runs" / "writer"), None, begin)["weights"][1, 1, 4, :5]
    shown = page.evaluate("[...document.querySelectorAll('.read')].map(one => one.style.getPropertyValue('--weight'))")
    assert [round(255 * float(one)) for one in shown[:5]] == weights.tolist() and set(shown[5:]) == {"0"}
    expect(page.locator("[data-role=formula] tr")).to_have_count(6)
    page.click("[data-tab=lens]")
    expect(page.locator("[data-role=lens] tr")).to_have_count(4)


def test_surprise_copies_history_and_comparison(page: Page) -> None:
    write(page, length=30)
    page.click("[data-tab=surprise]")
    page.fill("[data-role=measured]", "Once upon a time <b>there</b> was")
    page.click("[data-do=measure]")
    expect(page.locator("[data-role=figures] dd").first).to_be_visible()
    assert page.locator("[data-role=measured-spans]").inner_text() == "Once upon a time bthereb was"
    expect(page.locator("[data-role=measure-notes]")).to_contain_text("<>/")  # letters that it does not know
    page.fill("[data-role=measured]", "")
    page.click("[data-do=measure]")
    expect(page.locator("[data-role=message].bad")).to_contain_text("too little")
    page.click("[data-tab=copied]")
    page.click("[data-do=compare-source]")
    expect(page.locator("[data-role=copied-text] mark")).to_be_attached(timeout=30_000)
    page.click("[data-tab=history]")
    page.click("[data-do=history]")
    expect(page.locator("[data-role=history-shown]")).to_have_text("8", timeout=30_000)
    page.click("[data-tab=compare]")
    page.click("[data-do=compare]")
    idle(page)
    expect(page.locator("[data-role=pair] .sample")).to_have_count(2)
    assert all(len(one) > 30 for one in page.locator("[data-role=pair] .spans").all_inner_texts())


def test_markup_is_text_and_unknown_letters_are_a_sentence(page: Page) -> None:
    write(page, prompt="<script>window.broken = true</script><img src=x onerror='window.broken = true'>")
    assert page.evaluate("window.broken") is None
    assert "<script>" in page.locator(".sample .spans").first.inner_text()
    write(page, prompt="龘龘")
    expect(page.locator("[data-role=message].bad")).to_contain_text("never seen")


def test_what_is_saved_says_that_a_machine_wrote_it(page: Page) -> None:
    write(page, length=10)
    with page.expect_download() as waiting:
        page.click("[data-do=save]")
    assert "generated by AI" in Path(waiting.value.path()).read_text(encoding="utf-8")
    page.locator("[data-role=label]").uncheck()
    with page.expect_download() as waiting:
        page.click("[data-do=save]")
    assert Path(waiting.value.path()).read_text(encoding="utf-8") == "Once upon" + texts(page)[0]


def test_the_page_speaks_chinese_and_keeps_the_models_words(page: Page, app: str) -> None:
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("button", name="开始写")).to_be_visible(timeout=20_000)
    page.goto(f"{app}?run=nobody")
    expect(page.locator("[data-role=message]")).to_contain_text("nobody")
    wait_until(page, lambda: (state(page) or {}).get("run") is not None)
    assert page.locator("[data-role=models]").input_value() in ("writer", "help-writer")


def test_nothing_of_the_model_before_stays(page: Page) -> None:
    write(page, length=10)
    wait_until(page, lambda: not state(page)["busy"])
    page.click("[data-tab=surprise]")
    page.fill("[data-role=measured]", "Once upon a time")
    page.click("[data-do=measure]")
    expect(page.locator("[data-role=figures] dd").first).to_be_visible()
    page.fill("[data-role=measured]", "Once upon a day")  # the figures were of another text
    expect(page.locator("[data-role=figures] dd")).to_have_count(0)
    late = held(page, "surprise")
    page.click("[data-do=measure]")
    page.click("[data-tab=attention]")
    expect(page.locator("[data-role=heads] canvas").first).to_be_visible()
    page.click("[data-tab=lens]")
    expect(page.locator("[data-role=lens] table")).to_be_visible()
    page.click("[data-tab=write]")
    page.select_option("[data-role=models]", "help-writer")
    wait_until(page, lambda: state(page)["run"] == "help-writer")
    wait_until(page, lambda: late)
    for route in late:
        route.continue_()
    page.wait_for_timeout(500)
    left = ("heads", "head-name", "reading", "formula", "lens", "figures", "measure-notes", "measured-spans", "pair")
    assert {role: page.locator(f"[data-role={role}]").text_content() for role in left} == dict.fromkeys(left, "")
    assert page.locator("[data-role=heads] canvas").count() == 0
