"""A run made light draws the same pictures; the networks that judge tell classes apart."""

from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_core.common.errors import RunError
from aigc_core.common.paths import shipped_root
from aigc_core.common.progress import silent
from aigc_core.data.datasets import ImageDataset, load_data
from aigc_core.evaluation.evaluate import in_features
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig, make_config
from aigc_core.families.gan.family import Family as GAN
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.metrics import classifier_features
from aigc_core.runs.bundle import release
from aigc_core.runs.run import Run
from tests.helpers.runs import Trained, tiny


@pytest.mark.parametrize("family", ["gan", "vae"])
def test_a_light_run_draws_the_same_and_weighs_less(trained: Trained, tmp_path: Path, family: str) -> None:
    run = trained(family)
    light = release(run, tmp_path / "light", run.checkpoints.steps(), {"extra": 1.0})
    for step in run.checkpoints.steps():
        request = ImageRequest(count=5, seed=3)
        np.testing.assert_array_equal(
            model_cache.pictures(light, request, step), model_cache.pictures(run, request, step)
        )
    size = [sum(one.stat().st_size for one in run_.path.rglob("*.safetensors")) for run_ in (light, run)]
    assert size[0] < size[1] / 2
    assert light.samples.names() == run.samples.names() and light.events()[0] == run.events()[0]
    assert light.status().figures["extra"] == 1.0 and light.status().state == "done"
    with pytest.raises(RunError, match="exists"):
        release(run, tmp_path / "light")


def test_only_the_best_checkpoint_goes_along_unless_asked(trained: Trained, tmp_path: Path) -> None:
    run = trained("vae")
    light = release(run, tmp_path / "one")
    assert light.checkpoints.steps() == [run.checkpoints.marked("best")] == [light.checkpoints.marked("last")]


def test_a_run_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    run = Run.create(tiny("vae"), tmp_path / "new")
    with pytest.raises(RunError, match="no checkpoint"):
        release(run, tmp_path / "light")


def pictures_of(config: RunConfig) -> ImageDataset:
    data = load_data(config, torch.device("cpu"), silent)
    assert isinstance(data, ImageDataset)
    return data


def test_a_feature_network_learns_to_tell_digits_apart() -> None:
    data = pictures_of(make_config(config_class("vae"), None, "digits8", {}))
    assert data.labels is not None and data.validation_labels is not None
    network = classifier_features.train(data.train, data.labels, 10, epochs=3)
    made, classes, _ = classifier_features.extract(network, data.validation)
    assert made.shape == (len(data.validation), classifier_features.SIZE) and (made >= 0).all()
    assert (classes == data.validation_labels.numpy()).mean() > 0.9
    again = classifier_features.train(data.train, data.labels, 10, epochs=3)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


def test_real_digits_are_nearer_to_real_ones_than_an_untrained_models(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny("gan", data="digits")
    data = pictures_of(config)
    figures = in_features(GAN(config, data.info), data, most=10_000)
    assert figures["features_n"] == len(data.validation)
    assert figures["frechet_features"] > 20 * figures["frechet_features_real"] > 0


@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_the_shipped_feature_networks_are_whole(name: str) -> None:
    network = classifier_features.load(name)
    assert network is not None and network.head.out_features == 10
    file = shipped_root() / "features" / f"{name}.safetensors"
    assert file.stat().st_size < 1_500_000


def test_a_damaged_feature_network_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "mnist.safetensors").write_bytes(b"no tensors")
    monkeypatch.setattr(classifier_features, "shipped_root", lambda: tmp_path)
    with pytest.raises(RunError, match="install"):
        classifier_features.load("mnist")
    assert classifier_features.load("fashion") is None and classifier_features.load("shapes") is None
