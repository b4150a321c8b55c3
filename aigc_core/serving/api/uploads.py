"""Files that people bring: kept by content, seen by whom they belong to."""

import hashlib
import re
import shutil
from pathlib import Path

from aigc_core.common.errors import DataError
from aigc_core.common.files import new_file
from aigc_core.data.text import read_text
from aigc_core.serving.classroom import quotas, users

LARGEST_UPLOAD = 500_000_000  # bytes


def save_upload(file: str | Path) -> str:
    """Keep a person's file for as long as its runs need it; returns the `data_path` to train with.

    The name on disk is a hash of the content, so nothing of the person's own name is used.

    Raises:
        DataError: too large, neither .zip nor .txt, or no text. ClassError: a student has no place left.
    """
    file, user = Path(file), users.current_user()
    limit = LARGEST_UPLOAD
    if user is not None:
        limit = min(limit, quotas.largest_upload(user))
    ending = file.suffix.lower()
    if ending not in (".zip", ".txt"):
        raise DataError("data.bad_upload", "{file} is neither a .zip of pictures nor a .txt.", file=file.name)
    if file.stat().st_size > limit:
        raise DataError(
            "data.large_upload",
            "{file} is larger than {limit} MB; take a part of it.",
            file=file.name,
            limit=limit // 1_000_000,
        )
    if ending == ".txt":
        read_text(file, file.name)  # here it still has the person's own name
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:24]
    kept = _uploads() / f"{digest}{ending}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with new_file(kept) as partial:
            shutil.copyfile(file, partial)
    return str(kept)


def _uploads() -> Path:
    """Of who asks: nobody in a class trains with another's."""
    user = users.current_user()
    return quotas.uploads_folder(user.name if user else None)


def is_own_upload(path: Path) -> bool:
    return path.parent == _uploads() and bool(re.fullmatch(r"[0-9a-f]{24}\.(zip|txt)", path.name))
