"""“Is it useful?”: the tasks run, compare with the simple way, and say what their figures say."""

import re

import numpy as np
import pytest

from aigc_core.common.errors import ConfigError
from aigc_core.common.paths import PROJECT
from aigc_core.data import product_texts
from aigc_core.demos import use_cases
from aigc_core.serving.api import use_cases as api


def test_the_page_offers_what_can_be_measured() -> None:
    assert set(api.SCENARIOS) == set(use_cases.SCENARIOS)
    with pytest.raises(ConfigError, match="no scenario"):
        use_cases.measure("world-peace")


def test_every_product_text_is_one_that_the_templates_can_make() -> None:
    texts = product_texts.texts(300, seed=0)
    assert texts == product_texts.texts(300, seed=0) != product_texts.texts(300, seed=1)
    assert all(map(product_texts.possible, texts))
    assert max(map(len, texts)) <= product_texts.LONGEST and len(set(texts)) > 290
    assert not product_texts.possible(texts[0][:-1]) and not product_texts.possible("Buy now!")
    assert all("{" not in text for text in texts)


def test_repair_is_measured_against_the_truth_and_the_simple_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use_cases, "VAE_STEPS", 60)
    seen: list[float] = []
    found = use_cases.measure("repair", lambda part, _: seen.append(part))
    errors = {row["name"]: row["error"] for row in found["rows"]}
    assert set(errors) == {"average", "nearest", "model"} and all(0 < one < 1 for one in errors.values())
    assert not found["good"] or errors["model"] < min(errors["average"], errors["nearest"])
    assert found["verdict"]["key"] == f"useful.repair.{'yes' if found['good'] else 'no'}"
    assert found["sheet"].startswith(b"\x89PNG") and seen == sorted(seen) and seen[-1] == 1


def test_anomalies_are_ranked_by_a_model_that_never_saw_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use_cases, "VAE_STEPS", 60)
    monkeypatch.setattr(use_cases, "LEFT_OUT", (0,))
    found = use_cases.measure("anomaly")
    (row,) = found["rows"]
    assert row["name"] == "0" and 0.5 < row["model"] <= 1 and 0.5 < row["nearest"] <= 1
    curve = np.array(found["curves"]["0"])
    assert (np.diff(curve, axis=0) >= 0).all() and curve[-1] == pytest.approx([1, 1])
    assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(row["model"], abs=0.03)


def test_augmenting_counts_as_a_gain_only_beyond_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use_cases, "GAN_STEPS", 20)
    monkeypatch.setattr(use_cases, "LABELLED", (50,))
    monkeypatch.setattr(use_cases, "CLASSIFIER_STEPS", 30)
    found = use_cases.measure("augment")
    (row,) = found["rows"]
    assert 0.2 < row["without"] < 1  # far above guessing
    gain = row["with"] - row["without"]
    assert found["good"] == (gain > row["without_spread"] + row["with_spread"])
    said = re.search(r"-?[\d.]+", found["verdict"]["text"])
    assert said is not None and float(said[0]) == pytest.approx(100 * gain, abs=0.06)


def test_product_texts_are_compared_with_their_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.common.paths.shipped_root", lambda: PROJECT / "checkpoints")
    monkeypatch.setattr(use_cases, "TEXT_STEPS", 3)
    monkeypatch.setattr(use_cases, "TEXTS", 3)
    found = use_cases.measure("copywriting")
    template, model = found["rows"]
    assert template["possible"] == 1 and 0 <= model["possible"] <= 1
    assert 0 < model["distinct_2"] <= 1 and len(found["texts"]) == 3
