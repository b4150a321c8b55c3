"""The gate: conditions, the judgement at a run's end, trying again, and what pages are told of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core.common.errors import ConfigError
from aigc_core.common.paths import runs_root
from aigc_core.evaluation import pipeline, quality_gate
from aigc_core.evaluation.evaluate import evaluate
from aigc_core.families.gan.config import Config as GanConfig
from aigc_core.families.thresholds import Threshold, thresholds
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving.api import run_actions, run_views
from aigc_core.training.trainer import fit
from tests.helpers.processes import Command, command
from tests.helpers.runs import Trained, info_of, tiny

DEFAULT_GATE = GanConfig.model_fields["gate"].default


def test_conditions_are_read_as_a_person_writes_them() -> None:
    assert thresholds(" coverage > 0.6,classes_missing<1 , gain > -2e-3,") == [
        Threshold("coverage", ">", 0.6),
        Threshold("classes_missing", "<", 1.0),
        Threshold("gain", ">", -2e-3),
    ]
    assert thresholds("") == thresholds(" , ") == []


@pytest.mark.parametrize(
    "written", ["coverage", "coverage >= 0.5", "coverage > much", "> 3", "a > 1 < 2", "__import__ > 1"]
)
def test_what_is_no_condition_is_a_sentence(written: str) -> None:
    with pytest.raises(ConfigError, match=r"no condition|no figure"):
        tiny("gan", gate=written)


def test_a_figure_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match=r"no figure “perplexity”.*coverage"):
        tiny("gan", gate="perplexity < 3")
    with pytest.raises(ConfigError, match="at most"):
        tiny("gan", gate=", ".join(["coverage > 0"] * 21))


@pytest.mark.parametrize("family", ["gan", "vae", "gpt"])
def test_every_figure_that_a_gate_may_name_is_measured(family: str, trained: Trained) -> None:
    run = trained(family)
    figures = evaluate(run, "end")
    assert set(run.config().figures) - run.config().figures_not_of(info_of(run)) == set(run.config().figures) & set(
        figures
    )
    assert figures["n"] > 0 and figures["seed"] == 1


@pytest.fixture
def judged(trained: Trained, tmp_path: Path) -> Run:
    """A tiny VAE in a folder of its own, not judged yet."""
    run = Run(runs_root() / "tiny-vae")
    shutil.copytree(trained("vae").path, run.path)
    return run


def with_gate(run: Run, written: str) -> None:
    made = json.loads((run.path / "config.json").read_text())
    made["config"]["gate"] = written
    (run.path / "config.json").write_text(json.dumps(made))


def test_a_judgement_says_what_passed_why_and_what_next(judged: Run) -> None:
    with_gate(judged, "negative_elbo < 10000, kl < -1, frechet_features < 5")
    found = quality_gate.judge(judged)
    assert [one["passed"] for one in found["conditions"]] == [True, False, None]
    assert [one["applies"] for one in found["conditions"]] == [True, True, False]  # no network knows these pictures
    assert found["conditions"][2]["value"] is None
    assert found["verdict"] == quality_gate.verdict(judged) == "not-ready"
    assert judged.events()[0][-1]["verdict"] == "not-ready"
    assert found["changes"] and set(found["changes"]) <= set(type(judged.config()).model_fields)
    assert found == quality_gate.judgement(judged)
    cost = found["cost"]
    assert (
        cost["train_s"] == judged.status().elapsed_s and cost["use_s"] > 0 and cost["how"] in ("measured", "estimated")
    )
    with_gate(judged, "negative_elbo < 10000, frechet_features < 5")
    assert quality_gate.judge(judged)["verdict"] == quality_gate.verdict(judged) == "ready"
    assert run_views.runs()[0]["verdict"] == run_views.models("decodes_latent")[0]["verdict"] == "ready"


def condition(passed: bool | None, applies: bool = True) -> dict[str, Any]:
    return {"figure": "kl", "sign": "<", "limit": 1.0, "value": passed, "passed": passed, "applies": applies}


@pytest.mark.parametrize(
    ("conditions", "verdict"),
    [
        ([condition(True), condition(True)], "ready"),
        ([condition(True), condition(None, applies=False)], "ready"),
        ([condition(True), condition(None)], "cannot-judge"),
        ([condition(None), condition(False)], "not-ready"),
        ([condition(None, applies=False)], "cannot-judge"),
        ([], "cannot-judge"),
    ],
)
def test_what_was_not_measured_is_neither_ready_nor_not(conditions: list[dict[str, Any]], verdict: str) -> None:
    assert quality_gate.verdict_of(conditions) == verdict


@pytest.mark.parametrize(("gate", "key"), [("", "gate.no_conditions"), ("frechet_features < 5", "gate.no_conditions")])
def test_without_a_condition_that_applies_nothing_is_judged(judged: Run, gate: str, key: str) -> None:
    with_gate(judged, gate)
    found = quality_gate.judge(judged)
    assert found["verdict"] == "cannot-judge" and found["why"]["key"] == key and not found["changes"]


def test_two_pictures_are_too_few_to_judge(own_place: Path) -> None:
    folder = own_place / "two"
    folder.mkdir()
    for number, colour in enumerate(("red", "blue")):
        picture = Image.new("RGB", (32, 32), colour)
        picture.putpixel((number, 3), (0, 0, 0))
        picture.save(folder / f"{number}.png")
    run = Run.create(tiny("gan", data="folder", data_path=str(folder), validation=0.5, steps=8, gate=DEFAULT_GATE))
    pipeline.fit_and_judge(run)
    found = quality_gate.judgement(run)
    assert found is not None and found["verdict"] == "cannot-judge"
    assert found["why"]["key"] == "gate.too_few" and found["why"]["values"]["n"] == 2


def test_noise_for_few_colour_pictures_is_not_ready(own_place: Path) -> None:
    random, folder = np.random.default_rng(0), own_place / "sixty"
    folder.mkdir()
    for number in range(60):
        picture = Image.new("RGB", (32, 32), "white")
        x, y = random.integers(2, 16, 2)
        picture.paste(tuple(random.integers(0, 200, 3)), (x, y, x + 14, y + 14))
        picture.save(folder / f"{number}.png")
    run = Run.create(tiny("gan", data="folder", data_path=str(folder), steps=8, gate=DEFAULT_GATE))
    pipeline.fit_and_judge(run)
    found = quality_gate.judgement(run)
    assert found is not None and found["verdict"] == "not-ready" and found["figures"]["reference"] == "all"
    unmeasured = [one["figure"] for one in found["conditions"] if one["applies"] and one["value"] is None]
    assert not unmeasured
    assert found["figures"]["told_apart"] > 0.95 and found["figures"]["colorfulness"] < 0.8


def test_a_judgement_does_not_outlive_the_weights_it_was_made_of(judged: Run) -> None:
    with_gate(judged, "")
    quality_gate.judge(judged)
    assert quality_gate.judgement(judged) is not None
    judged.checkpoints.mark("last", judged.checkpoints.steps()[0])
    assert quality_gate.judgement(judged) is None
    (judged.path / "judgement.json").write_text("{")
    assert quality_gate.judgement(judged) is None


def test_who_does_not_pass_tries_again_with_changes_and_keeps_every_attempt(own_place: Path) -> None:
    run = Run.create(tiny("vae", gate="negative_elbo < 1", tries=3))
    run.control.request("start")
    pipeline.fit_and_judge(run)
    attempts = quality_gate.attempts(run)
    assert len(attempts) == 3 and [one.config().tries for one in attempts] == [3, 2, 1]
    assert all(one.status().state == "done" and quality_gate.verdict(one) == "not-ready" for one in attempts)
    assert attempts[1].config() != attempts[0].config()
    notes = [one for one in run.events()[0] if one.get("key") == "gate.again"]
    assert len(notes) == 1 and attempts[1].name in notes[0]["text"]
    assert run_views.examine(run.name)["following"] == attempts[1].name


def test_who_passes_at_once_does_not_try_again(own_place: Path) -> None:
    run = Run.create(tiny("vae", gate="negative_elbo < 10000", tries=3))
    pipeline.fit_and_judge(run)
    assert len(quality_gate.attempts(run)) == 1 and quality_gate.verdict(run) == "ready"


def test_a_training_that_breaks_down_is_tried_again_more_gently(own_place: Path) -> None:
    run = Run.create(tiny("vae", weight_decay=1.5, lr=10, lr_schedule="constant", steps=200, gate="", tries=2))
    pipeline.fit_and_judge(run)
    first, second = quality_gate.attempts(run)
    assert first.status().state == "failed"
    assert second.config().lr == 1.0 and second.config().grad_clip == 1.0


def test_a_stopped_training_is_not_judged(own_place: Path) -> None:
    run = Run.create(tiny("vae", tries=5))
    run.control.request("start")
    run.control.request("stop")
    assert pipeline.fit_and_judge(run).state == "stopped"
    assert quality_gate.judgement(run) is None and len(quality_gate.attempts(run)) == 1


def test_the_command_line_trains_until_it_passes(own_place: Path, cli: Command) -> None:
    settings = [word for pair in ("data=digits8", "network=mlp", "width=8", "gate=kl < -1") for word in ("--set", pair)]
    done = command("train", "vae", *settings, "--steps", "5", "--until-pass", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("not ready") == 2 and "NO  kl < -1" in done.stdout
    first = done.stdout.splitlines()[0].rsplit("/", 1)[-1]
    judged = json.loads(cli("judge", first).stdout)
    assert judged["verdict"] == "not-ready" and judged["conditions"][0]["figure"] == "kl"
    said = cli("diagnose", first).stdout
    assert "dead-start" in said or "Nothing is wrong" in said
    refused = cli("train", "vae", "--until-pass", "0")
    assert refused.returncode == 2 and "tries" in refused.stderr


def test_a_page_learns_what_it_costs_in_money(judged: Run) -> None:
    with_gate(judged, "")
    assert run_views.examine(judged.name)["judgement"] is None
    quality_gate.judge(judged)
    free, dear = (
        run_views.examine(judged.name)["judgement"]["cost"],
        run_views.examine(judged.name, 0.5, 36.0)["judgement"]["cost"],
    )
    assert free["train_money"] == 0
    assert dear["use_money"] == pytest.approx(0.5 * dear["use_j"] / 3.6e6 + 36 * dear["use_s"] / 3600)


def test_a_page_trains_again_with_changes_but_names_no_files(judged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr("aigc_core.serving.launch.start", started.append)
    name = run_actions.train_again(judged.name, {"lr": 1e-3})
    assert [one.name for one in started] == [name] and run_named(name).config().lr == 1e-3
    wrong: list[dict[str, Any]] = [
        {"data_path": "/etc/passwd"},
        {"init_from": "/etc"},
        {"lr": -1},
        {"nonsense": 1},
        {"lr": []},
    ]
    for changes in wrong:
        with pytest.raises(ConfigError):
            run_actions.train_again(judged.name, changes)
    assert len(started) == 1


def test_a_run_from_before_the_gate_still_opens(judged: Run) -> None:
    made = json.loads((judged.path / "config.json").read_text())
    for key in ("gate", "tries"):
        del made["config"][key]
    (judged.path / "config.json").write_text(json.dumps(made))
    status = json.loads((judged.path / "status.json").read_text())
    del status["energy_j"], status["energy_how"]
    (judged.path / "status.json").write_text(json.dumps(status))
    assert quality_gate.judge(judged)["cost"]["train_j"] == 0
    assert fit(judged).state == "done"
