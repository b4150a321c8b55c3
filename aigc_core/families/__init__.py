"""The table of model families. A new one is a folder and a line here.

`config.py` holds a class `Config` and imports no torch, so that a page can draw its form at once;
`family.py` holds a class `Family`, which knows the networks, the losses and how to sample;
`diagnosis.py`, if there is one, holds `RULES`, its own part of the doctor;
`locale/en.json` and `locale/zh.json` hold its words.
"""

import json
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING

from aigc_core.common.errors import ConfigError
from aigc_core.families.config import RunConfig

if TYPE_CHECKING:
    from aigc_core.families.base import Family
    from aigc_core.families.diagnosis import Rule

FAMILIES = {
    "gan": "aigc_core.families.gan",
    "vae": "aigc_core.families.vae",
    "gpt": "aigc_core.families.gpt",
}


def config_class(family: str) -> type[RunConfig]:
    """The settings of a family.

    Raises:
        ConfigError: there is no such family.
    """
    return import_module(f"{_module(family)}.config").Config


def family_class(family: str) -> "type[Family]":
    """The science of a family, a subclass of `aigc_core.families.base.Family` (imports torch)."""
    return import_module(f"{_module(family)}.family").Family


def diagnosis_rules(family: str) -> "tuple[Rule, ...]":
    """The doctor's rules of a family alone; none where it has no `diagnosis.py`."""
    module = f"{_module(family)}.diagnosis"
    rules: tuple[Rule, ...] = import_module(module).RULES if find_spec(module) else ()
    return rules


def family_words(language: str) -> dict[str, str]:
    """What the families' own files say in a language, by key: `locale/<language>.json` in the folder of each."""
    words: dict[str, str] = {}
    for module in FAMILIES.values():
        file = files(module) / "locale" / f"{language}.json"
        if file.is_file():
            words |= json.loads(file.read_text(encoding="utf-8"))
    return words


def _module(family: str) -> str:
    if family not in FAMILIES:
        raise ConfigError(
            "config.unknown_family",
            "There is no family “{name}”; choose one of: {known}.",
            name=family,
            known=", ".join(FAMILIES),
        )
    return FAMILIES[family]
