"""The pages' words: complete in both languages, and nowhere else."""

import ast
import gzip
import json
import os
import re
import subprocess
import sys
import urllib.request
from email.message import Message
from pathlib import Path

import pytest

from aigc_core.common.paths import PROJECT
from aigc_core.serving.api import forms
from pages import i18n

LOCALES = {
    language: json.loads((PROJECT / "pages" / "locale" / f"{language}.json").read_text(encoding="utf-8"))
    | forms.family_words(language)
    for language in i18n.LANGUAGES
}
SAYING = {"message", "ConfigError", "DataError", "RunError", "DeviceError", "TrainingError", "AigcError"}


def core_sentences() -> dict[str, str]:
    """Every (key, English sentence) that the core can say as an error, read from its source."""
    found: dict[str, str] = {}
    for path in sorted((PROJECT / "aigc_core").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAYING and len(node.args) == 2:
                key, sentence = node.args
                match key, sentence:
                    case ast.Constant(value=str(name)), ast.Constant(value=str(said)):
                        found[name] = said
    return found


def blanks(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def test_what_gradio_does_in_vain_is_left_out(tmp_path: Path) -> None:
    code = (
        "import ast, inspect, fastapi\n"
        "found, made = inspect.getfile, []\n"
        "def counted(cls, name):\n"
        "    usual = getattr(cls, name)\n"
        "    setattr(cls, name, lambda *given, **named: made.append(name) or usual(*given, **named))\n"
        "counted(fastapi.FastAPI, '__init__'), counted(ast, 'get_source_segment')\n"
        "import app\n"
        "from gradio.routes import App\n"
        "print(made)\n"
        "print(inspect.getfile is found, type(App.create_app(app.demo)).__name__, len(app.demo.pages))\n"
        "print(app.demo._queue.sleep_when_free >= 0.05)\n"
    )
    env = os.environ | {"AIGC_RUNS": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]", "True", "App", "9", "True"]


def test_both_languages_have_every_key_of_the_pages() -> None:
    own = {key for key in LOCALES["zh"] if not key.startswith(("help.", "preset.", "data.", "family.", "error."))}
    assert own == set(LOCALES["en"])


@pytest.mark.parametrize("key", sorted(i18n.core_sentences()))
def test_what_the_core_offers_is_said_in_chinese(key: str) -> None:
    assert re.search("[\u4e00-\u9fff]|MNIST|Wasserstein|CIFAR", i18n.catalogue("zh")[key])


@pytest.mark.parametrize(("key", "sentence"), sorted(core_sentences().items()))
def test_every_error_of_the_core_is_said_in_chinese(key: str, sentence: str) -> None:
    chinese = LOCALES["zh"].get(f"error.{key}")
    assert chinese, f"error.{key} is missing: {sentence}"
    assert blanks(chinese) <= blanks(sentence), key
    assert not re.search(r"[一-鿿] +[一-鿿]", chinese)


def test_a_field_has_a_name_in_both_languages() -> None:
    for family in forms.families():
        for field in forms.fields(family):
            if field["name"] not in ("data", "data_path"):
                assert f"field.{field['name']}" in i18n.catalogue("en"), field["name"]
                assert f"field.{field['name']}" in i18n.catalogue("zh"), field["name"]


def test_both_languages_fill_the_same_blanks() -> None:
    for key, english in LOCALES["en"].items():
        assert blanks(english) == blanks(i18n.catalogue("zh")[key]), key


def test_every_key_that_a_page_uses_exists() -> None:
    known = i18n.catalogue("en")
    for path in (PROJECT / "pages" / "static").rglob("*.*"):
        code = path.read_text(encoding="utf-8")
        for key in re.findall(r"""(?:say|question)\(["'`]([\w.:]+)["'`][,)]""", code):
            assert key in known, f"{path.name}: {key}"
        for key in re.findall(r'''data-(?:say|q|tip)="([^"]*)"''', code):
            assert key in known, f"{path.name}: {key}"
        for start in re.findall(r"say\(`([\w.]+\.)\$", code):
            assert any(key.startswith(start) for key in known), f"{path.name}: {start}"


def test_no_word_of_the_pages_is_left_over() -> None:
    """A key that nothing says is dead; keys with a part that varies are known by their beginning."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (PROJECT / "pages").rglob("*.*")
        if path.suffix in (".py", ".js", ".html")
    )
    starts = tuple(
        set(re.findall(r"[\"`]([\w.]+[.:])[\"{$]", code))
    )  # `state.${name}`, f"group.{one}", "state." + name
    said = set(re.findall(r"[\"'`]([\w.:]+)[\"'`]", code))
    left = [key for key in LOCALES["en"] if key not in said and not key.startswith(starts)]
    assert not left


def test_no_page_has_a_text_of_its_own() -> None:
    """Strings given to what the screen shows come from `word`; templates hold no words at all."""
    for path in sorted((PROJECT / "pages").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in ("label", "info", "placeholder"):
                assert not isinstance(node.value, ast.Constant), f"{path.name}:{node.value.lineno}"
    for path in (PROJECT / "pages" / "static").rglob("*.html"):
        visible = re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8"))
        assert set(visible.split()) <= {"a", "b", "c", "−", "+", "="}, path.name  # a formula's letters
    for path in (PROJECT / "pages" / "static").rglob("*.js"):
        code = path.read_text(encoding="utf-8")
        shown = re.findall(r"""(?:textContent = |make\("\w+", |title = |message\()["`']([^"`']*)""", code)
        assert not [one for one in shown if re.search(r"[A-Za-z]{2}", re.sub(r"\$\{.*", "", one))], path.name


def test_the_words_are_fetched_once_and_short_pages_ask_for_them(plain_app: str) -> None:
    def get(path: str) -> tuple[bytes, Message]:
        asked = urllib.request.Request(plain_app + path, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.read(), answer.headers

    for path in ("", "latent", "classroom"):
        body, headers = get(path)
        assert headers["content-encoding"] == "gzip" and len(body) < 130_000, (path, len(body))
        page = gzip.decompress(body).decode()
        name = re.search(r'<head><script type="module" src="./(aigc-[0-9a-f]+)/common/start\.js">', page)
        assert name, path
    assert name
    for _ in range(2):
        body, headers = get(f"{name[1]}/common/words.js")
        assert "immutable" in headers["cache-control"] and headers["content-type"].startswith("text/javascript")
        assert gzip.decompress(body).decode() == i18n.module()


def test_locale_files_have_no_key_twice() -> None:
    for path in [*(PROJECT / "pages" / "locale").glob("*.json"), *PROJECT.glob("aigc_core/families/*/locale/*.json")]:
        keys = re.findall(r'^ "([^"]+)":', Path(path).read_text(encoding="utf-8"), re.M)
        assert len(keys) == len(set(keys)), path.name
