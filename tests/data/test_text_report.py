"""Whether a text is enough: what is counted, what is expected, and what people are told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.common.paths import PROJECT
from aigc_core.common.progress import silent
from aigc_core.data import ngram_model, stories, text_dataset, text_report
from aigc_core.data.ngram_model import CharacterModel
from aigc_core.data.sources import Text
from aigc_core.data.text import docs
from aigc_core.data.text_report import TextReport, judge_text
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.config import make_config
from aigc_core.families.gpt.config import Config
from aigc_core.runs.run import Run
from aigc_core.serving.api import forms, run_views, uploads
from aigc_core.serving.api import text_report as text_report_api
from tests.helpers.runs import Trained


def config(**settings: object) -> Config:
    """A GPT's default settings for a person's own text."""
    return make_config(Config, data="text", settings=settings)


def told(report: TextReport) -> list[str]:
    return [one["key"].removeprefix("judge.") for one in report.advice]


@pytest.fixture(scope="module")
def help_text() -> str:
    return docs(None, silent).documents[0]


# -- the loss to expect ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["to be or not to be, " * 3, "abcabcabcabcabcabd", "床前明月光，疑是地上霜。举头望明月，低头思故乡。", "a"]
)
def test_probabilities_sum_to_one(text: str) -> None:
    alphabet = sorted({*text, "x"})  # and one that never came
    codes = np.array([alphabet.index(one) for one in text])
    model = CharacterModel([codes], len(alphabet))
    random = np.random.default_rng(0)
    seen = model.rows(codes)[:, :-1]
    contexts = np.concatenate([seen, random.integers(len(alphabet), size=(20, model.order - 1))])
    rows = np.repeat(contexts, len(alphabet), axis=0)
    rows = np.concatenate([rows, np.tile(np.arange(len(alphabet)), len(contexts))[:, None]], axis=1)
    chances = model.probabilities(rows).reshape(len(contexts), -1)
    np.testing.assert_allclose(chances.sum(1), 1.0, rtol=1e-12)
    assert (chances > 0).all()


def test_the_more_often_it_came_the_likelier_it_is() -> None:
    codes = np.array([0, 1] * 50 + [0, 2] * 10)
    rows = np.array([[1, 0, 1, 0, 1, 0]] * 4)
    rows[:, -1] = [0, 1, 2, 3]
    rows[:, -2] = 0
    after_zero = CharacterModel([codes], 4).probabilities(rows)
    assert after_zero.argmax() == 1 and after_zero[2] > after_zero[3]


@pytest.mark.parametrize(("language", "factor"), [("en", 4.5), ("zh", 2.2), ("both", 3.2)])
def test_stories_are_expected_above_their_exact_entropy(language: str, factor: float) -> None:
    """A story's names come back far beyond six characters, so counting stays well above; a GPT learns them."""
    made = stories.stories(SimpleNamespace(language=language), silent)
    loss, exact = judge_text(made.documents, config()).loss, stories.entropy_per_character(language)
    assert loss is not None and exact < loss < factor * exact


def test_what_cannot_be_foretold_and_what_can() -> None:
    random = np.random.default_rng(0)
    noise = judge_text(["".join(random.choice(list("abcd"), 60_000))], config())
    assert noise.loss is not None and np.log(4) < noise.loss < 1.03 * np.log(4)
    circle = judge_text(["abcdefghij" * 2000], config())
    assert circle.loss is not None and circle.loss < 0.01


# -- what is counted ------------------------------------------------------------------------------------


def test_facts_of_a_small_text() -> None:
    report = judge_text(["Das ist 你好 мир 42! " * 500], config(steps=100, batch_size=4, context=32, validation=0.1))
    assert report.characters == report.tokens == report.looked_at == 9500
    assert report.shares == pytest.approx({"latin": 6 / 14, "chinese": 2 / 14, "other": 3 / 14, "signs": 3 / 14})
    assert report.distinct == len(set("Das ist 你好 мир 42! "))
    assert report.epochs == pytest.approx(100 * 4 * 32 / (0.9 * 9500))
    assert judge_text(["Das ist 你好 " * 500], config(minutes=3)).epochs is None


@pytest.mark.parametrize("joint", ["", "\n", "\n\n"])
def test_a_text_pasted_twice_is_found(help_text: str, joint: str) -> None:
    once = help_text[:20_000]
    flat = once.replace("\n", " ")  # one line without end
    assert judge_text([flat], config()).repeated < 0.1
    for text in (once, flat):
        twice = judge_text([text + joint + text], config())
        assert twice.repeated > 0.45 and "repeated" in told(twice) and twice.usable < 1.2 * len(once)


def test_repeated_poems_are_found_in_any_order() -> None:
    random = np.random.default_rng(0)
    letters = [chr(one) for one in range(0x4E00, 0x5200)]
    poems = ["\n".join("".join(random.choice(letters, 12)) for _ in range(2)) for _ in range(300)]
    assert judge_text(["\n\n".join(poems)], config()).repeated == 0
    again = judge_text(["\n\n".join([*poems, *random.permutation(poems)])], config())
    assert again.repeated == pytest.approx(0.5, abs=0.01)
    apart = judge_text([*poems, *poems[:100]], config())  # as documents, which cleaning leaves out
    assert apart.repeated == 0 and apart.repeated_documents == pytest.approx(100 / 400)


def test_ordinary_text_is_not_taken_for_repeats(help_text: str) -> None:
    report = judge_text([help_text], config())
    assert 0.1 < report.repeated < text_report.MOST_REPEATED and report.verdict == "enough" and told(report) == ["fine"]


def test_of_a_large_text_a_part_is_looked_at(help_text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = judge_text([help_text], config())
    monkeypatch.setattr(text_report, "LOOKED_AT", 100_000)
    monkeypatch.setattr(ngram_model, "FITTED", 50_000)
    part = judge_text([help_text], config())
    assert part.looked_at <= 100_000 and part.characters == pytest.approx(whole.characters, rel=0.01)
    assert part.epochs == pytest.approx(whole.epochs, rel=0.01) and part.shares == pytest.approx(whole.shares, abs=0.02)
    several = judge_text(help_text.split("\n\n"), config())
    assert several.looked_at < 150_000 and several.characters == pytest.approx(whole.characters, rel=0.15)


def test_tokens_are_about_those_of_the_training(help_text: str) -> None:
    settings = config(tokenizer="bpe", vocabulary=600)
    data = text_dataset.TokenDataset(Text([help_text]), settings, torch.device("cpu"), None)
    report = judge_text([help_text], settings)
    assert report.tokens == pytest.approx(data.info.train_size + data.info.validation_size, rel=0.1)
    assert report.loss and report.token_loss == pytest.approx(report.loss * report.characters / report.tokens, rel=0.01)


# -- what people are told -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "init_from", "verdict", "first"),
    [
        (1_500, "", "far_too_little", "by_heart"),
        (1_500, "some-one/gpt2", "far_too_little", "by_heart"),
        (8_000, "", "little", "tune"),
        (8_000, "some-one/gpt2", "little", "tune_little"),
        (30_000, "", "little", "tune"),
        (30_000, "some-one/gpt2", "enough", "fine"),
        (100_000, "", "enough", "fine"),
    ],
)
def test_the_verdict(help_text: str, length: int, init_from: str, verdict: str, first: str) -> None:
    start = 20_000  # beyond it stands no repeat for a while
    report = judge_text([help_text[start : start + length]], config(init_from=init_from, context=16, steps=50))
    assert (report.verdict, told(report)[0]) == (verdict, first)


def test_too_many_readings_are_told_with_the_steps_to_take(help_text: str) -> None:
    settings = config(steps=50_000)
    report = judge_text([help_text], settings)
    assert report.verdict == "little" and told(report) == ["too_often"]
    steps = int(report.advice[0]["values"]["steps"].replace(",", ""))
    assert judge_text([help_text], settings.changed({"steps": steps})).verdict == "enough"


def test_what_the_training_would_refuse_is_told_before(help_text: str) -> None:
    settings = config(context=500, steps=1)
    report = judge_text([help_text[:3000]], settings)
    assert report.verdict == "far_too_little" and told(report)[0] == "too_short"
    least = int(report.advice[0]["values"]["least"].replace(",", ""))

    def train(length: int) -> text_dataset.TokenDataset:
        return text_dataset.TokenDataset(Text(["x" * length]), settings, torch.device("cpu"), None)

    train(least + 10)
    with pytest.raises(DataError, match="more than the context"):
        train(least - 10)
    with pytest.raises(DataError, match="empty"):
        judge_text(["\n\n"], settings)


@pytest.mark.parametrize("text", ["a", " ", "ab", "你", "a\n\nb"])
@pytest.mark.parametrize("tokenizer", ["char", "bpe"])
def test_next_to_nothing_is_far_too_little(text: str, tokenizer: str) -> None:
    if text.strip():
        report = judge_text([text], config(tokenizer=tokenizer))
        assert report.verdict == "far_too_little" and report.loss is None


def test_characters_that_the_model_lacks(help_text: str) -> None:
    known = Tokenizer.train("char", help_text, 0)
    few = judge_text([help_text[:20_000] + "你好" * 100], config(init_from="some-one/gpt2"), known)
    assert few.unknown == pytest.approx(200 / 20_200, rel=0.01) and told(few)[0] == "unknown"
    assert set(few.advice[0]["values"]["characters"]) == set("你好")
    many = judge_text([help_text[:20_000] + "你好" * 5_000], config(init_from="some-one/gpt2"), known)
    assert many.unknown > text_report.MOST_UNKNOWN == text_dataset.MOST_UNKNOWN and many.verdict == "far_too_little"


# -- the door -------------------------------------------------------------------------------------------


@pytest.fixture
def model(trained: Trained) -> str:
    """The name of a trained GPT among the runs."""
    shutil.copytree(trained("gpt").path, Path(os.environ["AIGC_RUNS"]) / "my-gpt")
    return "my-gpt"


def upload(place: Path, content: bytes) -> dict[str, Any]:
    file = place / "my text.txt"
    file.write_bytes(content)
    return {"data": "text", "data_path": uploads.save_upload(file)}


def test_an_upload_is_judged(tmp_path: Path, model: str, help_text: str) -> None:
    text = help_text[20_000:36_000].strip() + "你好" * 600
    chosen = upload(tmp_path, text.encode())
    report = text_report_api.judge_text("gpt", chosen | {"init_from": model, "context": 16})
    assert report["verdict"] == "enough" and report["tokens"] == report["characters"] == len(text)
    assert report["unknown"] == pytest.approx(1_200 / len(text))
    assert [one["key"] for one in report["advice"]] == ["judge.unknown"]
    assert (
        text_report_api.judge_text("gpt", chosen | {"context": 16})["unknown"] == 0
    )  # from nothing: learned from the text
    with pytest.raises(DataError, match="UTF-8"):
        text_report_api.judge_text("gpt", upload(tmp_path, b"\x89PNG\r\n" + bytes(range(256)) * 9))
    with pytest.raises(ConfigError, match="no run and no model name"):
        text_report_api.judge_text("gpt", chosen | {"init_from": "../my-gpt"})
    with pytest.raises(ConfigError, match="is no text"):
        text_report_api.judge_text("vae", {"data": "digits8"})


def test_judging_loads_no_torch(tmp_path: Path, model: str) -> None:
    chosen = upload(tmp_path, b"Some words of mine. " * 500) | {"init_from": model}
    code = (
        "import sys\nfrom aigc_core.serving.api import text_report\n"
        f"text_report.judge_text('gpt', {chosen!r})\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_models_to_go_on_from(model: str, trained: Trained) -> None:
    shutil.copytree(trained("vae").path, Path(os.environ["AIGC_RUNS"]) / "my-vae")
    Run.create(config(), Path(os.environ["AIGC_RUNS"]) / "just-begun")
    (found,) = run_views.models("continues_text")
    assert (found["name"], found["data"], found["context"], found["shipped"]) == (model, "docs", 16, False)
    assert forms.check("gpt", {"data": "docs", "init_from": model}).model_dump()["init_from"] == model


def test_a_text_cannot_draw_on_the_page(help_text: str) -> None:
    from dataclasses import asdict

    from pages import i18n, train

    known = Tokenizer.train("char", help_text.replace("<", "").replace("&", ""), 0)
    report = judge_text([help_text[:20_000] + "<&" * 100], config(init_from="some-one/gpt2"), known)
    for language in i18n.LANGUAGES:
        drawn = train._report(asdict(report), i18n.catalogue(language))
        assert "&lt;" in drawn and "&amp;" in drawn and "“<" not in drawn
