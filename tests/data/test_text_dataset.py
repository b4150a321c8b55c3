"""Text in windows."""

import pytest
import torch

from aigc_core.common.errors import DataError
from aigc_core.data.datasets import load_data
from aigc_core.data.sources import Text, silent
from aigc_core.data.text_dataset import TokenDataset
from tests.helpers.runs import gpt_config, tiny

CPU = torch.device("cpu")


def test_text_windows_are_one_token_apart() -> None:
    data = load_data(tiny("gpt"), CPU, silent)
    batch = data.batch(3, 0, slice(0, 4))
    assert torch.equal(batch["x"][:, 1:], batch["y"][:, :-1])


def test_text_shorter_than_the_context_is_refused() -> None:
    with pytest.raises(DataError, match="smaller context"):
        TokenDataset(Text(["too short"]), gpt_config(), CPU, None)
