"""The recipe follows the data: by kind and time, with what a person set kept."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core.data.sources import SOURCES
from aigc_core.families import FAMILIES, config_class, recipes
from aigc_core.families.config import make_config


@pytest.mark.parametrize(
    ("family", "data", "minutes", "preset"),
    [
        ("gpt", "shakespeare", 0.4, "minute"),
        ("gpt", "shakespeare", 2.0, "minute"),
        ("gpt", "shakespeare", 3.0, "three-minutes"),
        ("gpt", "shakespeare", None, "minute"),
        ("gan", "mnist", 3.0, "mnist"),
        ("gan", "fashion", 0.5, "mnist"),
        ("vae", "mnist", None, "mnist"),
        ("gan", "points", None, "ring"),
        ("vae", "points", None, "moons"),
        ("gan", "digits", 3.0, "default"),
        ("gpt", "stories", 3.0, "default"),
        ("gan", None, 3.0, "default"),
    ],
)
def test_the_recipe_follows_data_and_time(family: str, data: str | None, minutes: float | None, preset: str) -> None:
    settings: dict[str, Any] = {} if minutes is None else {"minutes": minutes}
    assert recipes.best(config_class(family), data, settings).preset == preset


def test_every_recipe_that_is_chosen_exists_and_goes_with_its_data() -> None:
    for family in FAMILIES:
        known = config_class(family)
        for kind, lines in recipes.BEST.get(family, {}).items():
            assert [most for most, _ in lines] == sorted(most for most, _ in lines) and lines[-1][0] == recipes.ANY
            assert all(preset in known.presets for _, preset in lines), (family, kind)
        for data, source in SOURCES.items():
            if source.kind in known.data_kinds:
                for minutes in (0.0, 0.5, 3.0, 60.0):
                    found = recipes.best(known, data, {"minutes": minutes})
                    config = make_config(known, found.preset, data, found.settings | {"minutes": minutes})
                    assert (config.data, config.minutes, config.preset) == (data, minutes, found.preset)
    assert set(recipes.KINDS) <= set(SOURCES)


@pytest.mark.parametrize("own", [{"size": "mini"}, {"init_from": "gpt-shakespeare"}], ids=str)
def test_who_chose_a_network_gets_it(own: dict[str, Any]) -> None:
    """A recipe's layers and width would count more than the size."""
    assert recipes.best(config_class("gpt"), "shakespeare", own) == recipes.Choice("default")


def test_steps_count_more_than_a_recipes_minutes() -> None:
    config = make_config(config_class("gpt"), "minute", None, {"steps": 30})
    assert (config.steps, config.minutes) == (30, 0.0)
    assert make_config(config_class("gpt"), "minute", None, {"steps": 30, "minutes": 2}).minutes == 2


# -- somebody's own data ----------------------------------------------------------------------------------


def picture(side: int, grey: bool, ending: str) -> bytes:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (side, side + 3, 1 if grey else 3), dtype=np.uint8)
    whole, file = Image.fromarray(np.broadcast_to(pixels, (side, side + 3, 3)).copy()), io.BytesIO()
    whole.save(file, {"png": "PNG", "jpg": "JPEG"}[ending])
    return file.getvalue()


def pictures(place: Path, count: int, side: int, grey: bool, folders: int = 1, ending: str = "png") -> Path:
    one = picture(side, grey, ending)
    with zipfile.ZipFile(place, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number % folders}/{number}.{ending}", one)
        archive.writestr("notes.txt", "no picture")
    return place


@pytest.mark.parametrize("zipped", [True, False])
def test_own_pictures_by_colour_size_and_number(zipped: bool, tmp_path: Path) -> None:
    def best(**how: Any) -> recipes.Choice:
        place = pictures(tmp_path / "mine.zip", **how)
        if not zipped:
            target = tmp_path / f"mine-{len(list(tmp_path.iterdir()))}"
            with zipfile.ZipFile(place) as archive:
                archive.extractall(target)
            place = target
        return recipes.best(config_class("gan"), "folder", {"data_path": str(place)})

    few = best(count=5, side=40, grey=False)
    assert few == recipes.Choice("default", False, {"conditional": False})
    photographs = best(count=3, side=20, grey=True, folders=3, ending="jpg")
    assert photographs == recipes.Choice("default", False, {})
    if zipped:
        many = best(count=recipes.MANY, side=32, grey=True)
        assert many == recipes.Choice("mnist", True, {"conditional": False})


@pytest.mark.parametrize(
    ("text", "preset"),
    [
        ("To be, or not to be: that is the question.\n" * 50, "minute"),
        ("床前明月光，疑是地上霜。举头望明月，低头思故乡。\n" * 50, "minute"),
        ("", "default"),
    ],
)
def test_own_text(text: str, preset: str, tmp_path: Path) -> None:
    place = tmp_path / "mine.txt"
    place.write_text(text, encoding="utf-8")
    settings = {"data_path": str(place), "minutes": 0.4}
    assert recipes.best(config_class("gpt"), "text", settings).preset == preset


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\xff\xfe\x00text"])
@pytest.mark.parametrize(("family", "data"), [("gan", "folder"), ("gpt", "text")])
def test_data_that_cannot_be_read_gets_the_usual_recipe(family: str, data: str, content: bytes, tmp_path: Path) -> None:
    place = tmp_path / "mine.zip"
    place.write_bytes(content)
    for path in (str(place), str(tmp_path / "none"), ""):
        found = recipes.best(config_class(family), data, {"data_path": path})
        assert found.preset in ("default", "minute") and not found.settings
