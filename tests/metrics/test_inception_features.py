"""Inception's features: fetched once and checked, or a sentence; the features are torch-fidelity's."""

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from aigc_core import cli
from aigc_core.common.errors import AigcError, DataError, RunError
from aigc_core.common.progress import silent
from aigc_core.data import download
from aigc_core.evaluation.evaluate import in_inception
from aigc_core.metrics import inception_features
from tests.helpers.runs import Trained

library = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like the published one, with random weights."""
    file = tmp_path_factory.mktemp("served") / inception_features.URL.rpartition("/")[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "load_state_dict_from_url", lambda *given, **more: {})
        patch.setattr(library.FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        torch.manual_seed(0)
        network = library.FeatureExtractorInceptionV3("inception", ["2048"])
    torch.save(network.state_dict(), file)
    return file


@pytest.fixture
def served(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The weights at the address where they are looked for, and an empty cache."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(weights.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(download, "user_cache_path", lambda name: tmp_path / "cache")
    monkeypatch.setattr(inception_features, "URL", f"http://127.0.0.1:{server.server_port}/{weights.name}")
    monkeypatch.setattr(inception_features, "SHA256", hashlib.sha256(weights.read_bytes()).hexdigest())
    yield weights
    server.shutdown()
    server.server_close()


def test_features_are_the_librarys_own(served: Path) -> None:
    network = inception_features.load(silent)
    grey = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    own = library.FeatureExtractorInceptionV3("own", ["2048"], feature_extractor_weights_path=str(served))
    (expected,) = own(grey.repeat(1, 3, 1, 1))
    features = inception_features.extract(network, grey)
    assert features.shape == (3, 2048) and np.allclose(features, expected.numpy(), atol=1e-6)


@pytest.fixture
def few_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a part of the 2,048: roots of matrices as large take half a minute."""
    measured = inception_features.extract
    monkeypatch.setattr(inception_features, "extract", lambda network, x: measured(network, x)[:, :100])


@pytest.mark.slow
def test_they_are_measured_on_request(
    served: Path, few_features: None, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigc_core.evaluation.evaluate.MOST_IN_INCEPTION", 20)
    told: list[str] = []
    figures = in_inception(trained("gan"), lambda part, what: told.append(what))
    assert told and set(told) == {served.name}
    assert figures["inception_n"] == 20
    assert figures["frechet_inception"] > figures["frechet_inception_real"] > 0
    before = inception_features.URL
    monkeypatch.setattr(inception_features, "URL", before.replace("http://127.0.0.1", "http://127.0.0.2"))
    assert in_inception(trained("gan"), silent) == figures, "fetched again, or not the same figures twice"


def test_a_changed_file_is_never_opened(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception_features, "SHA256", "0" * 64)
    monkeypatch.setattr(torch, "load", lambda *given, **more: pytest.fail("unpickled"))
    with pytest.raises(DataError, match="could not be fetched"):
        inception_features.load(silent)
    assert not list(download.cache_folder().rglob("*.pth"))


def test_without_the_internet_there_is_a_sentence(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception_features, "URL", f"http://127.0.0.1:9/{served.name}")
    with pytest.raises(DataError, match=served.name):
        inception_features.load(silent)


def test_a_text_model_is_refused(trained: Trained) -> None:
    with pytest.raises(RunError, match="makes no pictures"):
        in_inception(trained("gpt"), silent)


@pytest.mark.slow
def test_the_command_line_prints_them_with_the_others(
    served: Path, few_features: None, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigc_core.evaluation.evaluate.MOST_IN_INCEPTION", 10)
    told = CliRunner().invoke(cli.app, ["evaluate", str(trained("vae").path), "--inception"])
    assert told.exit_code == 0, told.output
    figures = json.loads(told.stdout)
    assert figures["inception_n"] == 10 and "negative_elbo" in figures


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(AigcError, match="pip install torch-fidelity"):
        inception_features.load(silent)
