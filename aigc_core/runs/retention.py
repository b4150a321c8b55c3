"""What decides whether an old run stays when a class is swept: pins, use, and directions that people named."""

from contextlib import suppress
from pathlib import Path

from aigc_core.common import paths
from aigc_core.common.files import json_value, mtime_ns, read_own, write_atomic

PIN = "pinned"
USED = ".used"
OWN_DIRECTIONS = "directions-own.json"  # of its latent space, with the names that people gave them
LARGEST_ADDITION = 20_000_000  # bytes of directions and clouds


class Retention:
    """The marks in a run's folder; `additions` is where pages keep what people add to it."""

    def __init__(self, folder: Path, additions: Path) -> None:
        self._folder, self._additions = folder, additions

    @property
    def pinned(self) -> bool:
        """Whether somebody wants it kept."""
        return (self._folder / PIN).exists()

    def pin(self, keep: bool) -> None:
        if keep:
            write_atomic(self._folder / PIN, "")
        else:
            (self._folder / PIN).unlink(missing_ok=True)

    def has_named_directions(self) -> bool:
        """Whether somebody has named directions of its latent space."""
        try:
            return bool(json_value(read_own(self._additions / OWN_DIRECTIONS, self._additions, LARGEST_ADDITION)))
        except FileNotFoundError:
            return False
        except (OSError, ValueError):  # damaged: there was something
            return True

    def touch(self) -> None:
        """Note that somebody uses it, where runs may be swept away."""
        if self._folder.parent == paths.runs_root():
            with suppress(OSError):  # a folder that takes no file
                (self._folder / USED).touch()

    def last_used(self) -> float:
        """When somebody used it or added to it, in seconds since 1970; 0 if nobody has since it was trained."""
        added = [*self._folder.glob("directions-*.json"), *self._folder.glob("cloud-*.json"), self._folder / USED]
        return max(map(mtime_ns, added)) / 1e9
