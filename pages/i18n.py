"""Every word of the pages in two languages: `locale/en.json` and `locale/zh.json`, and the families' own.

What the core says (errors, help, titles) is English there and stands in Chinese in `locale/zh.json`, under the
same key. Gradio's own labels are translated by `gr.I18n`; our widgets ask `say` of `static/common/language.js`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.i18n import I18nData

from aigc_core.serving.api import forms

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "zh")
GRADIO = ("train.", "family.", "preset.", "data.", "group.", "field.", "info.")  # prefixes of what its labels say
# Where the names of settings, figures and data that stand in a sentence's fields have their words.
NAMES = {
    "name": ("field.", "lab.", "basics.parameter."),
    "knob": ("knob.",),
    "what": ("metric.", "metric.val:", "figure.", "data."),
    "data": ("data.",),
    "state": ("state.",),
}


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
    """What the core says, in the language of these words, as `common/language.js` says it in the browser."""
    template = words.get(f"error.{message['key']}")
    if template is None:
        return str(message["text"])
    values = {field: _named(field, value, words) for field, value in message["values"].items()}
    return template.format(**values)


def _named(field: str, value: object, words: dict[str, str]) -> object:
    return next((words[key] for one in NAMES.get(field, ()) if (key := f"{one}{value}") in words), value)


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
    return f"export const WORDS = {words};\nexport const NAMES = {json.dumps(NAMES)};\n"
