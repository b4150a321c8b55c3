"""Reference ranges: where figures lay, step by step, in trainings of a recipe that went well.

The files in `ranges/` are recorded by `python benchmarks/reference_ranges.py`, one for each recipe and data. Importable
without torch.
"""

import json
from pathlib import Path
from typing import Any

from aigc_core.families.config import RunConfig

FOLDER = Path(__file__).parent / "ranges"
Ranges = dict[str, list[tuple[int, float, float]]]  # figure -> (step, lowest, highest)


def ranges_of(config: RunConfig) -> Ranges:
    """The ranges that go with a run's settings; nothing where they were changed from the recipe's own, or none were
    recorded. Figures of held-out data begin with “val:”."""
    file = file_of(config)
    if not file.is_file():
        return {}
    recorded = json.loads(file.read_text(encoding="utf-8"))
    told = {key: getattr(config, key, None) for key in recorded["settings"]}
    return recorded["ranges"] if told == recorded["settings"] else {}


def file_of(config: RunConfig) -> Path:
    """Where the ranges of a recipe with its data are kept."""
    return FOLDER / f"{config.family}-{config.preset}-{config.data}.json"


def settings_that_matter(config: RunConfig) -> dict[str, Any]:
    """All settings upon which curves depend."""
    which = config.keys_with("curves") | {"family", "preset"}
    return {key: value for key, value in config.model_dump().items() if key in which}
