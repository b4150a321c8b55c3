"""Examples as tensors on the device, and the batch of every step as a pure function of (seed, step).

Nothing here remembers where it is: the examples of step 700 are the same whether the run came there in one
go or was killed and resumed, and whether one process or several share the batch.
"""

from typing import Any

import torch

from aigc_core.data.image_dataset import ImageDataset
from aigc_core.data.sources import Progress, Text, source_of
from aigc_core.data.text_dataset import TokenDataset


def load_data(
    config: Any, device: torch.device, progress: Progress, tokenizer: str | None = None
) -> "ImageDataset | TokenDataset":
    """The run's data, ready to be drawn from.

    Args:
        tokenizer: JSON of the tokenizer to use; None = learn one from the text.

    Raises:
        DataError: the data is not known here, cannot be had, or there is too little of it.
    """
    raw = source_of(config.data).load(config, progress)
    if isinstance(raw, Text):
        return TokenDataset(raw, config, device, tokenizer)
    return ImageDataset(raw, config, device)
