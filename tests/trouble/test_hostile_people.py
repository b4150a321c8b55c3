"""Requests made to do harm: an answer, never a crash; nothing outside read or written; the others are served."""

import http.client
import json
import random
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page

from aigc_core.common.paths import PROJECT
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving.api import run_actions, uploads
from aigc_core.serving.classroom.users import User, acting_as
from tests.helpers.browser import strict_page
from tests.helpers.client import Client, joined
from tests.helpers.processes import wait_for
from tests.helpers.runs import TINY
from tests.helpers.servers import serving, wall
from tests.helpers.tally import Tally

NASTY = "<img src=x onerror=alert(1)><script>alert(2)</script>"
WEIRD: list[Any] = [
    None, True, 0, -1, 2**63, 1e308, 0.5, "", "x", "../../../etc/passwd", "..\\..\\x", "/etc/passwd", "\x00", "\ud800",
    "%2e%2e%2f", NASTY, "中" * 5000, [], [1], [[]], [{}], [NASTY], [1e308] * 100, {}, {"run": []}, {"x": {"y": [None]}},
    "gan-mnist", "vae-mnist", "gpt-stories",
]  # fmt: skip
WRITES = ("push", "pull", "bring", "measure", "search", "history")  # ask the Hub, or compute for minutes: less often


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hostile")
    (place / "runs").mkdir()
    (place / "secret.txt").write_text("the secret")
    return place


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[str]:
    with serving(place, HF_HUB_OFFLINE="1") as address:
        yield address


def keys_of_requests() -> list[str]:
    """Every name that a page's server functions look for in what they are sent."""
    code = "".join(file.read_text(encoding="utf-8") for file in (PROJECT / "pages").glob("*.py"))
    reader = "text|texts|whole|natural|number|numbers|flag|mapping|anything|file|optional_file|picture"
    return sorted(
        {*re.findall(r'values(?:\.get\(|, |\[)"(\w+)"', code), *re.findall(rf'\b(?:{reader})\("(\w+)"', code)}
    )


def test_every_server_function_called_with_anything_answers(app: str, place: Path, tally: Tally) -> None:
    client, chance, keys = Client(app), random.Random(0), keys_of_requests()
    assert len(keys) > 30
    calls = 0
    for number, name in client.every:
        often = 6 if name in WRITES else 30
        plain = [one for one in WEIRD if not isinstance(one, dict)]
        requests = chance.sample(plain, min(often, len(plain)))
        for _ in range(often):
            chosen = {key: chance.choice(WEIRD) for key in chance.sample(keys, chance.randint(1, len(keys)))}
            requests.append(chosen | {"run": chance.choice(WEIRD)})
        for request in requests:
            status, answer = client.call_number(number, name, request)
            assert status == 200, (name, request, status)
            assert answer["ok"] or answer["error"]["key"] != "unexpected", (name, request, log_of(place)[-3000:])
            assert "the secret" not in json.dumps(answer) and "root:" not in json.dumps(answer)
            calls += 1
    assert "Traceback" not in log_of(place)
    tally("calls of server functions with wrong types and values: an answer or a sentence", calls)


def log_of(place: Path) -> str:
    return "".join(file.read_text() for file in place.glob("log-*.txt"))


def test_what_is_no_request_at_all_is_refused(app: str, tally: Tally) -> None:
    client = Client(app)
    number, name = client.every[0]
    whole = {"session_hash": "x", "component_id": number, "fn_name": name, "data": {}}
    wrong: dict[str, list[object]] = {
        "component_id": [-1, 10**9, None, [], {}],
        "fn_name": ["__init__", "__class__", "", None, [], 1],
        "session_hash": [None, [], "../../x", "x" * 100_000],
    }
    bodies: list[bytes] = [
        b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 200_000, json.dumps(whole | {"component_id": "../x"}).encode(),
        *(json.dumps({key: value for key, value in whole.items() if key != left}).encode() for left in whole),
        *(json.dumps(whole | {part: value}).encode() for part, values in wrong.items() for value in values),
    ]  # fmt: skip
    for body in bodies:
        status, _ = client.post("gradio_api/component_server", body)
        assert status < 500, (body[:80], status)
    client.ask("runs")
    tally("bodies that are no request: refused as such", len(bodies))


def test_paths_lead_nowhere(app: str, place: Path, tally: Tally) -> None:
    """Gradio's own ways to a file, and ours."""
    secret = str(place / "secret.txt")
    targets = [secret, "/etc/passwd", "../secret.txt", "checkpoints/../../../../etc/passwd", str(PROJECT / "app.py")]
    ways = [
        "gradio_api/file=",
        "file=",
        "gradio_api/file/",
        "static/",
        "assets/",
        "theme.css/../",
        "svelte/",
        "custom_component/",
    ]
    tried = 0
    for way in ways:
        for target in targets:
            for encoded in (
                target,
                urllib.parse.quote(target, safe=""),
                urllib.parse.quote(urllib.parse.quote(target, safe=""), safe=""),
            ):
                connection = http.client.HTTPConnection(urllib.parse.urlparse(app).netloc, timeout=30)
                connection.request("GET", f"/{way}{encoded}")  # as it stands: urllib would tidy it up
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                assert b"the secret" not in body and b"root:" not in body and b"shell.launch" not in body, (
                    way,
                    encoded,
                )
                tried += 1
    tally("addresses that point at files of the machine: nothing of them comes", tried)


def test_a_thousand_requests_at_once_leave_the_others_served(app: str, tally: Tally) -> None:
    client, other = Client(app), Client(app)

    def flood(number: int) -> int:
        return client.call("describe", {"run": "gan-mnist"})[0]

    with ThreadPoolExecutor(100) as pool:
        flooding = [pool.submit(flood, number) for number in range(1000)]
        waits = []
        while not all(one.done() for one in flooding):
            start = time.monotonic()
            other.ask("runs")
            waits.append(time.monotonic() - start)
    assert {one.result() for one in flooding} == {200}
    assert max(waits) < 5, waits
    tally("requests at once from one client: all answered, another one within 5 s", 1000)


def test_oversized_requests_are_answered_by_a_sentence_everywhere(app: str, place: Path, tally: Tally) -> None:
    client, keys = Client(app), keys_of_requests()
    long = dict.fromkeys(keys, "x" * 50_000) | {"points": [{"z": [0.0] * 5000}] * 20, "runs": ["x"] * 50_000}
    for number, name in client.every:
        status, answer = client.call_number(number, name, long)
        assert status == 200 and (answer["ok"] or answer["error"]["key"] != "unexpected"), name
    body = json.dumps({"data": ["x" * 20_000_000]}).encode()
    for path in ("gradio_api/queue/join", "gradio_api/upload", "healthz", "leave"):
        with suppress(urllib.error.URLError):  # answered and closed before all of it was sent
            assert client.post(path, body)[0] < 500, path
    client.ask("runs")
    tally("functions and addresses that were sent megabytes: a sentence or a refusal", len(client.every) + 4)


def test_idle_connections_and_huge_bodies_do_not_stop_it(app: str, tally: Tally) -> None:
    where = urllib.parse.urlparse(app)
    idle = []
    for _ in range(200):  # begin a request and never end it
        one = socket.create_connection((where.hostname or "", where.port or 0))
        one.sendall(b"POST /gradio_api/component_server HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        idle.append(one)
    client = Client(app)
    status, answer = client.call("describe", {"run": "x" * 20_000_000})
    assert status in (200, 413) and (status == 413 or not answer["ok"])
    client.ask("runs")
    for one in idle:
        one.close()
    tally("connections that hang and a body of 20 MB: the app answers the others", 201)


# -- a class --------------------------------------------------------------------------------------------------

RULES = {"AIGC_CLASS": "1", "AIGC_CLASS_TEACHER_CODE": "owl", "AIGC_CLASS_TITLE": NASTY}


@pytest.fixture(scope="module")
def class_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("class")
    (place / "runs").mkdir()
    return place


@pytest.fixture(scope="module")
def class_app(class_place: Path) -> Iterator[str]:
    with serving(class_place, **RULES) as address:
        yield address


@pytest.fixture
def in_class(own_place: Path, class_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own process belongs to that class as well."""
    for name, value in (RULES | {"AIGC_RUNS": str(class_place / "runs")}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def watched(browser: Browser) -> Iterator[Page]:
    """A page on which nothing may be executed."""
    with strict_page(browser) as page:
        dialogs: list[str] = []

        def note(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", note)
        yield page
        assert not dialogs, "a script was executed"


def nasty_run(place: Path) -> Run:
    """A run whose owner, class names, texts and notes are all scripts."""
    from PIL import Image

    with zipfile.ZipFile(place / "classes.zip", "w") as archive:
        for label in ("<img src=x onerror=alert(3)>", "<b>bold"):
            for number in range(8):
                file = place / f"{number}.png"
                Image.effect_noise((16, 16), 60 + number).save(file)
                archive.write(file, f"{label}/{number}.png")
    with acting_as(User(NASTY[:40])):
        data = uploads.save_upload(place / "classes.zip")
        small = {"image_size": 28, "channels": 1, "steps": 20, "network": "mlp", "width": 8, "latent_size": 2}
        name = run_actions.start("vae", {"data": "folder", "data_path": data, "device": "cpu"} | small)
    run = run_named(name)
    wait_for(lambda: run.status().state == "done")
    run.event_log.append("note", 20, key="none", text=NASTY, values={})
    run.event_log.append("note", 20, key="gate.failed", text="x", values={"problem": NASTY})
    return run


def test_names_texts_and_labels_that_are_scripts_are_shown_as_text(
    in_class: None, class_place: Path, class_app: str, tmp_path: Path, watched: Page, tally: Tally
) -> None:
    run, seen, address = nasty_run(tmp_path), 0, class_app
    with wall(class_place) as board:
        watched.goto(address)
        watched.click("#teacher")
        watched.fill("[name=code]", "owl")
        watched.click("[type=submit]")
        watched.wait_for_selector("#watch .state")
        task = urllib.parse.quote(NASTY)
        pages = ["", "latent", "text", "compare", "useful", "publish", "classroom", "lab", "basics"]
        for number, path in enumerate(pages):
            language = ("en", "zh")[number % 2]
            watched.goto(f"{address}{path}?run={run.name}&runs={run.name}&task={task}&lang={language}")
            watched.wait_for_timeout(1500)
            assert watched.locator("img[src=x]").count() == 0, path
            assert NASTY in watched.locator(".aigc-task").inner_text()
            seen += 1
        watched.goto(f"{board}?run={run.name}")
        watched.wait_for_selector(".wall")
        watched.wait_for_timeout(3000)
        assert watched.locator("img[src=x]").count() == 0
        watched.goto(address + urllib.parse.quote(NASTY))
        watched.goto(address + "leave")
    tally("pages with scripts as names, labels, notes and tasks: shown as text", seen + 1)


def test_another_s_run_and_what_lies_beside_the_runs_stay_out_of_reach(
    in_class: None, class_app: str, tally: Tally
) -> None:
    with acting_as(User("Ann")):
        name = run_actions.start("vae", TINY["vae"] | {"steps": 100_000, "device": "cpu", "compile": "off"})
    wait_for(lambda: run_named(name).status().step > 0)
    assert http_status(class_app + "config") == 401, "who has not joined sees nothing"
    ben = Client(class_app, cookie=joined(class_app, "Ben"))
    before = run_named(name).manifest.read()
    attempts: list[tuple[str, dict[str, Any]]] = [
        *(("ask", {"run": name, "what": what}) for what in ("stop", "pause", "resume")),
        ("ask", {"run": name, "what": "set", "changes": {"lr": 1.0}}), ("tensorboard", {"runs": [name]}),
        ("remove", {"run": name}), ("pin", {"run": name, "keep": True}), ("stop_all", {}), ("sweep", {}),
        ("forget", {"name": "Ann"}), ("resume_all", {}), ("push", {"run": name, "name": "a/b"}),
        ("pull", {"name": "a/b"}),
    ]  # fmt: skip
    for function, values in attempts:
        status, answer = ben.call(function, values)
        assert status == 200 and not answer["ok"] and answer["error"]["key"] != "unexpected", (function, answer)
    for beside in (
        ".class",
        ".queue",
        ".uploads",
        ".",
        "..",
        f"{name}/..",
        f"../runs/{name}",
        f"{name}/",
        f"./{name}",
    ):
        for function in ("describe", "follow", "ask", "remove", "card"):
            status, answer = ben.call(function, {"run": beside, "what": "stop"})
            assert status == 200 and not answer["ok"], (function, beside)
    assert run_named(name).manifest.read() == before and run_named(name).status().state == "running"
    assert not any(one["request"] == "stop" for one in run_named(name).control.read()[0])
    run_named(name).control.request("stop")
    tally("attempts at another student's run and at what lies beside the runs: refused", len(attempts) + 45)


def test_a_class_whose_list_of_people_is_damaged_says_so(class_place: Path, class_app: str, tally: Tally) -> None:
    cem, people = joined(class_app, "Cem"), class_place / "runs" / ".class" / "people.json"
    whole = people.read_bytes()
    people.write_text("{")
    try:
        asked = urllib.request.Request(class_app, headers={"Cookie": cem})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=30)
    finally:
        people.write_bytes(whole)
    with refused.value as answer:
        said = answer.read().decode()
    assert answer.code == 503 and "damaged" in said and str(class_place) not in said
    tally("the list of a class is damaged: a sentence", 1)


def http_status(address: str) -> int:
    where = urllib.parse.urlparse(address)
    connection = http.client.HTTPConnection(where.netloc, timeout=30)
    connection.request("GET", where.path)
    status = connection.getresponse().status
    connection.close()
    return status
