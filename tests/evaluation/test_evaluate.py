"""What is measured is what the names say, whatever the data's order and shares."""

from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from aigc_core.common.progress import silent
from aigc_core.data.datasets import load_data
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.data.settings import ImageSettings
from aigc_core.data.sources import Images
from aigc_core.families import family_class
from aigc_core.families.gan.family import Family as GAN
from aigc_core.families.image import ImageRequest
from aigc_core.families.vae.family import Family as VAE
from aigc_core.metrics.sample_quality import SampleQuality
from tests.helpers.runs import tiny

CPU = torch.device("cpu")


def dataset(pixels: np.ndarray, labels: np.ndarray, **settings: object) -> ImageDataset:
    names = [str(one) for one in range(int(labels.max()) + 1)]
    return ImageDataset(Images(pixels, labels, names), cast(ImageSettings, tiny("gan", clean=False, **settings)), CPU)


def two_kinds(counts: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 28x28: of the first class dark, of the second light, with a little noise, sorted by class."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], counts)
    pixels = 60 + 120 * labels[:, None, None, None] + random.integers(0, 30, (sum(counts), 28, 28, 1))
    return pixels.astype(np.uint8), labels


def test_a_perfect_generator_by_class_is_perfect_whatever_the_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dataset(*two_kinds((1800, 200)), conditional=True)
    family = family_class("gan")(tiny("gan", conditional=True), data.info)
    assert isinstance(family, GAN)

    def perfect(networks: object, z: Tensor, labels: Tensor | None) -> Tensor:
        assert labels is not None
        noise = torch.rand((len(z), 1, 28, 28), generator=torch.Generator().manual_seed(int(1e6 * z[0, 0].abs())))
        return (60 + 120 * labels[:, None, None, None] + 30 * noise).floor() / 255

    monkeypatch.setattr(family, "decode", perfect)
    judge = SampleQuality(data)
    by_shares = judge.compute(family.sample_like(family.networks, data, judge.count("end"), 1))
    held_out = data.validation.permute(0, 2, 3, 1).numpy()
    real = judge.compute(held_out[np.random.default_rng(1).permutation(len(held_out))])
    assert by_shares["frechet_pixels"] < 0.2 and by_shares["classes_missing"] == 0
    assert by_shares["told_apart"] == pytest.approx(0.5, abs=0.1)
    evenly = judge.compute(family.sample(family.networks, ImageRequest(judge.count("end"), 1)))
    assert evenly["frechet_pixels"] > 20 * max(by_shares["frechet_pixels"], real["frechet_pixels"])


def test_the_model_without_a_code_knows_all_classes_of_a_sorted_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.families.vae.family.MOST_AVERAGED", 200)
    pixels, labels = two_kinds((1000, 1000))
    mixed = np.random.default_rng(2).permutation(len(labels))
    family = family_class("vae")(tiny("vae"), dataset(pixels, labels).info)
    assert isinstance(family, VAE)
    ordered = family._without_code(dataset(pixels, labels))
    assert ordered == pytest.approx(family._without_code(dataset(pixels[mixed], labels[mixed])), rel=0.01)


def test_a_dimension_is_active_by_what_its_mean_says_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Burda 2015: the same posterior for every picture, however far from the prior, tells nothing of it."""
    data = load_data(tiny("vae"), CPU, silent, None)
    assert isinstance(data, ImageDataset)
    family = family_class("vae")(tiny("vae", latent_size=3), data.info)
    assert isinstance(family, VAE)
    encoder = family.networks["autoencoder"].encoder

    def encode(x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        light = x.mean((1, 2, 3))
        mean = torch.stack([20 * light, torch.full_like(light, 3.0), torch.zeros_like(light)], 1)
        return mean, torch.zeros_like(mean)

    monkeypatch.setattr(encoder, "forward", encode)
    figures = family.evaluate(family.networks, data)
    assert figures["kl_per_dimension"][1] == pytest.approx(4.5)  # μ² / 2
    assert figures["active_units"] == 1
