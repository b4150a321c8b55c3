"""The table of model families. A new one is a folder with `config.py` and `family.py`, and a line here.

`config.py` holds a class `Config` and imports no torch, so that a page can draw its form at once;
`family.py` holds a class `Family`, which knows the networks, the objectives and how to sample.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from aigc_core.common.errors import ConfigError
from aigc_core.families.config import RunConfig

if TYPE_CHECKING:
    from aigc_core.families.base import Family

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


def _module(family: str) -> str:
    if family not in FAMILIES:
        raise ConfigError(
            "config.unknown_family",
            "There is no family “{name}”; choose one of: {known}.",
            name=family,
            known=", ".join(FAMILIES),
        )
    return FAMILIES[family]
