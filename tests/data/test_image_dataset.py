"""Pictures made ready: cleaned, brought to size, and in batches."""

import numpy as np
import pytest
import torch

from aigc_core.data.datasets import load_data
from aigc_core.data.image_dataset import ImageDataset, _moments, as_float, resize_images
from aigc_core.data.image_split import LEAST
from aigc_core.data.sources import Images, silent
from tests.helpers.runs import tiny
from tests.helpers.sources import config

CPU = torch.device("cpu")


def test_no_training_picture_is_in_the_test_set() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 28, 28, 1), dtype=np.uint8)
    source = Images(pixels, None, test=Images(pixels[:5]))
    data = ImageDataset(source, config("vae"), CPU)
    assert len(data.train) == 15 and len(data.validation) == 5


def test_cleaning_leaves_out_empty_and_repeated_pictures_and_says_so() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 28, 28, 1), dtype=np.uint8)
    pixels[3], pixels[7] = 0, pixels[8]
    data = ImageDataset(Images(pixels.copy()), config("vae"), CPU)
    assert len(data.train) + len(data.validation) == 28
    assert data.info.notes[0]["text"] == "Left out, 1 of a single colour and 1 that look exactly like another picture."
    dirty = ImageDataset(Images(pixels.copy()), config("vae", clean=False), CPU)
    assert len(dirty.train) + len(dirty.validation) == 30
    assert [one["key"] for one in dirty.info.notes] == ["data.few_pictures"]


def test_few_pictures_are_noted_and_many_are_not() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (LEAST, 28, 28, 1), dtype=np.uint8)
    assert not ImageDataset(Images(pixels), config("vae"), CPU).info.notes
    (note,) = ImageDataset(Images(pixels[1:]), config("vae"), CPU).info.notes
    assert note["key"] == "data.few_pictures" and note["values"]["count"] == LEAST - 1


def test_pictures_are_brought_to_size_and_colours() -> None:
    x = torch.randint(0, 255, (3, 3, 40, 40), dtype=torch.uint8)
    assert resize_images(x, 28, 1).shape == (3, 1, 28, 28)
    assert resize_images(x[:, :1], 64, 3).shape == (3, 3, 64, 64)
    white = torch.full((1, 3, 32, 32), 255, dtype=torch.uint8)
    assert (resize_images(white, 0, 1) == 255).all()


def test_pictures_are_made_ready_in_parts_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randint(0, 255, (5, 3, 40, 40), dtype=torch.uint8)
    grey, moments = resize_images(x, 28, 1), _moments(x)
    monkeypatch.setattr("aigc_core.data.image_dataset.PART", 2)
    assert torch.equal(resize_images(x, 28, 1), grey)
    assert _moments(x)[0] == pytest.approx(moments[0]) and _moments(x)[1] == pytest.approx(moments[1])
    values = as_float(x).double()
    assert moments[0] == pytest.approx(values.mean((0, 2, 3)).tolist())
    assert moments[1] == pytest.approx(values.std((0, 2, 3), correction=0).tolist())


def test_standardising_facts_are_the_moments_of_the_training_pictures() -> None:
    data = load_data(config("vae", data="shapes"), CPU, silent)
    x = as_float(data.train)
    assert data.info.mean == pytest.approx(x.mean((0, 2, 3)).tolist(), rel=1e-4)
    assert data.info.std == pytest.approx(x.std((0, 2, 3)).tolist(), rel=1e-3)


def test_an_epoch_shows_every_picture_once_and_any_split_of_the_batch_is_the_same() -> None:
    data = load_data(tiny("vae"), CPU, silent)
    size = 16
    steps = len(data.train) // size
    seen = torch.cat([data.batch(step, 0, slice(0, size))["x"] for step in range(steps)])
    unique = torch.unique(seen.flatten(1), dim=0)
    assert len(unique) == steps * size
    whole = data.batch(5, 0, slice(0, size))
    parts = [data.batch(5, 0, slice(0, 6)), data.batch(5, 0, slice(6, 16))]
    assert torch.equal(whole["x"], torch.cat([part["x"] for part in parts]))
    assert torch.equal(whole["y"], torch.cat([part["y"] for part in parts]))


def test_a_batch_larger_than_the_data_goes_round() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (8, 28, 28, 1), dtype=np.uint8)
    data = ImageDataset(Images(pixels), config("vae", batch_size=64), CPU)
    assert data.batch(0, 0, slice(0, 64))["x"].shape == (64, 1, 28, 28)
