"""Every word of the pages in two languages: `locale/en.json` and `locale/zh.json`, and the families' own.

What the core says (errors, help, titles) is English there and stands in Chinese in `locale/zh.json`, under the
same key. Gradio's own labels are translated by `gr.I18n`; our widgets ask `say` of `static/common/language.js`.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.i18n import I18nData

from aigc_core.serving.api import forms

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "zh")
GRADIO = ("train.", "family.", "preset.", "data.", "group.", "field.", "info.")  # prefixes of what its labels say
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

FILES = ("file", "folder", "path")  # fields of a sentence that name a file: on a page without the place where it lies


@cache
def catalogue(language: str) -> dict[str, str]:
    """All keys of one language, those of the core included."""
    own: dict[str, str] = json.loads((FOLDER / "locale" / f"{language}.json").read_text(encoding="utf-8"))
    own |= forms.family_words(language)
    core = core_sentences()
    if language != "en":
        core = {key: own.get(key) or own.get(f"help.{key.rsplit('.', 1)[1]}") or text for key, text in core.items()}
    words = own | core
    for family in forms.families():
        for field in forms.fields(family):
            key = f"{family}.{field['name']}"
            words[f"info.{key}"] = words[f"help.{key}"] + _range(field["limits"], words)
    return words


def _range(limits: dict[str, float], words: dict[str, str]) -> str:
    """The values a setting may have, in words; empty where there is no limit to name."""
    low, high = limits.get("ge"), limits.get("le", limits.get("lt"))
    if low is not None and high is not None:
        return words["range.both"].format(low=f"{low:,g}", high=f"{high:,.10g}")
    if low is not None:
        return words["range.from"].format(low=f"{low:g}")
    return "" if high is None else words["range.above"].format(high=f"{high:g}")


@cache
def core_sentences() -> dict[str, str]:
    """What the core says in English of families, presets, data and settings, by key."""
    said = {}
    for family, entry in forms.families().items():
        said[f"family.{family}"] = entry["title"]
        said[f"family.{family}.about"] = entry["about"]
        for preset, words in entry["presets"].items():
            said[f"preset.{family}.{preset}"] = words["title"]
            said[f"preset.{family}.{preset}.about"] = words["about"]
        for field in forms.fields(family):
            said[f"help.{family}.{field['name']}"] = field["help"]
    for source, words in forms.sources().items():
        said[f"data.{source}"] = words["title"]
        said[f"data.{source}.about"] = words["about"]
    return said


def word(key: str) -> I18nData:
    """A text of the page that follows the browser's language.

    Raises:
        KeyError: no language has it.
    """
    assert key.startswith(GRADIO), key
    catalogue("en")[key]
    return translations()(key)


def sentence(message: dict[str, Any], words: dict[str, str]) -> str:
    """What the core says, in the language of these words, as `common/sentences.js` says it in the browser."""
    template = words.get(f"error.{message['key']}") or message.get("template")
    if template is None:
        return str(message["text"])
    values = {field: _shown(message["key"], field, value, words) for field, value in message["values"].items()}
    return re.sub(r"{(\w+)}", lambda blank: str(values.get(blank[1], blank[0])), str(template))


def _shown(key: str, field: str, value: object, words: dict[str, str]) -> object:
    """A value as the page calls it; of a file on the machine its name only."""
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


@cache
def translations() -> gr.I18n:
    """What Gradio's own labels say, for `launch(i18n=…)`; `common/start.js` sees to it that it asks for one of them."""
    own = {
        language: {key: text for key, text in catalogue(language).items() if key.startswith(GRADIO)}
        for language in LANGUAGES
    }
    return gr.I18n(en=own["en"], **{"zh-CN": own["zh"]})


def module() -> str:
    """The words for our own widgets, as a JavaScript module: `static/common/words.d.ts` says what it exports."""
    words = json.dumps({language: catalogue(language) for language in LANGUAGES}, ensure_ascii=False)
    names, files = json.dumps(NAMES), json.dumps(FILES)
    return f"export const WORDS = {words};\nexport const NAMES = {names};\nexport const FILES = {files};\n"
