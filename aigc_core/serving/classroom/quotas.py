"""How much each in a class may train, send and keep."""

import hashlib
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from aigc_core.common.class_rules import rules
from aigc_core.common.errors import AigcError, ClassError
from aigc_core.common.files import size_mb
from aigc_core.common.paths import runs_root
from aigc_core.families.config import RunConfig
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run
from aigc_core.serving.classroom.users import User, current_user, may_teach, required_rules

OTHER_REQUESTS_MB = 45  # pictures and films that pages send


def admit(config: RunConfig) -> dict[str, Any]:
    """Look whether who asks may start such a training; returns what the run is to know: its owner and limits.

    Raises:
        ClassError: not now, or not so.
    """
    allowed, user = rules(), current_user()
    if allowed is None:
        return {}
    if user is None:
        raise ClassError("class.join_first", "Join the class first.")
    if user.teacher:
        return {}
    if config.minutes > allowed.minutes:
        raise ClassError(
            "class.minutes", "In this class a training lasts at most {most} minutes.", most=f"{allowed.minutes:g}"
        )
    if config.tries > allowed.tries:
        raise ClassError("class.tries", "In this class a training is tried at most {most} times.", most=allowed.tries)
    if sum(_is_held(run) for run in list_runs() if run.manifest.owner == user.name) >= allowed.waiting:
        raise ClassError("class.waiting", "{count} of your trainings are waiting already.", count=allowed.waiting)
    check_disk(user)
    left_mb = allowed.disk_mb - used_mb(user.name)
    limits = {"minutes": allowed.minutes, "parameters": allowed.parameters, "disk_mb": left_mb}
    return {"owner": user.name, "limits": limits}


def _is_held(run: Run) -> bool:
    """Whether a process waits for its turn, or keeps what it had in memory."""
    with suppress(AigcError):
        return run.status().state in ("queued", "paused")
    return False


def is_student() -> bool:
    """Whether the limits of a class hold for who asks."""
    return not may_teach()


def most_weights() -> int:
    """Of a network that who asks may train; 0 where there is no limit."""
    allowed = rules()
    return allowed.parameters if allowed and is_student() else 0


def largest_request() -> float:
    """Bytes that who asks may send at once; infinite outside a class and for a teacher."""
    allowed = rules()
    if allowed is None or not is_student():
        return math.inf
    return 1e6 * max(allowed.upload_mb, OTHER_REQUESTS_MB)


def largest_upload(user: User) -> int:
    """Bytes that a file of this person may have.

    Raises:
        ClassError: there is no place left for any.
    """
    check_disk(user)
    return 2**62 if user.teacher else round(1e6 * required_rules().upload_mb)


_uploads: dict[str, set[Path]] = {}  # by name: files that were sent to the app and that nothing has been made of yet


def note_uploads(files: list[Path]) -> None:
    """Files that who asks has sent count as long as the app keeps them."""
    user = current_user()
    if user is not None and not user.teacher:
        _uploads.setdefault(user.name, set()).update(files)


def _pending_mb(name: str) -> float:
    files = _uploads.get(name, set())
    files.difference_update([one for one in files if not one.exists()])
    return sum(_bytes(one) for one in files) / 1e6


def _bytes(file: Path) -> int:
    with suppress(OSError):  # it has just gone
        return file.stat().st_size
    return 0


def check_space(size: int) -> None:
    """Raises: ClassError: who asks has no place left for so many bytes more."""
    user = current_user()
    if user is not None:
        check_disk(user, size / 1e6)


def check_disk(user: User, more_mb: float = 0.0) -> None:
    """Raises: ClassError: the person's runs and uploads take all the place there is, or would with so much more."""
    if user.teacher:
        return
    allowed, used = required_rules(), used_mb(user.name)
    if used + more_mb >= allowed.disk_mb:
        raise ClassError(
            "class.disk",
            "Your runs take {used} of {most} MB; delete some of them first.",
            used=round(used),
            most=round(allowed.disk_mb),
        )


def uploads_folder(name: str | None) -> Path:
    """Where a person's uploads are kept; None outside a class. Nothing of the name becomes part of a path."""
    root = runs_root() / ".uploads"
    return root / hashlib.sha256(name.encode()).hexdigest()[:16] if name else root


def used_mb(name: str) -> float:
    """What a person's runs and uploads take."""
    places = [run.path for run in list_runs() if run.manifest.owner == name]
    return sum(size_mb(one) for one in [*places, uploads_folder(name)]) + _pending_mb(name)
