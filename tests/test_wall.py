"""The wall board: what it is told, and Streamlit showing it while a run goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from aigc_core.common.files import write_json
from aigc_core.runs.run import Run
from aigc_core.serving.api import dashboard
from tests import browsing
from tests.browsing import strict_page
from tests.conftest import tiny


@pytest.fixture(autouse=True)
def looks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "FRESH_S", -1.0)
    dashboard._curves.cache_clear()
    dashboard._sample.cache_clear()


def run_of(owner: str, state: str, figure: float | None, ready: bool = False, place: Path | None = None) -> Run:
    run = Run.create(tiny("vae"), place, {"owner": owner})
    status: Any = run.status()
    status.state, status.step = state, 7
    status.figures = {} if figure is None else {"negative_elbo": figure}
    run.set_status(status)
    for step in (1, 2):
        run.append("metrics", step, values={"loss": 10.0 / step})
    run.append("eval", 2, figures={"negative_elbo": figure or 0.0, "n": 3})
    if ready:
        cost = {"train_s": 1.0, "train_j": 9.0, "how": "estimated", "use_s": 1.0, "use_j": 9.0}
        verdict = {"passed": True, "conditions": [], "findings": [], "figures": {}, "changes": {}, "cost": cost}
        write_json(run.path / "judgement.json", verdict)
    return run


def test_the_best_come_first_and_the_ready_ones_before_others() -> None:
    for owner, figure, ready in (("Ann", 90.0, False), ("Ben", 95.0, True), ("Cem", 99.0, True), ("Dora", None, False)):
        run_of(owner, "done", figure, ready)
    (group,) = dashboard.wall()["ranking"]
    shown = [(one["owner"], one["ready"]) for one in group["best"]]
    assert shown == [("Ben", True), ("Cem", True), ("Ann", False)]
    assert (group["family"], group["headline"]) == ("vae", "negative_elbo")


def test_what_trains_is_large_unless_somebody_chose() -> None:
    first = run_of("Ann", "done", 90.0)
    assert dashboard.wall()["large"]["name"] == first.name
    second = Run.create(tiny("vae"), first.path.parent / "20990101-000000-vae-digits-ffff", {"owner": "<b>Ben</b>"})
    seen = dashboard.wall(first.name)
    assert seen["large"]["name"] == first.name and seen["waiting"] == 1
    assert seen["large"]["curves"]["loss"] == [[1, 10.0], [2, 5.0]]
    assert seen["large"]["curves"]["val:negative_elbo"] == [[2, 90.0]]
    assert dashboard.wall("../../etc")["large"]["name"] == second.name
    first.append("metrics", 3, values={"loss": 1.0})
    assert dashboard.wall(first.name)["large"]["curves"]["loss"][-1] == [3, 1.0], "an old curve is shown"


def test_damaged_runs_hide_nothing() -> None:
    run_of("Ann", "done", 90.0)
    broken = run_of("Ben", "done", 80.0)
    (broken.path / "config.json").write_text("{")
    assert [one["owner"] for one in dashboard.wall()["runs"]] == ["Ann"]


def test_an_empty_folder_is_no_problem() -> None:
    assert dashboard.wall() == {"runs": [], "ranking": [], "large": None, "active": 0, "waiting": 0}


@pytest.fixture
def board(tmp_path: Path) -> Iterator[str]:
    with browsing.wall(tmp_path) as address:
        yield address


@pytest.mark.browser
def test_it_shows_what_goes_on_in_both_languages(browser: Browser, board: str, tmp_path: Path) -> None:
    with strict_page(browser) as page:
        page.goto(board)
        expect(page.locator(".empty")).to_contain_text("Nothing has been trained yet", timeout=30_000)
        run = run_of("<b>Ann</b>", "done", 90.0)
        expect(page.locator(".large h2")).to_contain_text("<b>Ann</b>", timeout=15_000)
        expect(page.locator(".ranking li")).to_contain_text("90")
        run_of("Ben", "done", 80.0, place=run.path.parent / "20990101-000000-vae-digits-ffff")
        expect(page.locator(".large h2")).to_contain_text("Ben", timeout=15_000)
        page.locator(".card", has_text="<b>Ann</b>").click()
        expect(page.locator(".large h2")).to_contain_text("<b>Ann</b>", timeout=15_000)
        drawn = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v)"
        assert page.locator(".large canvas").first.evaluate(drawn)
        page.goto(board + "?lang=zh")
        expect(page.locator("h1")).to_have_text("训练墙", timeout=30_000)
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
