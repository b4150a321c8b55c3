"""The pictures that a run learned from, where they are on this machine."""

import json
import threading

import torch

from aigc_core.common.errors import AigcError, DataError
from aigc_core.common.progress import silent
from aigc_core.data.datasets import load_data
from aigc_core.data.download import nothing_fetched
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.data.sources import SOURCES
from aigc_core.families.image import ImageFamily

_data_lock = threading.Lock()
_last_data: dict[str, ImageDataset] = {}


def training_images(family: ImageFamily) -> ImageDataset:
    """The run's data, if it is on this machine; the last one asked for stays in memory.

    Raises:
        DataError: it would have to be fetched, or is gone.
    """
    key = training_data_key(family)
    with _data_lock:
        if key not in _last_data:
            with nothing_fetched():
                data = load_data(family.config, torch.device("cpu"), silent)
            _last_data.clear()
            _last_data[key] = data  # type: ignore[assignment]  # an image family's data is of images
        return _last_data[key]


def training_data_key(family: ImageFamily) -> str:
    """What decides which pictures a run learned from."""
    options = family.config.model_dump(include={"data", "data_path", "image_size", "channels", "clean", "validation",
                                                "seed", "pattern"})  # fmt: skip
    return json.dumps(options, sort_keys=True)


def training_images_or_alike(family: ImageFamily) -> ImageDataset:
    """The run's data, or where it is not here that of another source with pictures of the same kind.

    Raises:
        DataError: neither is here.
    """
    try:
        return training_images(family)
    except AigcError as absent:
        source = SOURCES.get(family.config.data)
        if source is None or not source.alike:
            raise DataError(
                "explore.no_data",
                "The pictures that this model learned from are not on this machine, so nothing can be compared.",
            ) from absent
        config = family.config.changed({"data": source.alike})
        return ImageDataset(SOURCES[source.alike].load(config), config, torch.device("cpu"))  # type: ignore[arg-type]
