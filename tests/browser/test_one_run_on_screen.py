"""What is on a page belongs to what is chosen there, whatever was chosen before and however late an answer comes."""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from aigc_core.common.files import write_json
from aigc_core.runs.run import Run
from aigc_core.runs.status import State
from aigc_core.serving.api import compare, dashboard, run_views
from tests.helpers.browser import held, strict_page, wait_until
from tests.helpers.runs import tiny
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser
NEWEST, JUDGED = 47.48, 18.9  # the same figure, as the training measured it and as the verdict did


def picture(shade: int) -> bytes:
    kept = io.BytesIO()
    Image.new("L", (32, 32), shade).save(kept, "PNG")
    return kept.getvalue()


def run_at(place: Path, name: str, family: str, state: State = "stopped", **settings: Any) -> Run:
    run = Run.create(tiny(family, **settings), place / "runs" / name)
    status = run.status()
    status.state, status.step, status.total_steps = state, 9, 12
    run.set_status(status)
    return run


def finished(place: Path, name: str) -> Run:
    """A VAE that has all that a page can show of a run."""
    run = run_at(place, name, "vae", "done")
    run.event_log.append("metrics", 1, seconds=1.0, lr=0.1, values={"loss": 3.0, "kl": 1.0})
    for step, shade in ((0, 60), (9, 200)):
        run.event_log.append("sample", step, file=run.samples.add(step, picture(shade), ".png"))
    run.event_log.append("eval", 9, seconds=2.0, figures={"negative_elbo": NEWEST, "n": 10})
    run.event_log.append("note", 9, key="data.empty_text", text="A note.", values={})
    status = run.status()
    status.figures = {"step": 9, "negative_elbo": NEWEST}
    run.set_status(status)
    condition = {"figure": "negative_elbo", "sign": "<", "limit": 20.0, "value": JUDGED, "passed": True}
    cost = {"train_s": 1.0, "train_j": 9.0, "how": "estimated", "use_s": 1.0, "use_j": 9.0}
    verdict = {"passed": True, "conditions": [condition], "findings": [], "changes": {}, "cost": cost,
               "figures": {"step": 6, "negative_elbo": JUDGED, "n": 99, "seed": 1}}  # fmt: skip
    write_json(run.path / "judgement.json", verdict)
    return run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    finished(place, "20260101-000000-vae-one")
    finished(place, "20260101-000001-vae-doomed")
    run_at(place, "20260101-000002-gpt-empty", "gpt")
    return place


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[str]:
    with serving(place) as address:
        yield address


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    with strict_page(browser) as page:
        yield page


def show(page: Page, name: str) -> None:
    page.locator("#watch [data-role=runs]").select_option(name)


def assert_only_the_empty_gpt(page: Page) -> None:
    watch = page.locator("#watch")
    expect(watch.locator(".state")).to_have_text("stopped")
    expect(watch.locator("[data-role=samples-wait]")).to_be_visible()
    for role in ("picture", "text", "moments", "gate-box", "cost-box", "notes-box", "live"):
        expect(watch.locator(f"[data-role={role}]")).to_be_hidden()
    assert not re.search(r"ELBO|47\.48|18\.9|KL|A note", watch.inner_text()), watch.inner_text()
    expect(watch.locator("[data-role=runs]")).to_have_value("20260101-000002-gpt-empty")


def test_nothing_of_the_run_before_stays(app: str, page: Page) -> None:
    page.goto(f"{app}?run=20260101-000000-vae-one")
    expect(page.locator("#watch [data-role=picture]")).to_be_visible(timeout=30_000)
    expect(page.locator("#watch [data-role=gate]")).to_contain_text("18.9")
    page.evaluate("document.querySelector('#watch [data-role=scrub]').focus()")
    show(page, "20260101-000002-gpt-empty")
    assert_only_the_empty_gpt(page)
    page.reload()  # nor does the address name it
    assert_only_the_empty_gpt(page)
    show(page, "20260101-000000-vae-one")
    expect(page.locator("#watch [data-role=picture]")).to_be_visible()
    expect(page.locator("#watch .facts dt").filter(has_text="loss")).to_have_count(0)


@pytest.mark.parametrize("late", ["follow", "sample", "examine", "describe"])
def test_a_late_answer_about_the_run_before_is_dropped(app: str, page: Page, late: str) -> None:
    routes = held(page, late, "vae-one")
    page.goto(f"{app}?run=20260101-000000-vae-one")
    wait_until(page, lambda: routes)
    show(page, "20260101-000002-gpt-empty")
    assert_only_the_empty_gpt(page)
    for route in routes:
        route.continue_()
    page.wait_for_timeout(700)
    assert_only_the_empty_gpt(page)


@pytest.mark.parametrize("late", ["follow", "ask"])
def test_so_is_what_went_wrong_with_it(app: str, page: Page, late: str) -> None:
    routes = held(page, late, "vae-one")
    page.goto(f"{app}?run=20260101-000000-vae-one")
    expect(page.locator("#watch [data-role=head]")).to_be_visible(timeout=30_000)
    if late == "ask":
        button = page.locator("#watch [data-ask=resume]")
        wait_until(page, lambda: page.locator("#watch .state").inner_text() == "done")
        button.evaluate("button => { button.disabled = false; button.click(); }")
    wait_until(page, lambda: routes)
    show(page, "20260101-000002-gpt-empty")
    for route in routes:
        route.fulfill(status=500, body="")
    page.wait_for_timeout(500)
    assert_only_the_empty_gpt(page)
    assert page.locator("#watch .message:visible").count() == 0


def test_while_the_next_run_is_described_nothing_of_the_last_is_shown(app: str, page: Page) -> None:
    routes = held(page, "describe", "gpt-empty")
    page.goto(f"{app}?run=20260101-000000-vae-one")
    expect(page.locator("#watch [data-role=picture]")).to_be_visible(timeout=30_000)
    show(page, "20260101-000002-gpt-empty")
    wait_until(page, lambda: routes)
    expect(page.locator("#watch [data-role=panels]")).to_be_hidden()
    assert not re.search(r"ELBO|18\.9|done", page.locator("#watch .facts").inner_text())
    for route in routes:
        route.continue_()
    assert_only_the_empty_gpt(page)


def test_a_run_that_is_deleted_elsewhere_leaves_the_screen(app: str, page: Page, place: Path) -> None:
    page.goto(f"{app}?run=20260101-000001-vae-doomed")
    expect(page.locator("#watch [data-role=picture]")).to_be_visible(timeout=30_000)
    shutil.rmtree(place / "runs" / "20260101-000001-vae-doomed")
    expect(page.locator("#watch > div .message").first).to_contain_text("20260101-000001-vae-doomed is gone")
    expect(page.locator("#watch [data-role=runs]")).not_to_have_value("20260101-000001-vae-doomed")
    assert "doomed" not in page.locator("#watch [data-role=runs]").inner_text()


def test_a_figure_has_one_value_wherever_it_is_shown(app: str, page: Page, own_place: Path) -> None:
    page.goto(f"{app}?run=20260101-000000-vae-one")
    fact = page.locator("#watch .facts div").filter(has_text="ELBO")
    expect(fact).to_contain_text("18.9", timeout=30_000)
    expect(fact).to_contain_text("step 6")
    shown = page.locator("#watch").inner_text()
    assert "in training" in shown and "47.48" in shown  # the curve, which says so
    page.goto(f"{app}compare?run=20260101-000000-vae-one&run=20260101-000002-gpt-empty")
    expect(page.locator(".aigc-compare table")).to_contain_text("18.9", timeout=30_000)
    assert "47.48" not in page.locator(".aigc-compare table").inner_text()

    run = finished(own_place, "20260101-000000-vae-one")
    (row,) = [one for one in run_views.runs() if one["name"] == run.name]
    (compared,) = compare.compare([run.name])["runs"]
    wall = dashboard.snapshot(run.name)
    assert row["figure"] == compared["figures"]["negative_elbo"] == JUDGED
    assert wall["runs"][0]["figure"] == wall["large"]["figure"] == wall["ranking"][0]["best"][0]["figure"] == JUDGED
    assert run_views.follow(run.name)["standing"] == {
        "figures": {"step": 6, "negative_elbo": JUDGED, "n": 99, "seed": 1}, "judged": True,
    }  # fmt: skip


def test_a_wrong_value_while_it_trains_stays_and_is_marked(app: str, page: Page, place: Path) -> None:
    run = run_at(place, "20260101-000003-vae-live", "vae")
    status = run.status()
    status.state, status.process, status.heartbeat = "running", "elsewhere|x|1|1", 4e9
    run.set_status(status)
    page.goto(f"{app}?run={run.name}")
    value = page.locator('#watch .live input[name="lr"]')
    wrong = page.locator('#watch .live label:has(input[name="lr"]) .wrong')
    for typed, said in (("-1", "“Learning rate” must be > 0, not -1"), ("fast", "“Learning rate” needs a number")):
        value.fill(typed)
        page.click("#watch .live button")
        expect(wrong).to_contain_text(said)
        page.wait_for_timeout(2500)  # it looks for news meanwhile
        expect(value).to_have_value(typed)
        expect(value).to_have_attribute("aria-invalid", "true")
        assert page.get_by_text(said).count() == 1
    value.fill("0.5")
    page.click("#watch .live button")
    expect(wrong).to_have_text("")
    wait_until(page, lambda: '"lr": 0.5' in (run.path / "control.jsonl").read_text())
    status.state = "stopped"
    run.set_status(status)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_compare_calls_everything_by_a_name(app: str, page: Page, place: Path, language: str) -> None:
    run_at(place, f"20260101-00001-{language}", "gan", data="digits")
    page.goto(f"{app}compare?run=20260101-000000-vae-one&run=20260101-00001-{language}&lang={language}")
    table = page.locator(".aigc-compare table")
    expect(table).to_contain_text("Digits 28×28" if language == "en" else "手写数字 28×28", timeout=30_000)
    said = table.inner_text().replace("20260101", "")
    assert not re.search(r"[a-z]+_[a-z_]+", said), re.findall(r"[a-z]+_[a-z_]+", said)
    assert not re.search(r"(^|\t)(true|false|data|digits8?)(\t|$)", said, re.M), said
    curves = page.locator(".aigc-compare [data-role=curve]")
    assert not re.search(r"[a-z]+_[a-z_]+", curves.inner_text()) and "ELBO" in curves.inner_text()


def test_nobody_returns_to_a_run_that_failed_before_its_first_step(place: Path, page: Page, app: str) -> None:
    run = Run.create(tiny("vae"), place / "runs" / "20260101-000003-vae-failed")
    status = run.status()
    status.state = "failed"
    run.set_status(status)
    try:
        page.goto(f"{app}?run={run.name}")
        expect(page.locator("[data-role=runs]")).to_have_value(run.name)  # whoever asks for it sees it
        page.goto(app)
        expect(page.locator("[data-role=runs]")).not_to_have_value(run.name)
        expect(page.locator(f"[data-role=runs] option[value='{run.name}']")).to_have_count(1)
    finally:
        shutil.rmtree(run.path)
