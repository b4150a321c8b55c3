"""Where things lie on this machine."""

import os
from pathlib import Path

from platformdirs import user_data_path

PROJECT = Path(__file__).resolve().parent.parent.parent  # the repository, or where the package is installed


def absolute(place: str | Path) -> Path:
    """A place that a person wrote, wherever it is read from later; “~” is the home folder."""
    return Path(os.path.abspath(os.path.expanduser(place)))  # noqa: PTH100, PTH111 — no error without a home


def in_repository() -> bool:
    """Whether this is the repository; a wheel holds neither its pyproject.toml nor a place for runs."""
    return (PROJECT / "pyproject.toml").is_file()


def runs_root() -> Path:
    """Where new runs go: `$AIGC_RUNS`; else `checkpoints/runs` of the repository, or the user's data folder."""
    usual = PROJECT / "checkpoints" / "runs" if in_repository() else user_data_path("aigc-studio") / "runs"
    return absolute(os.environ.get("AIGC_RUNS") or usual)


def shipped_root() -> Path:
    """Where the trained models lie that come with the program."""
    return PROJECT / "checkpoints" if in_repository() else PROJECT / "aigc_core" / "shipped"
