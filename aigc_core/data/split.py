"""The one rule that sets validation data apart.

An example's side is decided by a hash of the seed and its own content. So the same picture or document can
never be on both sides, however often it occurs, and adding examples moves none of the others.
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from aigc_core.common.errors import DataError

LEAST_EXAMPLES = 2  # different ones: one to learn from and one to check with


def is_validation(contents: Iterable[bytes], fraction: float, seed: int) -> np.ndarray:
    """For each example, whether it is held out.

    Args:
        contents: the bytes of each example.
        fraction: the part to hold out, about; exact only in the long run.
        seed: another seed gives another split.

    Returns:
        bool (N,), with at least one True and one False.

    Raises:
        DataError: fewer than two different examples.
    """
    key = seed.to_bytes(8, "little")
    hashes = np.array(
        [int.from_bytes(hashlib.blake2b(one, digest_size=8, key=key).digest(), "little") for one in contents],
        dtype=np.uint64,
    )
    different = np.unique(hashes)
    if len(different) < LEAST_EXAMPLES:
        raise DataError(
            "data.too_few",
            "There are {count} different examples, and training needs at least two: one to learn from and "
            "one to check with.",
            count=len(different),
        )
    # In a small set the hashes may all fall on one side: then the boundary moves to the nearest hash.
    boundary = np.uint64(min(int(fraction * 2**64), 2**64 - 1))
    boundary = np.clip(boundary, different[0], different[-2])
    return hashes <= boundary


def split_text(documents: list[str], fraction: float, seed: int) -> tuple[str, str]:
    """Training text and validation text.

    One document is cut along its length, the last part held out, as is usual for `tiny_shakespeare`. Of
    several, whole documents are held out, and a blank line stands between two.
    """
    if len(documents) == 1:
        cut = int(len(documents[0]) * (1 - fraction))
        return documents[0][:cut], documents[0][cut:]
    held_out = is_validation((one.encode() for one in documents), fraction, seed)
    train = [one for one, held in zip(documents, held_out, strict=True) if not held]
    validation = [one for one, held in zip(documents, held_out, strict=True) if held]
    return "\n\n".join(train) + "\n\n", "\n\n".join(validation) + "\n\n"
