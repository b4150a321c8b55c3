"""The models that come with the program: whole, small, described, and as good as their cards say."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aigc_core.common.paths import shipped_root
from aigc_core.data.stories import entropy_per_character
from aigc_core.data.text import FORMS, keeps_form
from aigc_core.evaluation import quality_gate
from aigc_core.evaluation.evaluate import evaluate
from aigc_core.families.causal_lm import TextRequest
from aigc_core.inference.latent import session
from aigc_core.inference.text import scoring
from aigc_core.inference.text import session as text_session
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving.api import latent as api

NAMES = [one.name for one in sorted(shipped_root().iterdir()) if (one / "config.json").is_file()]
PICTURES = [name for name in NAMES if Run(shipped_root() / name).config().makes == "pictures"]
TEXTS = [name for name in NAMES if name not in PICTURES]
LARGEST, LARGEST_TOGETHER = 8_000_000, 45_000_000  # bytes


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.common.paths.shipped_root", shipped_root)  # other tests do without them


def files(name: str) -> Iterator[Path]:
    return (one for one in (shipped_root() / name).rglob("*") if one.is_file())


def test_they_are_there_and_small() -> None:
    pictures = {"gan-mnist", "gan-fashion", "vae-mnist", "vae-mnist-2d", "vae-fashion"}
    assert pictures | {"gpt-shakespeare", "gpt-stories", "gpt-tang"} <= set(NAMES)
    sizes = {name: sum(one.stat().st_size for one in files(name)) for name in NAMES}
    assert max(sizes.values()) <= LARGEST and sum(sizes.values()) <= LARGEST_TOGETHER, sizes
    assert not [one for name in NAMES for one in files(name) if one.suffix in (".pt", ".pth", ".pkl", ".bin")]


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_card_and_a_history(name: str) -> None:
    run = run_named(name)
    card = (run.path / "README.md").read_text(encoding="utf-8")
    for word in ("Data:", f"python checkpoints/train.py {name}", "Licence", "Limits:", "figure on the"):
        assert word in card
    assert run.shipped and run.status().state == "done" and run.samples.names()
    kinds = {event["kind"] for event in run.events()[0]}
    assert {"metrics", "eval", "sample"} <= kinds
    text = "".join(one.read_text(encoding="utf-8") for one in files(name) if one.suffix in (".json", ".jsonl", ".md"))
    assert "/home/" not in text and "/root" not in text and "/tmp" not in text  # no path of the machine


@pytest.mark.parametrize("name", PICTURES)
def test_each_draws_and_its_directions_came_along(name: str, own_place: Path) -> None:
    run = run_named(name)
    points = session.parse_points([{"z": session.code_of_seed(run, None, seed), "label": seed} for seed in range(10)])
    made = session.decode_points(run, None, points)
    assert made.shape == (10, 28, 28, 1) and 20 < made.mean() < 150
    assert len({one.tobytes() for one in made}) == 10
    directions = api.list_directions(name, None)
    assert directions["found"] and directions["learned"]
    names = {one["name"] for one in directions["learned"]}
    described = session.describe(run, None)
    assert "boldness" in names or described["latent_size"] == 2  # on a plane, no straight line leads to bold
    if not described["class_names"]:
        assert sum(one["kind"] == "class" for one in directions["learned"]) >= 3
        cloud = api.class_cloud(name, None)
        assert cloud is not None and len(set(cloud["labels"])) == 10
    assert not (own_place / "runs").exists()  # nothing had to be made anew


def test_a_bolder_digit_has_more_ink() -> None:
    run = run_named("gan-mnist")
    learned = api.list_directions(run.name, None)["learned"]
    assert learned is not None
    bolder = next(one for one in learned if one["name"] == "boldness")
    ink = []
    for amount in (-2, 0, 2):
        codes = [
            np.array(session.code_of_seed(run, None, seed)) + amount * np.array(bolder["vector"]) for seed in range(40)
        ]
        points = session.parse_points([{"z": code.tolist(), "label": i % 10} for i, code in enumerate(codes)])
        ink.append(float(session.decode_points(run, None, points).mean()))
    assert ink[0] < ink[1] < ink[2] and ink[2] > 1.2 * ink[0]


@pytest.mark.parametrize("name", TEXTS)
def test_each_writes_what_it_learned(name: str) -> None:
    run = run_named(name)
    beginning = text_session.Prefix(text_session.describe(run, None)["prompt"] + "\n")
    request = TextRequest(max_new_tokens=120, temperature=0.8)
    written = text_session.generate(run, None, beginning, request, 2, "", lambda part, shown: None)
    for texts in written.texts:
        found = scoring.token_nll(run, None, "".join(texts))
        assert found["n"] > 100 and found["nats"] < 1.6 * run.status().figures["loss"] + 0.5


def test_the_stories_come_near_their_grammars_entropy() -> None:
    run = run_named("gpt-stories")
    said, measured = run.status().figures, evaluate(run)
    least = entropy_per_character("both")
    assert said["entropy"] == pytest.approx(least) and least < said["loss"] < 1.4 * least
    assert measured["loss"] == pytest.approx(said["loss"], abs=0.02)  # on a part of what was held out


def form_kept(titles: tuple[str, ...]) -> float:
    """The part of ten poems for each title and form that has the lines and lengths that were asked for."""
    run, kept = run_named("gpt-tang"), []
    request = TextRequest(max_new_tokens=100, temperature=0.8, seed=1000)
    for form in FORMS:
        for title in titles:
            prompt = f"《{title}》{form}\n"
            written = text_session.generate(
                run, None, text_session.Prefix(prompt), request, 10, "\n\n", lambda part, shown: None
            )
            kept += [keeps_form(prompt + "".join(texts).split("\n\n")[0]) for texts in written.texts]
    return sum(kept) / len(kept)


def test_asked_for_a_form_most_poems_keep_it() -> None:
    assert form_kept(("秋思", "江楼")) >= 0.9


@pytest.mark.slow
def test_asked_for_a_form_at_least_95_of_100_poems_keep_it() -> None:
    assert form_kept(("秋思", "早行", "寄友", "江楼", "雪夜")) >= 0.95


@pytest.mark.skipif(not os.environ.get("AIGC_DATA"), reason="needs the test pictures under $AIGC_DATA/images")
@pytest.mark.parametrize("name", [name for name in PICTURES if name.startswith("vae")])
def test_the_vaes_are_as_good_as_their_cards_say(name: str) -> None:
    run = run_named(name)
    said, measured = run.status().figures, evaluate(run)
    assert measured["n"] == said["n"] == 10_000
    assert measured["negative_elbo"] == pytest.approx(said["negative_elbo"], abs=0.02)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("AIGC_DATA"), reason="needs the test pictures under $AIGC_DATA/images")
@pytest.mark.parametrize("name", [name for name in PICTURES if name.startswith("gan")])
def test_the_gans_are_as_good_as_their_cards_say(name: str) -> None:
    run = run_named(name)
    said, measured = run.status().figures, evaluate(run, extent="full")
    assert measured["frechet_features"] == pytest.approx(said["frechet_features"], rel=0.02)
    assert measured["classes_missing"] == 0
    assert measured["frechet_features"] < 10 * measured["frechet_features_real"]


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("AIGC_DATA"), reason="needs what they were trained on, under $AIGC_DATA")
@pytest.mark.parametrize("name", NAMES)
def test_each_meets_the_conditions_of_its_family(name: str) -> None:
    config = run_named(name).config()
    info = run_named(name).dataset_info()
    assert info is not None
    gate, impossible = type(config).model_fields["gate"].default, config.figures_not_of(info)
    conditions = quality_gate.held_against(gate, evaluate(run_named(name), "end"), impossible)
    assert quality_gate.verdict_of(conditions) == "ready", conditions
