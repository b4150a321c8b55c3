"""Text in windows."""

import math
from collections import Counter
from typing import Literal

import pytest
import torch

from aigc_core.common.errors import DataError
from aigc_core.data.datasets import load_data
from aigc_core.data.sources import Text, silent
from aigc_core.data.text_dataset import TokenDataset
from aigc_core.data.tokenizer import Tokenizer
from tests.helpers.runs import gpt_config, tiny

CPU = torch.device("cpu")


def test_text_windows_are_one_token_apart() -> None:
    data = load_data(tiny("gpt"), CPU, silent)
    batch = data.batch(3, 0, slice(0, 4))
    assert torch.equal(batch["x"][:, 1:], batch["y"][:, :-1])


def test_text_shorter_than_the_context_is_refused() -> None:
    with pytest.raises(DataError, match="smaller context"):
        TokenDataset(Text(["too short"]), gpt_config(), CPU, None)


def test_unknown_characters_are_neither_read_nor_foretold() -> None:
    known = "abc \n" * 200
    tokenizer = Tokenizer.train("char", known, 0)
    strange = known.replace("b", "b龘", 20)[::-1].replace("c", "é龘c", 20)[::-1]  # in both parts
    config = gpt_config(context=8)
    data = TokenDataset(Text([strange]), config, CPU, tokenizer.to_json())
    unknown = tokenizer.number("<unk>")
    assert unknown not in data.train and unknown not in data.validation
    assert tokenizer.decode(data.train.tolist()) + tokenizer.decode(data.validation.tolist()) == known.rstrip("\n")
    assert data.info.validation_bytes == len(data.validation)
    (note,) = data.info.notes
    assert note["key"] == "data.unknown_characters" and set(note["values"]["characters"]) == set("龘é")


@pytest.mark.parametrize(("kind", "text"), [("char", "naïve 你好🙂 x"), ("bpe", "naïve 你好🙂 x")])
def test_tokens_stand_for_the_bytes_of_their_text(kind: Literal["char", "bpe"], text: str) -> None:
    tokenizer = Tokenizer.train(kind, text * 9, 300)
    tokens = tokenizer.encode(text).tolist()
    assert tokenizer.bytes_of(tokens) == len(text.encode())
    halves = range(len(tokens) + 1)  # also in the middle of a character
    assert {tokenizer.bytes_of(tokens[:at]) + tokenizer.bytes_of(tokens[at:]) for at in halves} == {len(text.encode())}


def test_the_loss_of_frequencies_is_that_of_counting() -> None:
    data = load_data(tiny("gpt"), CPU, silent)
    assert isinstance(data, TokenDataset)
    counts = Counter(data.train.tolist())
    total = len(data.train) + len(data.tokenizer)
    losses = [-math.log((counts[one] + 1) / total) for one in data.validation.tolist()]
    assert data.frequencies_loss == pytest.approx(sum(losses) / len(losses), rel=1e-9)
