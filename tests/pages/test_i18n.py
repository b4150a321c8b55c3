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

from aigc_core import locale
from aigc_core.common import errors
from aigc_core.common.paths import PROJECT
from aigc_core.families import family_words
from aigc_core.serving.api import forms
from pages import i18n


def read(path: Path) -> dict[str, str]:
    words: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return words


LOCALES = {
    language: read(PROJECT / "pages" / "locale" / f"{language}.json")
    | read(PROJECT / "aigc_core" / "locale" / f"{language}.json")
    | family_words(language)
    for language in locale.LANGUAGES
}
SAYING = {"message", "announce", "AigcError", *(one.__name__ for one in errors.AigcError.__subclasses__())}


def core_sentences(without: str = "") -> dict[str, str]:
    """Every (key, English sentence) that the core can say as an error, read from its source; but for one module."""
    found: dict[str, str] = {}
    for path in sorted((PROJECT / "aigc_core").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {}  # texts that were given a name first
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(said))):
                    named[node.lineno, name] = said
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or path.name == without:
                continue
            function = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if function not in SAYING or len(node.args) != 2:
                continue
            match node.args:
                case ast.Constant(value=str(name)), ast.Constant(value=str(said)):
                    found[name] = said
                case ast.Constant(value=str(name)), ast.Name(id=variable):
                    near = [line for line, one in named if one == variable and line <= node.lineno]
                    found[name] = named[max(near), variable]
    return found


COMMAND = re.compile(
    r"--\w|\bpython\b|\bpip\b|\baigc_core\b|\baigc \w"  # what one types in a terminal
    r"|\b[A-Za-z]\w*_\w+|\b\w+ ?= ?[\d.]"  # a setting or variable by its name
    r"|(?<![\w}/.<])[~.]*/\w|\b\w+\(\)"  # a path, a piece of code
)
URLS = re.compile(r"{hub}/[\w/{}]+|user/name|openai-community/gpt2")


@pytest.mark.parametrize("language", locale.LANGUAGES)
@pytest.mark.parametrize(("key", "sentence"), sorted(core_sentences(without="cli.py").items()))
def test_a_page_speaks_in_its_own_words(key: str, sentence: str, language: str) -> None:
    """No flags, paths, commands and names of settings: those are for the command line, which says them in English."""
    said = i18n.catalogue(language).get(f"error.{key}", sentence)
    found = COMMAND.search(URLS.sub("", re.sub(r"{\w+}(?!/)", "", said)))
    assert not found, f"{key}: “{found[0]}” in {said}"
    settings = {one["name"] for family in forms.families() for one in forms.fields(family)}
    quoted = settings & set(re.findall("[“‘](\\w+)[”’]", said))
    assert not quoted, f"{key}: {quoted} in {said}"


def test_a_setting_is_called_by_its_label() -> None:
    for family in forms.families():
        for field in forms.fields(family):
            name = field["name"]
            wrong = errors.ConfigError("config.out_of_range", "“{name}” must be {sign} {limit}.", name=name, sign="≥",
                                       limit=1)  # fmt: skip
            for language in locale.LANGUAGES:
                words = i18n.catalogue(language)
                said = locale.sentence(wrong.message, words)
                assert f"“{words[f'field.{name}']}”" in said, said
                assert name not in said or "_" not in name, said


def test_lists_and_files_are_said_as_the_page_says_them() -> None:
    english, chinese = i18n.catalogue("en"), i18n.catalogue("zh")
    live = errors.message(
        "config.not_live", "“{name}” cannot change; these can: {known}.", name="steps", known="beta, lr"
    )
    assert locale.sentence(live, english) == "“Steps” cannot change; these can: β, Learning rate."
    assert "“步数”" in locale.sentence(live, chinese) and "β、学习率" in locale.sentence(live, chinese)
    again = errors.message("gate.again", "{name} with {changes}.", name="x", changes="lr = 0.1, grad_clip = 1.0")
    assert locale.sentence(again, english) == "x with Learning rate = 0.1, Gradient limit = 1.0."
    place = errors.message("data.no_file", "There is no file {path}; check the path.", path="/home/ann/own data/a.txt")
    assert "a.txt" in locale.sentence(place, english) and "home" not in locale.sentence(place, english)
    assert "a.txt" in locale.sentence(place, chinese) and "home" not in locale.sentence(place, chinese)
    old = {key: value for key, value in live.items() if key != "template"}  # as an older version wrote it
    assert locale.sentence(old, english) == "“steps” cannot change; these can: beta, lr."


def test_nothing_else_on_a_page_is_a_command_or_a_setting() -> None:
    found = [
        (language, key, text)
        for language in locale.LANGUAGES
        for key, text in i18n.catalogue(language).items()
        if not key.startswith(("error.", "formula."))
        and re.search(r"--[a-z]|python -m|pip install|\b[A-Za-z]+_[A-Za-z_]+\b", re.sub(r"{\w+}", "", text))
    ]
    assert not found


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
    of_core = ("help.", "preset.", "data.", "family.", "error.")  # in English in the core itself
    own, english = ({key for key in LOCALES[one] if not key.startswith(of_core)} for one in ("zh", "en"))
    assert own == english
    assert {key for key in LOCALES["en"] if key.startswith(of_core)} <= set(LOCALES["zh"])


@pytest.mark.parametrize("key", sorted(locale.english()))
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
        for place in ("pages", "aigc_core")
        for path in (PROJECT / place).rglob("*.*")
        if path.suffix in (".py", ".js", ".html")
    )
    starts = tuple(
        set(re.findall(r"[\"`]([\w.]+[.:])[\"{$]", code))
    )  # `state.${name}`, f"group.{one}", "state." + name
    said = set(re.findall(r"[\"'`]([\w.:]+)[\"'`]", code))
    left = [key for key in LOCALES["en"] if key not in said and not key.startswith((*starts, "error."))]
    assert not left
    known = core_sentences()
    assert not [key for key in LOCALES["en"] if key.startswith("error.") and key.removeprefix("error.") not in known]


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
    for path in [*PROJECT.glob("pages/locale/*.json"), *PROJECT.glob("aigc_core/**/locale/*.json")]:
        keys = re.findall(r'^ "([^"]+)":', Path(path).read_text(encoding="utf-8"), re.M)
        assert len(keys) == len(set(keys)), path.name
