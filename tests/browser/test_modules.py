"""The pages' JavaScript modules: served to everybody and kept, and nothing else; every page comes to life by them."""

import gzip
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from pages import modules, scripts
from tests.helpers.browser import strict_page, wait_until
from tests.helpers.servers import proxied, serving

PAGES = ("", "latent", "text", "lab", "basics", "compare", "useful", "publish", "classroom")
NO_MODULES = (
    "", "page.js", "common", "common/", "common/none.js", "common/types.d.ts", "train/page.html", "style.css",
    "../style.css", "train/../common/dom.js", "..%2f..%2fapp.py", "train/page.js/", "/etc/passwd",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modules")


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[str]:
    with serving(place) as address:
        yield address


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        serving(tmp_path_factory.mktemp("proxied"), GRADIO_ROOT_PATH="/studio") as address,
        proxied(address, "/studio") as shown,
    ):
        yield f"{shown}/"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("school"), AIGC_CLASS="1") as address:
        yield address


def asked(address: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
    request = urllib.request.Request(address, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read(), refused.headers


def test_modules_need_modules_only_and_use_the_forms_that_are_known() -> None:
    table = scripts.table()
    for name, code in table.items():
        needed = modules.needed(name, table)
        assert needed[-1] == name and len(needed) == len(set(needed))
        if name != "common/words.js":
            assert len(re.findall(r'\b(?:from|import) "', code)) == len(modules.IMPORT.findall(code)), name
            exported = len(modules.EXPORT.findall(code)) + code.count("export default function")
            assert len(re.findall(r"^export\b", code, re.M)) == exported, name
    assert "common/words.js" in modules.needed("train/page.js", table)


def test_a_module_in_one_piece_is_the_same_without_descriptions_and_imports() -> None:
    whole = modules.in_one_piece("wall/page.js")
    assert not re.search(r"^(import|export (?!default)| */\*\*)", whole, re.M)
    for name in modules.needed("wall/page.js", modules.read()):
        for exported in modules.EXPORT.findall(modules.read()[name]):
            assert f" {exported}" in whole, name
    assert len(whole) < 20_000, "it is sent again with everything that the wall shows"


def test_the_address_changes_with_any_module(monkeypatch: pytest.MonkeyPatch) -> None:
    table, usual = scripts.table(), scripts.folder()
    for changed in (table | {"common/dom.js": ""}, table | {"common/words.js": ""}, table | {"new.js": ""}):
        monkeypatch.setattr(scripts, "table", lambda changed=changed: changed)
        assert scripts.folder.__wrapped__() != usual
    monkeypatch.setattr(scripts, "table", lambda: dict(reversed(table.items())))
    assert scripts.folder.__wrapped__() == usual


@pytest.mark.parametrize("where", ["app", "proxy", "school"])
def test_every_module_is_served_to_everybody_and_kept(where: str, request: pytest.FixtureRequest) -> None:
    address = request.getfixturevalue(where)
    for name, code in scripts.table().items():
        for encoding in ("gzip", "identity"):
            status, body, headers = asked(f"{address}{scripts.folder()}/{name}", **{"Accept-Encoding": encoding})
            packed = headers.get("content-encoding") == "gzip"
            assert status == 200 and packed == (encoding == "gzip" and where != "proxy")  # which asks for itself
            assert (gzip.decompress(body) if packed else body).decode() == code
            assert headers["content-type"].startswith("text/javascript")
            assert "immutable" in headers["cache-control"] and "max-age=31536000" in headers["cache-control"]
    status, body, _ = asked(f"{address}{scripts.folder()}/train/page.js", "HEAD")
    assert (status, body) == (200, b"")


@pytest.mark.parametrize("where", ["app", "school"])
def test_nothing_but_modules_is_served_there(where: str, request: pytest.FixtureRequest) -> None:
    address = request.getfixturevalue(where)
    for name in NO_MODULES:
        status, body, headers = asked(f"{address}{scripts.folder()}/{name}")
        assert status == 404 and len(body) < 100 and "immutable" not in headers.get("cache-control", ""), name
    status, _, _ = asked(f"{address}aigc-0123456789abcdef/train/page.js")
    assert status == (401 if where == "school" else 404), "of another version"


def test_other_sites_get_no_module(app: str) -> None:
    address = f"{app}{scripts.folder()}/common/words.js"
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert asked(address, **headers)[0] == 403, headers


def comes_to_life(page: Page, address: str) -> None:
    """Opens a page: its parts are mounted, its words said, and the console has nothing to complain of."""
    problems: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type == "error" and not said.location["url"].endswith("/favicon.ico"):
            problems.append(f"{said.text} {said.location}")

    page.on("console", note)
    page.goto(address)
    expect(page.locator(".aigc-top nav a").first).to_be_visible()
    wait_until(page, lambda: page.locator(".aigc-page").count() > 0)
    expect(page.locator("[data-waiting]")).to_have_count(0)
    page.wait_for_timeout(500)
    unsaid = (
        "[...document.querySelectorAll('[data-say]')].filter((one) => !one.textContent).map((one) => one.dataset.say)"
    )
    assert page.evaluate(unsaid) == []
    assert not problems, problems


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_comes_to_life_in_both_languages(browser: Browser, app: str, name: str, language: str) -> None:
    with strict_page(browser) as page:
        comes_to_life(page, f"{app}{name}?lang={language}")
        assert page.evaluate("document.documentElement.lang").startswith(language)
        title = page.locator(".aigc-top button").inner_text()
        assert title == {"en": "中文", "zh": "English"}[language]


@pytest.mark.browser
def test_modules_come_from_below_the_path_of_a_proxy(browser: Browser, proxy: str) -> None:
    with strict_page(browser) as page:
        asked_for: list[str] = []
        page.on("request", lambda one: asked_for.append(one.url) if one.url.endswith(".js") else None)
        comes_to_life(page, f"{proxy}latent")
        ours = [one for one in asked_for if scripts.folder() in one]
        assert f"{proxy}{scripts.folder()}/latent/page.js" in ours
        assert all(one.startswith(proxy) for one in asked_for)
        assert len(ours) == len(set(ours)), "each is fetched once"


@pytest.mark.browser
def test_whoever_stands_before_the_door_gets_in(browser: Browser, school: str) -> None:
    with strict_page(browser) as page:
        page.goto(f"{school}?lang=zh")
        expect(page.locator("h1")).to_have_text("AIGC 工作室")
        page.fill("[name=name]", "Ann")
        page.click("[type=submit]")
        page.wait_for_url(lambda url: "/join" not in url)
        comes_to_life(page, school)


@pytest.mark.browser
def test_a_page_that_is_opened_again_asks_for_no_module(browser: Browser, app: str) -> None:
    with strict_page(browser) as page:
        comes_to_life(page, f"{app}basics")
        page.reload()
        expect(page.locator("[data-waiting]")).to_have_count(0)
        ours = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/aigc-'))"
        sent = page.evaluate(f"{ours}.map((one) => one.transferSize)")
        assert sent and not any(sent)


@pytest.mark.browser
def test_a_training_started_before_the_module_came_is_shown(browser: Browser, app: str, place: Path) -> None:
    held: list[Any] = []
    before = set((place / "runs").glob("*"))
    with strict_page(browser) as page:
        page.route("**/train/page.js", lambda route: held.append(route))
        page.goto(f"{app}?family=vae&data=digits8&steps=2")
        expect(page.locator("#vae-steps input").first).to_have_value("2")
        with page.expect_response("**/queue/join*"):  # its answer may come by a stream that is open already
            page.click("#start")

        def runs() -> set[Path]:
            return set((place / "runs").glob("[!.]*")) - before

        wait_until(page, lambda: runs() and held)
        page.wait_for_timeout(1000)  # Gradio has its value by now
        for route in held:
            route.continue_()
        (started,) = runs()
        expect(page.locator("#watch [data-role=runs]")).to_have_value(started.name, timeout=60_000)


@pytest.mark.browser
def test_a_widget_that_is_mounted_twice_shares_nothing(browser: Browser, app: str) -> None:
    with strict_page(browser) as page:
        comes_to_life(page, f"{app}lab")
        wait_until(page, lambda: page.evaluate("document.querySelector('.aigc-lab').state?.()?.view"))
        again = """async ([address, template]) => {
          const first = document.querySelector("#lab .aigc-page"), element = document.createElement("div");
          element.innerHTML = template;
          document.body.append(element);
          const refused = async () => ({ ok: false, error: { key: "x", text: "no", values: {} } });
          const defaults = async () => ({ ok: true, value: first.state().settings });
          const { mount } = await import(new URL(address, document.baseURI).href);
          await mount({ element, server: { defaults, begin: refused, advance: refused } });
          return [first.state().lab, element.querySelector(".aigc-page").state().lab];
        }"""
        template = (modules.STATIC / "lab" / "page.html").read_text(encoding="utf-8")
        first, second = page.evaluate(again, [f"./{scripts.folder()}/lab/page.js", template])
        assert first and second is None
