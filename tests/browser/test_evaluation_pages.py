"""Doctor, gate, cost card and Compare page in a real browser."""

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from aigc_core.evaluation import quality_gate
from aigc_core.runs.run import Run
from aigc_core.training.trainer import fit
from tests.helpers.browser import strict_page, wait_until
from tests.helpers.runs import Trained, tiny
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Path:
    """A run that is well and ready, one whose code says nothing, and a writer; none is training."""
    place = tmp_path_factory.mktemp("judged")
    (place / "runs").mkdir()
    ready = Run.create(
        tiny("vae", steps=150, evaluate_every=30, gate="negative_elbo < 100000"), place / "runs" / "ready-vae"
    )
    ill = Run.create(tiny("vae", beta=500.0, steps=150, evaluate_every=30, gate="kl > 1"), place / "runs" / "ill-vae")
    for run in (ready, ill):
        fit(run)
        quality_gate.judge(run)
    shutil.copytree(trained("gpt").path, place / "runs" / "writer")
    return place


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[str]:
    with serving(place) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with strict_page(browser, accept_downloads=True) as page:
        yield page


def test_the_doctor_says_what_is_wrong_and_trains_again_so(page: Page, app: str, place: Path) -> None:
    page.goto(f"{app}?run=ill-vae")
    finding = page.locator("[data-finding=posterior-collapse]")
    expect(finding).to_contain_text("say nothing about the picture")
    expect(page.locator("[data-role=gate] .verdict")).to_contain_text("Not ready")
    expect(page.locator("[data-role=gate] tr.no")).to_contain_text("> 1")
    before = set((place / "runs").glob("2*-vae-*"))
    finding.get_by_role("button", name="Train again with").click()
    wait_until(page, lambda: set((place / "runs").glob("2*-vae-*")) - before)
    (new,) = set((place / "runs").glob("2*-vae-*")) - before
    expect(page.locator("[data-role=runs]")).to_have_value(new.name)
    wait_until(page, lambda: Run(new).config().beta == 1.0)
    wait_until(page, lambda: page.locator("[data-role=state]").inner_text() == "done", 90)
    wait_until(page, lambda: quality_gate.judgement(Run(new)) is not None, 60)


def test_a_ready_run_is_marked_and_has_its_cost_card(page: Page, app: str) -> None:
    page.goto(f"{app}?run=ready-vae")
    expect(page.locator("[data-role=gate] .verdict.ready")).to_contain_text("Ready")
    expect(page.locator("[data-role=findings]")).to_contain_text("Nothing is wrong")
    expect(page.locator("[data-role=runs] option[value=ready-vae]")).to_contain_text("ready")
    expect(page.locator("[data-role=runs] option[value=ill-vae]")).to_contain_text("not ready")
    cost = page.locator("[data-role=cost]")
    expect(cost).to_contain_text("1,000 pictures")
    page.fill("[data-role=price-hour]", "100000")
    wait_until(page, lambda: float(cost.locator("tr").nth(1).locator("td").nth(2).inner_text().strip("< ")) > 1)
    page.reload()  # prices are kept
    expect(page.locator("[data-role=price-hour]")).to_have_value("100000")


def test_nonsense_for_prices_and_conditions_is_no_trouble(page: Page, app: str) -> None:
    page.goto(f"{app}?run=ready-vae")
    expect(page.locator("#estimate")).to_contain_text("weights", timeout=60_000)  # what the page does by itself is over
    expect(page.locator("[data-role=cost]")).to_contain_text("Wh")
    page.fill("[data-role=price-kwh]", "-5")
    page.fill("[data-role=price-hour]", "")
    expect(page.locator("[data-role=cost]")).to_contain_text("Wh")
    page.get_by_role("button", name="What counts as ready").click()
    field = page.locator("#gan-gate textarea, #gan-gate input")
    field.fill("beauty > 9000")
    field.press("Tab")
    page.wait_for_timeout(2000)  # until Gradio has taken it in
    page.get_by_role("button", name="Start training").click()
    expect(page.locator("#trouble")).to_contain_text("no figure “beauty”")


def test_the_words_are_chinese_where_the_page_is(browser: Browser, app: str) -> None:
    with strict_page(browser, locale="zh-CN") as page:
        page.goto(f"{app}?run=ill-vae")
        expect(page.locator("[data-finding=posterior-collapse]")).to_contain_text("后验坍缩")
        expect(page.locator("[data-finding=posterior-collapse]")).to_contain_text("与图片无关")
        expect(page.locator("[data-role=gate]")).to_contain_text("还不合格")


def test_runs_stand_side_by_side(page: Page, app: str) -> None:
    page.goto(f"{app}compare")
    expect(page.locator("[data-role=empty]")).to_be_visible()
    for name in ("ready-vae", "ill-vae"):
        page.locator(f".choices input[value={name}]").check()
    rows = page.locator("[data-role=table] tr")
    expect(rows).to_have_count(3)
    expect(page.locator("[data-role=table] th.differs")).to_contain_text(["Ready when", "β"])
    expect(page.locator("[data-role=samples] img")).to_have_count(2)
    assert page.url.endswith("compare?run=ready-vae&run=ill-vae")
    page.reload()  # the address holds the choice
    expect(page.locator("[data-role=table] tr")).to_have_count(3)
    first = page.locator("[data-role=table] tr").nth(1)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(first).to_contain_text("ill-vae")
    page.get_by_role("button", name="Run ↑").click()
    expect(first).to_contain_text("ready-vae")


def test_samples_go_back_in_time_and_curves_change_their_axis(page: Page, app: str) -> None:
    page.goto(f"{app}compare?run=ready-vae&run=writer")
    figures = page.locator("[data-role=samples] figcaption")
    expect(figures.first).to_contain_text("Step 150")
    expect(page.locator("[data-role=samples] pre")).to_have_count(1)  # text beside a picture
    page.locator("[data-role=time]").evaluate("one => { one.value = 0; one.dispatchEvent(new Event('input')); }")
    expect(figures.first).to_contain_text("Step 0")
    page.locator("[data-role=by-seconds]").check()
    expect(page.locator("[data-role=time-shown]")).to_contain_text("s")
    drawn = page.locator("[data-role=chart]").evaluate("one => one.toDataURL().length")
    page.select_option("[data-role=curve]", "kl")
    wait_until(page, lambda: page.locator("[data-role=chart]").evaluate("one => one.toDataURL().length") != drawn)


def test_the_table_is_downloaded_and_tensorboard_gets_a_folder(page: Page, app: str, place: Path) -> None:
    page.goto(f"{app}compare?run=ready-vae&run=ill-vae")
    expect(page.locator("[data-role=table] tr")).to_have_count(3)
    with page.expect_download() as download:
        page.click("[data-do=csv]")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert [row["name"] for row in rows] == ["ready-vae", "ill-vae"]
    page.click("[data-do=tensorboard]")
    expect(page.locator("[data-role=written]")).to_contain_text("tensorboard --logdir", timeout=60_000)
    assert list((place / "runs" / ".tensorboard" / "ill-vae").glob("events.out.tfevents.*"))


def test_a_model_whose_measuring_was_cut_short_is_measured_when_asked(page: Page, app: str, place: Path) -> None:
    run = Run(place / "runs" / "cut-short")
    shutil.copytree(place / "runs" / "ready-vae", run.path)
    run.forget_judgement()
    status = run.status()
    status.process = None
    run.set_status(status)
    page.goto(f"{app}?run=cut-short")
    expect(page.locator("[data-role=gate]")).to_contain_text("was not measured")
    page.get_by_role("button", name="Measure it now").click()
    expect(page.locator("[data-role=gate] .verdict.ready")).to_contain_text("Ready", timeout=60_000)
