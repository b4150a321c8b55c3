"""A training that has ended is given more."""

from pathlib import Path
from typing import Any

import pytest

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.runs.bundle import release
from aigc_core.runs.extension import extend
from aigc_core.runs.run import Run
from aigc_core.serving import launch
from aigc_core.serving.api import run_actions
from aigc_core.training.lr_schedule import lr_factor
from aigc_core.training.trainer import fit
from tests.helpers.runs import GAN_AND_SLOWLY_ALL, Trained, assert_same_weights, tiny


def notes_of(run: Run) -> list[str]:
    return [event["key"] for event in run.events()[0] if event["kind"] == "note"]


@pytest.mark.parametrize("family", GAN_AND_SLOWLY_ALL)
def test_more_steps_end_as_if_it_had_begun_with_them(family: str, tmp_path: Path) -> None:
    config = tiny(family, steps=7, ema=0.9)
    run, whole = Run.create(config, tmp_path / "run"), Run.create(config.changed({"steps": 13}), tmp_path / "whole")
    fit(whole)
    fit(run)
    extend(run, {"steps": 13})
    status = fit(run)
    assert (status.state, status.step, status.total_steps) == ("done", 13, 13)
    assert_same_weights(run, whole)
    assert "run.extended" in notes_of(run) and run.config().steps == 13


def test_a_falling_learning_rate_follows_the_new_budget_and_the_run_says_so(tmp_path: Path) -> None:
    run = Run.create(tiny("vae", steps=6, lr_schedule="linear", lr=0.01), tmp_path / "run")
    fit(run)
    extend(run, {"steps": 12})
    fit(run)
    rates = {event["step"]: event["lr"] for event in run.events()[0] if event["kind"] == "metrics"}
    old, new = (run.config().changed({"steps": steps}) for steps in (6, 12))
    for step, rate in rates.items():
        assert rate == pytest.approx(0.01 * lr_factor(old if step <= 6 else new, step - 1, 0.0)), step
    assert rates[7] > rates[6] and "run.extended_schedule" in notes_of(run)


def test_minutes_may_be_given_too_and_either_instead_of_the_other(tmp_path: Path) -> None:
    run = Run.create(tiny("vae", steps=3), tmp_path / "run")
    fit(run)
    extend(run, {"minutes": 0.1})
    status = fit(run)
    assert status.state == "done" and status.step > 3 and 6 <= status.elapsed_s < 8
    extend(run, {"steps": status.step + 2})
    assert fit(run).step == status.step + 2


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"steps": 12}, "12 steps"),
        ({"steps": 3}, "give more than that"),
        ({"minutes": 1e-9}, "give more than that"),
        ({"steps": 13, "minutes": 1}, "not both"),
        ({"steps": 0}, "steps"),
        ({"steps": "many"}, "whole number"),
        ({"minutes": -1}, "minutes"),
    ],
)
def test_what_is_not_more_is_a_sentence(budget: dict[str, Any], said: str, tmp_path: Path) -> None:
    run = Run.create(tiny("vae"), tmp_path / "run")
    fit(run)
    before = run.manifest.read()
    with pytest.raises((ConfigError, RunError), match=said):
        extend(run, budget)
    assert run.manifest.read() == before


def test_one_that_trains_or_was_given_away_cannot_have_more(trained: Trained, tmp_path: Path) -> None:
    waiting = Run.create(tiny("vae"))
    with pytest.raises(RunError, match="has not ended"):
        extend(waiting, {"steps": 100})
    given_away = release(trained("vae"), tmp_path / "given")
    with pytest.raises(RunError, match="no checkpoint that training could go on from"):
        extend(given_away, {"steps": 100})
    run = Run.create(tiny("vae", steps=2), tmp_path / "shipped" / "one")
    fit_elsewhere = pytest.raises(RunError, match="came with the program")
    with fit_elsewhere:
        extend(run, {"steps": 100})


def test_the_page_gives_more_to_one_that_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(tiny("vae", steps=4))
    fit(run)
    started: list[str] = []
    monkeypatch.setattr(launch, "start", lambda one: started.append(one.name))
    with pytest.raises(RunError, match="nothing to resume"):
        run_actions.request(run.name, "resume")
    run_actions.request(run.name, "resume", {"steps": 9})
    assert started == [run.name] and run.config().steps == 9
