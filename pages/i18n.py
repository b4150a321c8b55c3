"""Every word of the pages in two languages: `locale/en.json` and `locale/zh.json`.

What the core says (errors, help, titles) is English there and stands in Chinese in `locale/zh.json`, under the
same key. Gradio's own labels are translated by `gr.I18n`; our widgets ask `AIGC.say` of `static/aigc.js`.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.i18n import I18nData
from starlette.responses import Response

from aigc_core.serving.api import forms
from pages.guard import root_path

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
    core = core_sentences()
    if language != "en":
        core = {key: own.get(key) or own[f"help.{key.rsplit('.', 1)[1]}"] for key in core}
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
    """What the core says, in the language of these words; `AIGC.sentence` does the same in the browser."""
    template = words.get(f"error.{message['key']}")
    if template is None:
        return str(message["text"])
    values = {field: _named(field, value, words) for field, value in message["values"].items()}
    return template.format(**values)


def _named(field: str, value: Any, words: dict[str, str]) -> Any:
    return next((words[key] for one in NAMES.get(field, ()) if (key := f"{one}{value}") in words), value)


@cache
def translations() -> gr.I18n:
    """What Gradio's own labels say, for `launch(i18n=…)`; `aigc.js` sees to it that it asks for one of these two."""
    own = {
        language: {key: text for key, text in catalogue(language).items() if key.startswith(GRADIO)}
        for language in LANGUAGES
    }
    return gr.I18n(en=own["en"], **{"zh-CN": own["zh"]})


def script() -> str:
    """JavaScript for the head of every page: the chosen language, and the words for our own widgets."""
    words = json.dumps({language: catalogue(language) for language in LANGUAGES}, ensure_ascii=False)
    code = (FOLDER / "static" / "aigc.js").read_text(encoding="utf-8")
    return f"const AIGC_WORDS = {words}, AIGC_NAMES = {json.dumps(NAMES)};\n{code}"


def _below(root: str) -> str:
    """Where a proxy shows the app at a path: add the closing slash that visitors leave out, on which all links rest."""
    if not root:
        return ""
    here = json.dumps(root).replace("<", "\\u003c")
    add = f"history.replaceState(null, '', {here} + '/' + location.search + location.hash)"
    return f"<script>if (location.pathname === {here}) {add};</script>"


class LanguageScript:
    """ASGI middleware: serves `script()` under a name that changes with it, so that browsers keep it, and asks for it
    first in the head of every page, before Gradio reads the language."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.script = script().encode()
        self.name = f"aigc-{hashlib.sha256(self.script).hexdigest()[:16]}.js"
        self.inserted = f'<head>{_below(root_path())}<script src="./{self.name}"></script>'.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        if scope["path"].endswith(f"/{self.name}"):
            kept = {"cache-control": "public, max-age=31536000, immutable"}
            await Response(self.script, media_type="text/javascript", headers=kept)(scope, receive, send)
            return
        start: dict[str, Any] = {}

        async def send_page(message: Any) -> None:
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"")
                if kind.startswith(b"text/html"):
                    start.update(message, body=b"")  # held until the length is known
                    return
            elif start:
                start["body"] += message.get("body", b"")
                if message.get("more_body"):
                    return
                body = start.pop("body").replace(b"<head>", self.inserted, 1)
                headers = [(key, value) for key, value in start["headers"] if key != b"content-length"]
                headers.append((b"content-length", str(len(body)).encode()))
                await send({"type": "http.response.start", "status": start["status"], "headers": headers})
                start.clear()
                await send({"type": "http.response.body", "body": body})
                return
            await send(message)

        await self.app(scope, receive, send_page)
