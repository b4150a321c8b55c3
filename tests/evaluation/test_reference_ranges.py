"""What is usual: recorded ranges belong to recipes as they are now, and to nothing else."""

import json
from pathlib import Path

import pytest

from aigc_core.evaluation.reference_ranges import FOLDER, file_of, ranges_of, settings_that_matter
from aigc_core.families import config_class
from aigc_core.families.config import make_config

RECORDED = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_recorded_ranges_belong_to_a_recipe_as_it_is_now(file: Path) -> None:
    family, preset, _ = file.stem.split("-")
    config = make_config(config_class(family), preset)
    found = ranges_of(config)
    assert found, "the recipe has changed: run python benchmarks/reference_ranges.py"
    assert set(found) == {name for chart in config.curves for name in chart}
    for points in found.values():
        steps = [step for step, _, _ in points]
        assert steps == sorted(set(steps)) and steps[-1] <= config.steps
        assert all(low <= high for _, low, high in points)


def test_every_family_has_its_default_recipe_recorded() -> None:
    assert {f"{family}-default" for family in ("gan", "vae", "gpt")} <= {
        file.stem.rsplit("-", 1)[0] for file in RECORDED
    }


def test_changed_settings_have_no_usual_range_but_another_seed_does() -> None:
    config = make_config(config_class("gan"))
    assert ranges_of(config.changed({"seed": 5, "gate": "", "device": "cpu"}))
    assert ranges_of(config.changed({"lr": 1e-3})) == {}
    assert ranges_of(make_config(config_class("gan"), None, "digits8")) == {}


def test_settings_of_a_later_version_do_not_hide_what_was_recorded() -> None:
    config = make_config(config_class("gan"))
    recorded = json.loads(file_of(config).read_text())["settings"]
    assert recorded == json.loads(json.dumps(settings_that_matter(config)))
