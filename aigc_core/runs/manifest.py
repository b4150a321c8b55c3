"""`config.json`: a run's settings as they were resolved, what they ran on, and what a class gave it."""

import math
from pathlib import Path
from typing import Any, Literal

from aigc_core.common.errors import RunError
from aigc_core.common.files import json_object, read_own, write_json
from aigc_core.common.jsonl import is_number
from aigc_core.families import FAMILIES
from aigc_core.families.config import RunConfig
from aigc_core.runs.sample_store import damaged

FORMAT = 1
LARGEST = 1_000_000  # bytes
LATEST = 1e11  # seconds since 1970; a date that browsers and calendars know

Limit = Literal["minutes", "lesson_minutes", "parameters", "disk_mb"]


class Manifest:
    """The description of the run in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> dict[str, Any]:
        """The whole file: format, created, config and, once started, environment.

        Raises:
            RunError: missing, damaged, or from a newer version.
        """
        try:
            manifest = json_object(read_own(self._folder / "config.json", self._folder, LARGEST))
        except (OSError, ValueError) as problem:
            raise damaged("config.json", self._folder.name, problem) from problem
        if not _is_whole(manifest):
            name = self._folder.name
            raise RunError("run.bad_config", "The settings of {name} cannot be read by this version.", name=name)
        return manifest

    def update(self, **values: object) -> None:
        """Replace entries of the file."""
        write_json(self._folder / "config.json", self.read() | values)

    @property
    def owner(self) -> str:
        """Who in a class it belongs to; empty for a teacher's, or where there is no class."""
        owner = self._read_or_nothing().get("owner")
        return owner if isinstance(owner, str) else ""

    @property
    def given(self) -> dict[str, Any]:
        """What a class gave it, for one more like it: see `Run.create`."""
        manifest = self._read_or_nothing()
        return {key: manifest[key] for key in ("owner", "limits") if key in manifest}

    def limit(self, what: Limit) -> float:
        """How far it may go in a class or a lesson; infinite elsewhere."""
        limits = self._read_or_nothing().get("limits")
        value = limits.get(what) if isinstance(limits, dict) else None
        return float(value) if value is not None and is_number(value) else math.inf

    def set_limit(self, what: Limit, most: float) -> None:
        """Let it go so far from now on."""
        self.update(limits=self.read().get("limits", {}) | {what: most})

    def lift_limit(self, what: Limit) -> None:
        """Let it go as far as it likes from now on."""
        self.update(limits={key: one for key, one in self.read().get("limits", {}).items() if key != what})

    def set_environment(self, config: RunConfig, environment: dict[str, Any]) -> None:
        """Record what the run runs on, and the settings as they were resolved."""
        self.update(config=config.model_dump(), environment=environment)

    def set_following(self, following: "Manifest") -> None:
        """Record the next attempt at what this run did not reach, and there with which one it all began."""
        self.update(following=following._folder.name)
        following.update(origin=self.read().get("origin", self._folder.name))

    def _read_or_nothing(self) -> dict[str, Any]:
        try:
            return self.read()
        except RunError:
            return {}


def _is_whole(manifest: dict[str, Any]) -> bool:
    """Whether the file holds what is looked for in it, where it holds that at all."""
    config, created, environment = manifest.get("config"), manifest.get("created"), manifest.get("environment", {})
    return (
        manifest.get("format") == FORMAT
        and isinstance(created, int | float)
        and 0 <= created <= LATEST
        and isinstance(config, dict)
        and all(isinstance(config.get(key), str) for key in ("family", "data"))
        and config["family"] in FAMILIES
        and isinstance(environment, dict)
        and all(isinstance(environment.get(key) or "", str) for key in ("device", "networks"))
        and all(isinstance(manifest.get(key, ""), str) for key in ("owner", "origin", "following"))
        and isinstance(manifest.get("limits", {}), dict)
    )
