"""Two sites in a real browser: the app's, and somebody else's, whose page tries to act on it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page

from aigc_core.runs.run import Run
from tests.helpers.browser import CHROMIUM, QUIET, strict_page, wait_until
from tests.helpers.client import Client, joined
from tests.helpers.runs import tiny
from tests.helpers.servers import proxied, serving, site

pytestmark = pytest.mark.browser
EVIL = "evil.example"  # leads to this machine, as a rebound name does

ATTACK = """async ([app, calls]) => {
  const sent = [];
  const send = async (path, options) => {
    const how = { method: "POST", mode: "no-cors", credentials: "include", ...options };
    const answer = await fetch(app + path, how).catch(() => null);
    sent.push(answer && answer.type);
  };
  const headers = { "Content-Type": "text/plain" };
  for (const body of calls) {
    await send("gradio_api/component_server", { headers, body: JSON.stringify(body) });
  }
  const body = JSON.stringify({ data: [], fn_index: 0, session_hash: "evil" });
  await send("gradio_api/queue/join", { headers, body });
  const form = new FormData();
  form.append("files", new Blob(["planted by another site"]), "planted.txt");
  await send("gradio_api/upload", { body: form });
  const read = await fetch(app + "config").then((one) => one.text()).catch(() => "refused");
  return [sent, read];
}"""


@pytest.fixture(scope="module")
def rebinding(browser_type: BrowserType) -> Iterator[Browser]:
    """A browser for which the name of the evil site is an address of this machine."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    arguments = [*QUIET, f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"]
    browser = browser_type.launch(executable_path=CHROMIUM, args=arguments)
    yield browser
    browser.close()


def calls_of(client: Client, run: str) -> list[dict[str, Any]]:
    """What a page of another site would like to have done."""
    wishes: list[tuple[str, dict[str, Any]]] = [
        ("remove", {"run": run}),
        ("pin", {"run": run, "keep": True}),
        ("again", {"run": run, "changes": {}}),
        ("push", {"run": run, "place": "evil/model", "licence": "mit", "private": False}),
        ("pack", {"run": run, "licence": "mit"}),
    ]
    return [
        {"session_hash": "evil", "component_id": client.functions[name], "fn_name": name, "data": values}
        for name, values in wishes
    ]


def test_another_site_deletes_starts_uploads_and_publishes_nothing(
    rebinding: Browser, own_place: Path, tmp_path: Path
) -> None:
    run = Run.create(tiny("vae"), own_place / "runs" / "precious")
    with (
        site({}) as hub,
        serving(own_place, HF_HUB_OFFLINE="0", HF_ENDPOINT=f"http://127.0.0.1:{hub}", HF_TOKEN="hf_x") as app,
    ):
        calls = calls_of(Client(app), run.name)
        with site({"/": "<title>games</title>"}) as port:
            for attacker in (f"http://{EVIL}:{port}/", f"http://localhost:{port}/", f"http://127.0.0.1:{port}/"):
                page = rebinding.new_page()
                page.goto(attacker)
                _, read = page.evaluate(ATTACK, [app, calls])
                assert read == "refused", "nothing can be read from another origin"
                said = f"<input name='{json.dumps(calls[0])[:-1]}, \"x\": \"' value='\"}}'>"
                where = f"method=post action='{app}gradio_api/component_server' enctype='text/plain'"
                page.set_content(f"<form {where}>{said}</form>")
                with page.expect_navigation():
                    page.evaluate("document.forms[0].submit()")
                assert "AIGC_HOSTS" in page.content()
                page.close()
            page = rebinding.new_page()
            answer = page.goto(app.replace("127.0.0.1", EVIL))
            assert answer is not None and answer.status == 403, "a name that leads here is not served"
            page.goto(f"http://{EVIL}:{port}/")
            page.set_content(f"<iframe src='{app}' width=900 height=700></iframe>")
            page.wait_for_timeout(1500)
            assert not page.frames[-1].url.startswith(app), "nor is the app shown within another page"
            page.close()
        assert [one.name for one in (own_place / "runs").iterdir() if not one.name.startswith(".")] == [run.name]
        assert not run.retention.pinned
        planted = [one for one in (own_place / "gradio").rglob("*") if one.is_file() and one.name == "planted.txt"]
        assert not planted
        # The same requests of our own page, and of a client that is no browser, are answered.
        page = rebinding.new_page()
        page.goto(app)
        assert page.evaluate(ATTACK, [app, calls[1:2]])[0][0] == "basic" and run.retention.pinned
        page.close()
        Client(app).ask("remove", run=run.name)
        assert not run.path.exists()


def test_a_link_from_another_site_opens_the_app(rebinding: Browser, plain_app: str) -> None:
    with site({"/": f"<a href='{plain_app}?family=vae'>a lesson</a>"}) as port:
        page = rebinding.new_page()
        page.goto(f"http://{EVIL}:{port}/")
        page.click("a")
        page.wait_for_selector("#start")
        page.close()


def works(page: Page) -> None:
    """The Train page has its look and words, its widget is answered, and the way to another page leads there."""
    page.wait_for_selector("#start")
    wait_until(page, lambda: page.locator(".aigc-top h1").inner_text() == "AIGC Studio")
    page.click(".aigc-top nav a:has-text('Lab')")
    page.wait_for_url("**/lab*")
    page.wait_for_selector("#lab canvas")


@pytest.mark.parametrize("ending", ["", "/", "/?lang=en", "/latent", "/latent/", "/latent/?run=x"])
def test_below_a_path_of_a_proxy(browser: Browser, proxy: str, ending: str) -> None:
    with strict_page(browser) as page:
        answer = page.goto(proxy + ending)
        assert answer is not None and answer.status == 200
        page.wait_for_selector(".aigc-top nav a:has-text('Lab')")
        if "latent" in ending:
            assert page.url.split("?")[0] == f"{proxy}/latent"
            page.click(".aigc-top nav a:has-text('Lab')")
            page.wait_for_selector("#lab canvas")
        else:
            works(page)
        assert page.url.startswith(f"{proxy}/lab")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("proxied")
    (place / "runs").mkdir()
    with serving(place, GRADIO_ROOT_PATH="/studio") as app, proxied(app, "/studio") as address:
        yield address


def test_a_class_below_a_path_is_joined_there(browser: Browser, tmp_path: Path) -> None:
    with (
        serving(tmp_path, GRADIO_ROOT_PATH="/studio", AIGC_CLASS="1") as app,
        proxied(app, "/studio") as address,
        strict_page(browser) as page,
    ):
        page.goto(address)
        join(page, "Ann")
        works(page)


def join(page: Page, name: str) -> None:
    page.fill("[name=name]", name)
    page.click("[type=submit]")


def test_a_space_is_shown_within_a_page_of_another_site(rebinding: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, SPACE_ID="u/s", SPACE_HOST="u-s.hf.space", AIGC_CLASS="1") as app:
        around = {"/": f"<iframe src='{app}' width=1300 height=900></iframe>"}
        with site(around) as port:
            page = rebinding.new_page()
            page.goto(f"http://{EVIL}:{port}/")
            frame = page.frame_locator("iframe")
            frame.locator("[name=name]").fill("Ann")
            frame.locator("[type=submit]").click()
            frame.locator("#start").wait_for(timeout=60_000)
            calls = calls_of(Client(app, cookie=joined(app, "Ben")), "x")
            inside = page.frames[-1]
            assert inside.evaluate(ATTACK, [app, calls[:1]])[0][0] == "basic", (
                "the app's own page within the frame acts"
            )
            assert page.evaluate(ATTACK, [app, calls[:1]])[1] == "refused", "and the page around it does not"
            (cookie,) = [one for one in page.context.cookies() if one["name"] == "aigc-person"]
            assert cookie["sameSite"] == "None" and cookie["secure"]
            page.close()
