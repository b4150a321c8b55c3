"""What is held out."""

import pytest

from aigc_core.common.errors import DataError
from aigc_core.data.split import is_validation, split_text


def test_the_split_is_by_content_and_stays_when_data_is_added() -> None:
    contents = [bytes([i, i // 7]) for i in range(200)] * 2
    held = is_validation(contents, 0.2, seed=3)
    assert (held[:200] == held[200:]).all()  # the same picture twice is never on both sides
    assert 0.1 < held.mean() < 0.3
    assert (is_validation([*contents, b"new"], 0.2, seed=3)[:400] == held).all()
    assert (is_validation(contents, 0.2, seed=4) != held).any()


def test_a_split_has_two_sides_however_small() -> None:
    for seed in range(30):
        held = is_validation([b"a", b"b"], 0.1, seed)
        assert held.any() and not held.all()
    with pytest.raises(DataError, match="at least two"):
        is_validation([b"a", b"a"], 0.1, 0)


def test_text_is_cut_at_its_end_or_by_whole_documents() -> None:
    assert split_text(["abcdefghij"], 0.2, 0) == ("abcdefgh", "ij")
    documents = [f"story {i}" for i in range(50)]
    train, validation = split_text(documents, 0.2, 0)
    assert not set(train.split("\n\n")) & set(validation.split("\n\n")) - {""}
    assert sorted((train + validation).split("\n\n")[:-1]) == sorted(documents)
