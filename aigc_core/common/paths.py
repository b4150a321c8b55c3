"""Where things lie on this machine."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent


def runs_root() -> Path:
    """Where new runs go: `$AIGC_RUNS`, or `checkpoints/runs` of the project."""
    return Path(os.environ.get("AIGC_RUNS") or PROJECT / "checkpoints" / "runs").absolute()


def shipped_root() -> Path:
    """Where the trained models lie that come with the program."""
    return PROJECT / "checkpoints"
