"""What the core says, in English and Chinese: `en.json`, `zh.json`, the families' own words, and what is English in the
code itself (titles, help, errors).

Errors are worded here for a page and a report; the command line prints the English of the code, which names flags and
settings.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from aigc_core.data.sources import SOURCES
from aigc_core.families import FAMILIES, config_class, family_words

LANGUAGES = ("en", "zh")
# Where the names of settings, figures and data that stand in a sentence's fields have their words; of one sentence only
# by its key and the field.
NAMES = {
    "name": ("field.", "lab.", "basics.parameter.", "knob."),
    "knob": ("knob.",),
    "what": ("metric.", "metric.val:", "figure.", "data."),
    "data": ("data.",),
    "state": ("state.",),
    "changes": ("field.",),
    "config.not_live.known": ("field.",),
    "config.unknown_key.known": ("field.",),
    "config.unknown_data.name": ("data.",),
    "config.unknown_data.known": ("data.",),
    "config.unknown_family.known": ("family.",),
    "data.unknown_source.known": ("data.",),
}
FILES = ("file", "folder", "path")  # fields of a sentence that name a file: said without the place where it lies


@cache
def words(language: str) -> dict[str, str]:
    """All that the core says in a language, by key."""
    own: dict[str, str] = json.loads((files(__name__) / f"{language}.json").read_text(encoding="utf-8"))
    own |= family_words(language)
    said = english()
    if language != "en":
        said = {key: own.get(key) or own.get(f"help.{key.rsplit('.', 1)[1]}") or text for key, text in said.items()}
    return own | said


@cache
def english() -> dict[str, str]:
    """What the code says in English of families, presets, data and settings, by key."""
    said = {}
    for family in FAMILIES:
        config = config_class(family)
        said[f"family.{family}"] = config.title
        said[f"family.{family}.about"] = config.about
        for preset, one in config.presets.items():
            said[f"preset.{family}.{preset}"] = one.title
            said[f"preset.{family}.{preset}.about"] = one.about
        for name, info in config.model_fields.items():
            if info.description:
                said[f"help.{family}.{name}"] = info.description
    for source in SOURCES.values():
        said[f"data.{source.name}"] = source.title
        said[f"data.{source.name}.about"] = source.about
    return said


def sentence(message: dict[str, Any], words: dict[str, str]) -> str:
    """A message (see `aigc_core.common.errors`) in the language of these words, as
    `pages/static/common/sentences.js` says it in the browser. Settings, figures and data in it have their names of that
    language."""
    template = words.get(f"error.{message['key']}") or message.get("template")
    if template is None:
        return str(message["text"])
    values = {field: _shown(message["key"], field, value, words) for field, value in message["values"].items()}
    return re.sub(r"{(\w+)}", lambda blank: str(values.get(blank[1], blank[0])), str(template))


def _shown(key: str, field: str, value: object, words: dict[str, str]) -> object:
    """A value by its name; of a file on the machine its name only."""
    prefixes = NAMES.get(f"{key}.{field}") or NAMES.get(field)
    if not isinstance(value, str):
        return value
    if prefixes:
        return words["list.between"].join(_named(one, prefixes, words) for one in value.split(", "))
    return re.split(r"[\\/]", value.rstrip("\\/"))[-1] if field in FILES else value


def _named(text: str, prefixes: tuple[str, ...], words: dict[str, str]) -> str:
    """The word for a name, or for the name in “name = value”."""
    name, *rest = text.split(" = ")
    found = next((words[key] for one in prefixes if (key := f"{one}{name}") in words), None)
    return text if found is None else " = ".join([found, *rest])


def figure_name(name: str, words: dict[str, str]) -> str:
    """The name of a figure on held-out data."""
    return words.get(f"metric.val:{name}") or words.get(f"figure.{name}") or name


def curve_name(name: str, words: dict[str, str]) -> str:
    """The name of a curve; “val:…” is of held-out data, measured while the run trains."""
    if not name.startswith("val:"):
        return words.get(f"metric.{name}", name)
    return words["metric.in_training"].format(figure=figure_name(name.removeprefix("val:"), words))


def duration(seconds: float, words: dict[str, str]) -> str:
    """A time in its most suitable unit."""
    if seconds < 90:
        return words["time.s"].format(n=round(seconds))
    if seconds < 5400:
        return words["time.min"].format(n=round(seconds / 60))
    return words["time.h"].format(n=round(seconds / 3600, 1))


def device_name(noted: str, words: dict[str, str]) -> str:
    """What a run computed on, as it was noted down, in words."""
    return re.sub(r"(\d+) cores", lambda found: words["device.cores"].format(n=found[1]), noted)
