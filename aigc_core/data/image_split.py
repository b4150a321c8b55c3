"""Pictures cleaned, and parted into those to learn from and those to check with."""

import hashlib

import numpy as np

from aigc_core.common.errors import DataError, message
from aigc_core.data.settings import ImageSettings
from aigc_core.data.sources import Images, Note
from aigc_core.data.split import LEAST_EXAMPLES, is_validation

# Different pictures; fewer are only learned by heart. Measured with the VAE's first recipe on MNIST, held-out negative
# ELBO within 400 steps: of 10 pictures 243 at best and 367 at the end, of 30 pictures 191 and 280, of 100 pictures 165
# at step 200 and 187 later on; of 300 pictures it was 137 and still fell.
LEAST = 100
Labelled = tuple[np.ndarray, np.ndarray | None]


def split_pictures(source: Images, config: ImageSettings) -> tuple[Labelled, Labelled]:
    """Clean, then split by content, or take the source's own test set without what training also has.

    Returns:
        Pixels uint8 (N, H, W, C) and labels int64 (N,) or None, for training and for validation. What was left out is
        added to the notes of `source`.

    Raises:
        DataError: fewer than two different pictures are left.
    """
    keys = _keys(source.pixels)
    keep = np.ones(len(keys), dtype=bool)
    if config.clean:
        keep = _worth_keeping(source, keys)
    if source.test is not None:
        keep &= ~np.isin(keys, _keys(source.test.pixels))
        return _taken(source, keep), (source.test.pixels, source.test.labels)
    held = np.zeros(len(keys), dtype=bool)
    held[keep] = is_validation((keys[i] for i in np.flatnonzero(keep)), config.validation, config.seed)
    return _taken(source, keep & ~held), _taken(source, held)


def few_pictures(count: int) -> list[Note]:
    """What is to be said of so few different pictures; nothing of more."""
    if count >= LEAST:
        return []
    return [
        message(
            "data.few_pictures",
            "Different pictures: {count}. So few are only learned by heart, and figures measured with them mean "
            "little; give {least} or more.",
            count=count,
            least=LEAST,
        )
    ]


def _worth_keeping(source: Images, keys: np.ndarray) -> np.ndarray:
    """bool (N,): the first of equal pictures, unless it is of one colour.

    Raises:
        DataError: fewer than two.
    """
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(keys, return_index=True)[1]] = True
    flat = (source.pixels.min(axis=(1, 2)) == source.pixels.max(axis=(1, 2))).all(axis=1)
    keep = first & ~flat
    if int(keep.sum()) < LEAST_EXAMPLES:
        raise _too_few(source, first, flat)
    if not keep.all():
        source.notes.append(
            message(
                "data.repeated_pictures",
                "Left out, {flat} of a single colour and {repeated} that look exactly like another picture.",
                flat=int(flat.sum()),
                repeated=int((~first & ~flat).sum()),
            )
        )
    return keep


def _too_few(source: Images, first: np.ndarray, flat: np.ndarray) -> DataError:
    """Why so many were left out, and what helps."""
    found = {
        "total": len(first), "flat": int(flat.sum()), "repeated": int((~first & ~flat).sum()),
        "count": int((first & ~flat).sum()), "least": LEAST_EXAMPLES,
        "size": "×".join(map(str, source.pixels.shape[1:3])),
    }  # fmt: skip
    if int(first.sum()) < LEAST_EXAMPLES:
        return DataError(
            "data.too_few_pictures",
            "Of {total} pictures {count} can be used: {flat} are of a single colour and {repeated} look exactly like "
            "another at {size}. Training needs at least {least} different ones, one to learn from and one to check "
            "with; give more pictures.",
            **found,
        )
    return DataError(
        "data.too_few_pictures_clean",
        "Of {total} pictures {count} can be used: {flat} are of a single colour and {repeated} look exactly like "
        "another at {size}. Training needs at least {least} different ones, one to learn from and one to check "
        "with; give more pictures, or switch the setting “clean” off to keep all of these.",
        **found,
    )


def _keys(pixels: np.ndarray) -> np.ndarray:
    return np.array([hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in pixels])


def _taken(source: Images, mask: np.ndarray) -> Labelled:
    return source.pixels[mask], None if source.labels is None else source.labels[mask]
