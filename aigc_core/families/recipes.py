"""Which recipe suits some data and time. Importable without torch.

What was measured is in docs/benchmarks.md (`python benchmarks/recipes.py`); the others go by how alike the data is.
A recipe that a person names counts more, and so does every single setting.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aigc_core.data.own_kind import own_pictures, own_text
from aigc_core.families.config import RunConfig

ANY = math.inf
MANY = 20_000  # own pictures from which on they count as many
# By family and kind of data: up to so many minutes, this recipe. What is not listed has the family's first recipe.
BEST: dict[str, dict[str, tuple[tuple[float, str], ...]]] = {
    "gan": {"many grey": ((ANY, "mnist"),), "points": ((ANY, "ring"),)},
    "vae": {"many grey": ((ANY, "mnist"),), "points": ((ANY, "moons"),)},
    "gpt": {
        "letters": ((2.0, "minute"), (ANY, "three-minutes")),
        "chinese": ((2.0, "minute"), (ANY, "three-minutes")),
    },
}
KINDS = {
    "mnist": "many grey", "fashion": "many grey", "kmnist": "many grey", "points": "points",
    "shakespeare": "letters", "docs": "letters", "tang": "chinese",
}  # fmt: skip
# Whoever says how large the network is, or which one it is, does not want a recipe's.
OWN_NETWORK = {"size", "init_from"}


@dataclass(frozen=True)
class Choice:
    """A recipe's name, whether the table lists it for such data, and what follows from the form of own data."""

    preset: str
    listed: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


def best(config_class: type[RunConfig], data: str | None, settings: dict[str, Any]) -> Choice:
    """The recipe for this data.

    Args:
        data: a source; None: the one that the family's first recipe has.
        settings: what the person set; `minutes` and `data_path` are looked at, unchecked as they are.
    """
    first, family = next(iter(config_class.presets)), config_class.model_fields["family"].default
    if data is None or any(settings.get(key) for key in OWN_NETWORK):
        return Choice(first)
    kind, form = KINDS.get(data), dict[str, Any]()
    place = Path(str(settings["data_path"])) if settings.get("data_path") else None
    if data == "text" and place:
        kind = own_text(place)
    elif data == "folder" and place and (seen := own_pictures(place)) is not None:
        kind = ("many " if seen.count >= MANY else "few ") + ("grey" if seen.grey else "colour")
        form = {} if seen.classes else {"conditional": False}
    lines = BEST.get(family, {}).get(kind or "", ())
    minutes = _minutes(settings)
    preset = next((name for most, name in lines if minutes <= most), None)
    return Choice(
        preset or first,
        preset is not None,
        {key: value for key, value in form.items() if key in config_class.model_fields},
    )


def _minutes(settings: dict[str, Any]) -> float:
    """How long it is to train; 0 where nobody has said."""
    try:
        return float(settings.get("minutes") or 0.0)
    except (TypeError, ValueError):
        return 0.0
