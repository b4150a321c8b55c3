"""What the wall board is told."""

import pytest

from aigc_core.runs.run import Run
from aigc_core.serving.api import dashboard
from tests.helpers.runs import run_of_student, tiny


@pytest.fixture(autouse=True)
def looks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "FRESH_S", -1.0)
    dashboard._curves.cache_clear()
    dashboard._sample.cache_clear()


def test_the_best_come_first_and_the_ready_ones_before_others() -> None:
    for owner, figure, ready in (("Ann", 90.0, False), ("Ben", 95.0, True), ("Cem", 99.0, True), ("Dora", None, False)):
        run_of_student(owner, "done", figure, ready)
    (group,) = dashboard.snapshot()["ranking"]
    shown = [(one["owner"], one["verdict"]) for one in group["best"]]
    assert shown == [("Ben", "ready"), ("Cem", "ready"), ("Ann", None)]
    assert (group["family"], group["headline"]) == ("vae", "negative_elbo")


def test_what_trains_is_large_unless_somebody_chose() -> None:
    first = run_of_student("Ann", "done", 90.0)
    assert dashboard.snapshot()["large"]["name"] == first.name
    second = Run.create(tiny("vae"), first.path.parent / "20990101-000000-vae-digits-ffff", {"owner": "<b>Ben</b>"})
    seen = dashboard.snapshot(first.name)
    assert seen["large"]["name"] == first.name and seen["waiting"] == 1
    assert seen["large"]["curves"]["loss"] == [[1, 10.0], [2, 5.0]]
    assert seen["large"]["curves"]["val:negative_elbo"] == [[2, 90.0]]
    assert dashboard.snapshot("../../etc")["large"]["name"] == second.name
    first.event_log.append("metrics", 3, values={"loss": 1.0})
    assert dashboard.snapshot(first.name)["large"]["curves"]["loss"][-1] == [3, 1.0], "an old curve is shown"


def test_damaged_runs_hide_nothing() -> None:
    run_of_student("Ann", "done", 90.0)
    broken = run_of_student("Ben", "done", 80.0)
    (broken.path / "config.json").write_text("{")
    assert [one["owner"] for one in dashboard.snapshot()["runs"]] == ["Ann"]


def test_an_empty_folder_is_no_problem() -> None:
    assert dashboard.snapshot() == {"runs": [], "ranking": [], "large": None, "active": 0, "waiting": 0}
