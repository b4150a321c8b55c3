"""Called as the line that a new family is in the table, in this process and in those that it starts."""

from pathlib import Path

from aigc_core.common.paths import PROJECT
from aigc_core.families import FAMILIES
from aigc_core.media.kinds import KINDS, MediaKind

SITE = """
from aigc_core.families import FAMILIES
from aigc_core.media.kinds import KINDS, MediaKind
FAMILIES["chime"] = "tests.helpers.chime"
KINDS["chime"] = MediaKind(".wav", "audio/wav", "audio", "text-to-audio")
"""


def register() -> None:
    FAMILIES["chime"] = "tests.helpers.chime"
    KINDS["chime"] = MediaKind(".wav", "audio/wav", "audio", "text-to-audio")


def forget() -> None:
    del FAMILIES["chime"], KINDS["chime"]


def path_for_processes(place: Path) -> str:
    """A PYTHONPATH with which every Python process knows the family."""
    (place / "sitecustomize.py").write_text(SITE)
    return f"{place}:{PROJECT}"
