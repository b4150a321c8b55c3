"""How like the data made examples are, on pictures and on points."""

import numpy as np
import pytest
import torch

from aigc_core.common.progress import silent
from aigc_core.data.datasets import load_data
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.metrics import classifier_features
from aigc_core.metrics.sample_quality import SampleQuality
from tests.helpers.runs import tiny


def data_of(family: str, **settings: object) -> ImageDataset:
    data = load_data(tiny(family, **settings), torch.device("cpu"), silent, None)
    assert isinstance(data, ImageDataset)
    return data


@pytest.fixture(scope="module")
def digits() -> ImageDataset:
    return data_of("gan", validation=0.5)


def as_made(x: torch.Tensor) -> np.ndarray:
    return x.permute(0, 2, 3, 1).numpy()


def test_held_out_pictures_are_like_themselves(digits: ImageDataset) -> None:
    found = SampleQuality(digits).compute(as_made(digits.validation))
    assert found["frechet_pixels"] == pytest.approx(0, abs=1e-6)
    assert found["coverage"] == found["precision"] == 1
    assert found["diversity"] == pytest.approx(1)
    assert found["classes_missing"] == 0 and found["classes"] == 10
    assert found["copies"] == found["copies_real"] < 0.05


def test_training_pictures_are_copies(digits: ImageDataset) -> None:
    found = SampleQuality(digits).compute(as_made(digits.train[:300]))
    assert found["copies"] > 0.95
    assert found["coverage"] > 0.5


def test_one_picture_again_and_again_is_no_variety(digits: ImageDataset) -> None:
    found = SampleQuality(digits).compute(np.repeat(as_made(digits.validation[:1]), 200, axis=0))
    assert found["diversity"] < 0.01 and found["classes_missing"] == 9 and found["coverage"] < 0.1


def test_with_a_classifier_it_tells_the_classes() -> None:
    """Fours two pixels aside have other classes' pictures as their nearest, and are fours all the same."""
    digits = data_of("gan", data="digits")
    assert digits.labels is not None
    fours = torch.roll(digits.train[digits.labels == 4], 2, dims=3)
    by_pixels = SampleQuality(digits).compute(as_made(fours))["classes_missing"]
    told = SampleQuality(digits, classifier_features.load("digits")).compute(as_made(fours))["classes_missing"]
    assert by_pixels < 6 and told == 9


def test_clouds_of_points_that_are_missing_are_counted() -> None:
    data = data_of("gan", data="points", pattern="ring")
    assert data.validation_labels is not None
    some = data.validation[data.validation_labels < 5]
    found = SampleQuality(data).compute(some.numpy())
    assert (found["classes_missing"], found["classes"]) == (3, 8)
