"""A family that nothing here has heard of, with a new kind of result: registered by a line, it is used everywhere."""

import io
import json
import os
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from aigc_core import locale
from aigc_core.common.paths import PROJECT
from aigc_core.evaluation import diagnostics, quality_gate
from aigc_core.evaluation.pipeline import fit_and_judge
from aigc_core.export import hub
from aigc_core.families import FAMILIES, config_class, family_class
from aigc_core.families.base import Update
from aigc_core.families.capabilities import PROTOCOLS
from aigc_core.families.config import make_config
from aigc_core.inference import model_cache
from aigc_core.runs.checkpoint import unfilled
from aigc_core.runs.run import Run
from aigc_core.serving.api import compare, dashboard, run_views
from aigc_core.training.trainer import fit
from pages import i18n
from tests.helpers.browser import strict_page
from tests.helpers.chime import register
from tests.helpers.chime.family import Family
from tests.helpers.runs import assert_same_events, assert_same_weights, tiny
from tests.helpers.servers import serving

RECORDS = {"log_every": 1, "evaluate_every": 4, "sample_every": 4, "checkpoint_every": 4, "device": "cpu"}


@pytest.fixture
def chime() -> Iterator[None]:
    register.register()
    forget_words()
    yield
    register.forget()
    forget_words()


def forget_words() -> None:
    for one in (i18n.catalogue, locale.words, locale.english):
        one.cache_clear()


def new_run(path: Path | None = None, **settings: object) -> Run:
    return Run.create(make_config(config_class("chime"), settings=RECORDS | settings), path)


def test_it_trains_and_resumes_to_the_last_bit(chime: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, halted = new_run(tmp_path / "whole"), new_run(tmp_path / "halted")
    assert fit(whole).state == "done"
    train_step = Family.train_step

    def stop_in_the_middle(self: Family, update: Update, step: int) -> None:
        train_step(self, update, step)
        if step == 6 and halted.status().attempt == 1:
            halted.control.request("stop")

    monkeypatch.setattr(Family, "train_step", stop_in_the_middle)
    assert fit(halted).state == "stopped" and halted.status().step == 7
    halted.control.request("start")
    assert fit(halted).state == "done"
    assert_same_weights(whole, halted)
    assert_same_events(whole, halted)
    names = {one.name for one in whole.checkpoints.folder(12).iterdir()}
    assert "extra.safetensors" in names
    assert whole.samples.names() == [f"step_{step:06d}.wav" for step in (0, 4, 8, 12)]
    pulls = [one["values"] for one in whole.events()[0] if one["kind"] == "metrics"]
    assert ["pull" in one for one in pulls] == [step % 2 == 1 for step in range(12)]


def test_it_is_judged_diagnosed_compared_and_shown(chime: None) -> None:
    run = new_run(gate="distance < 100")
    assert fit_and_judge(run).state == "done"
    judged = quality_gate.judgement(run)
    assert judged is not None and judged["verdict"] == "ready" and judged["cost"]["use_s"] > 0
    (finding,) = diagnostics.diagnose(run)
    assert finding.name == "out-of-tune" and finding.changes == {"steps": 24}
    assert compare.compare([run.name])["runs"][0]["name"] == run.name
    assert run_views.describe(run.name)["capabilities"] == ()
    assert [one["name"] for one in run_views.models() if not one["shipped"]] == [run.name]
    for capability in PROTOCOLS:
        assert run.name not in [one["name"] for one in run_views.models(capability)]
    assert dashboard.snapshot(run.name)


def test_it_is_published_and_comes_back(chime: None, tmp_path: Path) -> None:
    run = new_run()
    fit(run)
    folder = hub.pack(run, tmp_path / "packed")
    card = (folder / "README.md").read_text()
    assert "pipeline_tag: text-to-audio" in card and "model.make(16, seed=0)" in card and "step_000012.wav" in card
    made = hub.from_pretrained(folder).make(3, seed=5)
    assert made == [one.content for one in model_cache.make(run, 3, seed=5)] and len(set(made)) == 3
    with wave.open(io.BytesIO(made[0])) as sound:
        assert sound.getnframes() == 800


def test_it_is_sampled_on_the_command_line(chime: None, tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": register.path_for_processes(tmp_path), "AIGC_RUNS": str(tmp_path / "runs")}

    def aigc(*words: str) -> str:
        command = [sys.executable, "-m", "aigc_core", *words]
        return subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    aigc("train", "chime", "--set", "device=cpu", "--out", str(tmp_path / "run"))
    assert "distance" in aigc("evaluate", str(tmp_path / "run"))
    aigc("sample", str(tmp_path / "run"), "--n", "2", "--out", str(tmp_path / "bells"))
    assert [one.name for one in sorted((tmp_path / "bells").iterdir())] == ["00000.wav", "00001.wav"]


def test_it_speaks_both_languages(chime: None) -> None:
    chinese, english = i18n.catalogue("zh"), i18n.catalogue("en")
    assert english["family.chime"] == "Chime" and chinese["family.chime"] == "钟声"
    assert chinese["error.doctor.out-of-tune"] and chinese["info.chime.pull"].startswith("把两个数")
    missing = [key for key in english if "chime" in key and chinese.get(key) in (None, english[key])]
    assert not missing


@pytest.mark.browser
def test_it_is_trained_and_heard_on_the_train_page(browser: Browser, tmp_path: Path) -> None:
    path = register.path_for_processes(tmp_path)
    with serving(tmp_path, "python", PYTHONPATH=path) as address, strict_page(browser, locale="zh-CN") as page:
        page.goto(address)
        page.get_by_role("radio", name="钟声").check()
        page.click("#start")
        bell = page.locator("#watch audio")
        expect(bell).to_be_visible(timeout=60_000)
        assert str(bell.get_attribute("src")).startswith("data:audio/wav;base64,")
        expect(page.locator("#watch")).to_contain_text("走音", timeout=60_000)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_can_do_what_its_settings_say(family: str, trained: Callable[[str], Run]) -> None:
    model = unfilled(trained(family))
    found = {name for name, protocol in PROTOCOLS.items() if isinstance(model, protocol)}
    assert found == set(config_class(family).capabilities)
    assert isinstance(tiny(family), config_class(family)) and family_class(family).phases
    assert json.loads(json.dumps(config_class(family).capabilities))
