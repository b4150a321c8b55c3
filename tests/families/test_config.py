"""Settings: every preset is valid, every mistake is one sentence."""

import pytest

from aigc_core.common.errors import ConfigError
from aigc_core.common.paths import shipped_root
from aigc_core.families import FAMILIES, config_class
from aigc_core.families.config import make_config
from aigc_core.families.gan.config import Config as GANConfig
from aigc_core.families.vae.config import Config as VAEConfig
from aigc_core.runs.preflight import check_can_start

EVERY_PRESET = [(family, preset) for family in FAMILIES for preset in config_class(family).presets]


@pytest.mark.parametrize(("family", "preset"), EVERY_PRESET)
def test_every_preset_is_valid_and_can_be_written_down(
    family: str, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "aigc_core.common.paths.shipped_root", shipped_root
    )  # one goes on from a model that comes along
    config = make_config(config_class(family), preset)
    assert config.preset == preset
    assert type(config).model_validate(config.model_dump()) == config


def test_later_words_win_over_the_preset() -> None:
    config = make_config(GANConfig, "textbook", "fashion", {"width": "64", "d_steps": "3"})
    assert (config.network, config.data, config.width, config.d_steps) == ("mlp", "fashion", 64, 3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"speed": 3}, "no setting “speed”"),
        ({"lr": 0}, "“lr” must be > 0"),
        ({"lr": "nan"}, "“lr”"),
        ({"lr": "fast"}, "needs a number"),
        ({"steps": "many"}, "whole number"),
        ({"steps": 0}, "≥ 1"),
        ({"batch_size": 10**9}, "≤ 65536"),
        ({"width": 20}, "multiple of 8"),
        ({"image_size": "30"}, "one of 0, 28, 32"),
        ({"objective": "best"}, "one of 'non-saturating'"),
        ({"conditional": "perhaps"}, "true or false"),
        ({"data": "stories"}, "no data that this family can learn"),
    ],
)
def test_a_mistake_is_one_sentence(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_config(config_class("gan"), settings=settings)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_choice_among_numbers_may_come_as_text() -> None:
    assert make_config(VAEConfig, settings={"image_size": "32"}).image_size == 32


@pytest.mark.parametrize(
    ("family", "settings", "words"),
    [
        ("gan", {"data": "points"}, "choose the network “mlp”"),
        ("vae", {"data": "points", "network": "mlp"}, "likelihood “gaussian”"),
        ("gan", {"data": "folder"}, "needs your own file or folder"),
        ("gpt", {"data": "text", "data_path": "/nowhere.txt"}, "there is none at “/nowhere.txt”"),
        ("gpt", {"init_from": "nothing at all"}, "no run, no folder and no model name"),
        ("gpt", {"prompt": "a\0b"}, "a character that no text has"),
    ],
)
def test_settings_that_cannot_go_together_are_refused_before_a_run_is_made(
    family: str, settings: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        check_can_start(make_config(config_class(family), settings=settings))


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ConfigError, match="multiple of “heads”"):
        make_config(config_class("gpt"), settings={"width": 100, "heads": 3})


def test_only_live_settings_change_while_training() -> None:
    config = make_config(VAEConfig)
    assert config.checked_live({"beta": 4, "lr": "0.01"}).beta == 4
    with pytest.raises(ConfigError, match="cannot change while the training runs"):
        config.checked_live({"width": 64})
    with pytest.raises(ConfigError, match="must be"):
        config.checked_live({"lr": -1})


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="gan, vae, gpt"):
        config_class("diffusion")
    with pytest.raises(ConfigError, match="default"):
        make_config(config_class("gan"), "enormous")


def test_every_setting_has_a_sentence_of_help() -> None:
    for family in FAMILIES:
        for name, info in config_class(family).model_fields.items():
            if name not in ("family", "preset"):
                assert info.description and info.description.endswith("."), f"{family}.{name}"
