"""Every word of the pages in two languages: `locale/en.json` and `locale/zh.json`, and what the core says (names of
figures and settings, help, errors: `aigc_core/locale`).

Gradio's own labels are translated by `gr.I18n`; our widgets ask `say` of `static/common/language.js`.
"""

import json
from functools import cache
from pathlib import Path

import gradio as gr
from gradio.i18n import I18nData

from aigc_core.serving.api import forms, words
from aigc_core.serving.api.words import LANGUAGES

FOLDER = Path(__file__).parent
GRADIO = ("train.", "family.", "preset.", "data.", "group.", "field.", "info.")  # prefixes of what its labels say


@cache
def catalogue(language: str) -> dict[str, str]:
    """All keys of one language, those of the core included."""
    own: dict[str, str] = json.loads((FOLDER / "locale" / f"{language}.json").read_text(encoding="utf-8"))
    found = own | words.words(language)
    for family in forms.families():
        for field in forms.fields(family):
            key = f"{family}.{field['name']}"
            found[f"info.{key}"] = found[f"help.{key}"] + _range(field["limits"], found)
    return found


def _range(limits: dict[str, float], words: dict[str, str]) -> str:
    """The values a setting may have, in words; empty where there is no limit to name."""
    low, high = limits.get("ge"), limits.get("le", limits.get("lt"))
    if low is not None and high is not None:
        return words["range.both"].format(low=f"{low:,g}", high=f"{high:,.10g}")
    if low is not None:
        return words["range.from"].format(low=f"{low:g}")
    return "" if high is None else words["range.above"].format(high=f"{high:g}")


def word(key: str) -> I18nData:
    """A text of the page that follows the browser's language.

    Raises:
        KeyError: no language has it.
    """
    assert key.startswith(GRADIO), key
    catalogue("en")[key]
    return translations()(key)


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
    said = json.dumps({language: catalogue(language) for language in LANGUAGES}, ensure_ascii=False)
    names, files = json.dumps(words.NAMES), json.dumps(words.FILES)
    return f"export const WORDS = {said};\nexport const NAMES = {names};\nexport const FILES = {files};\n"
