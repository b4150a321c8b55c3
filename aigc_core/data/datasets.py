"""Examples as tensors on the device, and the batch of every step as a pure function of (seed, step).

Nothing here remembers where it is: the examples of step 700 are the same whether the run came there in one
go or was killed and resumed, and whether one process or several share the batch.
"""

from typing import Protocol, cast

import torch
from torch import Tensor

from aigc_core.common.progress import ProgressCallback
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.data.settings import DataSettings, ImageSettings, TextSettings
from aigc_core.data.sources import Text, source_of
from aigc_core.data.text_dataset import TokenDataset


class Dataset(Protocol):
    """What a training draws from."""

    info: DatasetInfo
    train: Tensor
    validation: Tensor

    def batch(self, step: int, draw: int, part: slice) -> Batch:
        """Examples `part` of the `draw`-th batch of a step."""


def load_data(
    config: DataSettings, device: torch.device, progress: ProgressCallback, tokenizer: str | None = None
) -> ImageDataset | TokenDataset:
    """The run's data, ready to be drawn from.

    Args:
        tokenizer: JSON of the tokenizer to use; None = learn one from the text.

    Raises:
        DataError: the data is not known here, cannot be had, or there is too little of it.
    """
    raw = source_of(config.data).load(config, progress)
    # A source goes only with settings that have what its kind of data needs: see `families.config.check_data`.
    if isinstance(raw, Text):
        return TokenDataset(raw, cast(TextSettings, config), device, tokenizer, progress)
    return ImageDataset(raw, cast(ImageSettings, config), device)
