"""A lesson's limit in minutes, what comes of it, and which finished run stands in."""

from pathlib import Path
from typing import Any

import pytest

from aigc_core.common.errors import ConfigError
from aigc_core.evaluation.pipeline import fit_and_judge
from aigc_core.evaluation.quality_gate import judgement
from aigc_core.runs.run import Run
from aigc_core.runs.status import State
from aigc_core.serving.api import forms, lessons, run_views
from aigc_core.training.trainer import fit
from tests.helpers.runs import tiny


def run_of(state: State, step: int, elapsed_s: float, speed: float | None = None, **given: Any) -> Run:
    """A run of 1,000 steps whose lesson gives it two minutes."""
    run = Run.create(tiny("vae", steps=1000), given={"limits": {"lesson_minutes": 2}} | given)
    status = run.status()
    status.state, status.step, status.elapsed_s, status.steps_per_s = state, step, elapsed_s, speed
    if state in ("running", "paused"):
        status.process, status.heartbeat = "elsewhere|x|1|1", 4e9
    run.set_status(status)
    return run


@pytest.mark.parametrize(
    ("state", "step", "elapsed_s", "speed", "why", "reaches"),
    [
        ("running", 100, 20.0, 10.0, None, 0),  # 1,100 in time
        ("running", 100, 20.0, 8.6, None, 0),  # 960: near enough
        ("running", 100, 20.0, 2.0, "slow", 300),
        ("running", 0, 0.0, None, None, 0),  # nothing is measured yet
        ("paused", 100, 20.0, 2.0, "slow", 300),
        ("stopped", 640, 120.0, None, "ended", 640),
        ("stopped", 640, 60.0, None, None, 0),  # by hand
        ("done", 1000, 119.0, 8.0, None, 0),
    ],
)
def test_a_limit_that_ends_a_training_early_is_foreseen(
    state: State, step: int, elapsed_s: float, speed: float | None, why: str | None, reaches: int
) -> None:
    run = run_of(state, step, elapsed_s, speed)
    found = lessons.outlook(run, run.status())
    assert (found and found["why"]) == why, found
    assert found is None or (found["reaches"], found["steps"], found["minutes"]) == (reaches, 1000, 2)
    assert run_views.follow(run.name)["outlook"] == found


def test_a_long_queue_is_said() -> None:
    run = run_of("queued", 0, 0.0)
    for minutes, late in ((1.5, False), (30, True)):
        status = run.status()
        status.message = {"key": "queue.place", "text": "", "values": {"place": 9, "minutes": minutes}}
        assert bool(lessons.outlook(run, status)) is late


def test_without_a_limit_nothing_is_foreseen() -> None:
    run = Run.create(tiny("vae", steps=10**6))
    assert lessons.outlook(run, run.status()) is None
    assert lessons.foresee(run.config(), 100.0, None) is None


def test_the_estimate_foresees_it() -> None:
    config = tiny("vae", steps=1000)
    assert lessons.foresee(config, 0.1, 2) is None  # 1,200 steps in two minutes
    found = lessons.foresee(config, 1.0, 2)
    assert found and (found["why"], found["reaches"]) == ("slow", 120)


def test_the_run_that_stands_in_is_the_most_alike(own_place: Path) -> None:
    shipped = own_place / "shipped"
    wanted = tiny("vae", data="digits8", beta=2.0)
    assert lessons.stand_in(wanted) is None
    Run.create(tiny("gan", data="digits8"), shipped / "another-family")
    assert lessons.stand_in(wanted) is None
    Run.create(tiny("vae", data="digits", beta=2.0), shipped / "other-data")
    found = lessons.stand_in(wanted)
    assert found and (found["name"], found["same"]) == ("other-data", False)
    Run.create(tiny("vae", data="digits8", beta=1.0), shipped / "other-settings")
    found = lessons.stand_in(wanted)
    assert found and (found["name"], found["same"]) == ("other-settings", False)
    Run.create(tiny("vae", data="digits8", beta=2.0, steps=77, seed=5), shipped / "the-same")
    Run.create(wanted, own_place / "runs" / "of-a-student")
    found = lessons.stand_in(wanted)
    assert found and (found["name"], found["same"]) == ("the-same", True)


def test_the_limit_ends_a_training_and_says_so() -> None:
    run = Run.create(tiny("vae", steps=10**6, log_every=1000), given={"limits": {"lesson_minutes": 0.01}})
    status = fit(run)
    notes = [one["key"] for one in run.events()[0] if one["kind"] == "note"]
    assert status.state == "stopped" and status.step < 10**6 and notes == ["lesson.time_up"]
    found = lessons.outlook(run, run.status())
    assert found and found["why"] == "ended"


def test_a_training_that_the_limit_ends_is_judged_and_not_tried_again() -> None:
    settings = {"steps": 10**6, "log_every": 1000, "tries": 3, "gate": "frechet_pixels < 0"}
    run = Run.create(tiny("vae", **settings), given={"limits": {"lesson_minutes": 0.01}})
    assert fit_and_judge(run).state == "stopped"
    judged = judgement(run)
    assert judged and judged["verdict"] == "not-ready" and judged["figures"]["frechet_pixels"] > 0
    assert "following" not in run.manifest.read()


def test_a_link_gives_steps_and_a_limit() -> None:
    found = forms.lesson({"family": "gan", "steps": "400", "cap": "2"})
    assert found and found["settings"]["steps"] == 400 and found["settings"]["minutes"] == 0 and found["cap"] == 2
    only = forms.lesson({"cap": "1.5"})
    assert only and only["cap"] == 1.5
    plain = forms.lesson({"family": "vae"})
    assert plain and plain["cap"] is None and forms.lesson({"lang": "zh"}) is None
    for wrong in ("0", "-1", "nan", "inf", "1e9", "two"):
        with pytest.raises(ConfigError):
            forms.lesson({"cap": wrong})
