"""A walk over every server function, event and route of the app, as whoever may stand before it in a class.

Ann's runs learned from data of her own. Words, pixels, names and places are planted in it, and a token in the
environment; what comes back is looked through for them. A function or route that is new has to be entered here.
"""

import base64
import copy
import http.client
import io
import json
import re
import secrets
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core.common.errors import AigcError
from aigc_core.common.paths import PROJECT
from aigc_core.runs.run import Run
from aigc_core.serving.api import dashboard, forms, uploads
from aigc_core.serving.classroom.users import User, acting_as
from aigc_core.training.trainer import fit
from tests.helpers.client import Client
from tests.helpers.processes import wait_for
from tests.helpers.runs import RECORDS, TINY
from tests.helpers.servers import serving
from tests.helpers.tally import Tally

PASSAGE = "the zanzibar quokka keeps a velvet trombone under the seventh floorboard. "
TOKEN, ENDPOINT = "hf_plantedtoken", "http://planted-endpoint.invalid"
CODE, TEACHER = "plantedclasscode", "plantedteachercode"
SIDE = 28

# What the owner gets to see of her own data and place by each function; a classmate gets to see nothing of it.
FUNCTIONS: dict[str, set[str]] = {
    "runs": set(), "describe": {"place"}, "follow": {"names", "place"}, "sample": set(), "ask": set(), "examine": set(),
    "again": set(), "pin": set(), "remove": set(), "job": set(), "cancel": set(), "draw": set(), "code_of_seed": set(),
    "directions": set(), "learn": set(), "name_direction": set(), "forget_direction": set(), "plane": set(),
    "cloud": {"names"}, "journey": set(), "combine": set(), "upload": set(), "search": set(), "neighbours": {"pixels"},
    "save": set(), "film": set(), "reopened": set(), "spell": set(), "write": set(), "written": set(),
    "alternatives": set(), "history": set(), "surprise": set(), "copied": {"words"}, "attention": set(),
    "attention_numbers": set(), "lens": set(), "bring": set(), "saved": set(), "defaults": set(), "begin": set(),
    "advance": set(), "distribution": set(), "losses": set(), "mistake": set(), "parameters": set(), "race": set(),
    "compare": {"place"}, "table": {"place"}, "curves": set(), "tensorboard": set(), "scenarios": set(),
    "measure": set(), "offers": set(), "card": set(), "pack": {"names"}, "push": set(), "pull": set(), "me": set(),
    "overview": set(), "stop": set(), "stop_all": set(), "resume_all": set(), "forget": set(), "sweep": set(),
    "lessons": set(), "save_curves": set(), "save_report": set(),
}  # fmt: skip
# What a teacher gets to see besides.
TEACHERS_SEE = {"tensorboard": {"place"}, "offers": {"endpoint"}, "overview": {"code"}}
OWNERS_DO = {"copied", "neighbours", "pack", "pin", "name_direction", "forget_direction"}  # and no classmate
TEACHERS_DO = {"bring", "overview", "push", "pull", "tensorboard"}  # and no student
CHANGES = {"ask", "stop", "remove", "forget", "stop_all", "resume_all", "sweep", "again"}  # only a classmate tries
# What the Train page asks when something is chosen or clicked there.
EVENTS = {
    "lesson", "lambda", "begin", "fill", "fill_1", "fill_2", "explain", "explain_1", "explain_2", "_models",
    "measuring", "measure", "judge", "follow", "follow_1", "follow_2", "lambda_1", "js_fn", "js_fn_1", "js_fn_2",
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plantedplace")


@pytest.fixture(scope="module")
def planted() -> list[bytes]:
    """Pixels of pictures of which no two are alike."""
    chance = np.random.default_rng(5)
    return [chance.integers(0, 256, (SIDE, SIDE), dtype=np.uint8).tobytes() for _ in range(40)]


@pytest.fixture(scope="module")
def app(place: Path, planted: list[bytes]) -> Iterator[tuple[str, list[Run]]]:
    """A class with Ann's runs: a text model, a picture model, and a training that failed."""
    diary, album, lost = place / "diary.txt", place / "album.zip", place / "lost.txt"
    diary.write_text(PASSAGE * 40)
    lost.write_text(PASSAGE * 39)
    with zipfile.ZipFile(album, "w") as archive:
        for number, pixels in enumerate(planted):
            buffer = io.BytesIO()
            Image.frombytes("L", (SIDE, SIDE), pixels).save(buffer, "PNG")
            archive.writestr(f"plantedname{number % 2}/plantedname-{number}.png", buffer.getvalue())
        archive.writestr("plantedname0/plantedname-broken.png", b"no picture")
    rules = {"AIGC_CLASS": "1", "AIGC_CLASS_CODE": CODE, "AIGC_CLASS_TEACHER_CODE": TEACHER}
    pictures = {"image_size": SIDE, "channels": 1}
    with pytest.MonkeyPatch.context() as patched, acting_as(User("Ann")):
        for key, value in (rules | {"AIGC_RUNS": str(place / "runs")}).items():
            patched.setenv(key, value)
        runs = []
        for family, data, file in (("gpt", "text", diary), ("vae", "folder", album), ("gpt", "text", lost)):
            values = TINY[family] | RECORDS | {"data": data, "data_path": uploads.save_upload(file), "device": "cpu"}
            values |= pictures if data == "folder" else {}
            run = Run.create(forms.check(family, values), given={"owner": "Ann"})
            if file is lost:
                Path(values["data_path"]).unlink()
            with pytest.raises(AigcError) if file is lost else acting_as(User("Ann")):
                fit(run)
            runs.append(run)
        assert [run.status().state for run in runs] == ["done", "done", "failed"]
        assert "plantedplace" in json.dumps(runs[2].status().message), "or nothing could leak"
        with serving(place, HF_TOKEN=TOKEN, HF_ENDPOINT=ENDPOINT, **rules) as address:
            yield address, runs


@pytest.fixture(scope="module")
def people(app: tuple[str, list[Run]]) -> dict[str, Client]:
    address, _ = app
    return {
        "owner": Client(address, join(address, name="Ann", code=CODE)),
        "classmate": Client(address, join(address, name="Ben", code=CODE)),
        "teacher": Client(address, join(address, code=TEACHER, teacher=True)),
    }


def join(address: str, **given: object) -> str:
    """The cookie of somebody who has come in."""
    request = urllib.request.Request(f"{address}join", json.dumps(given).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.loads(answer.read())["ok"]
        return str(answer.headers["set-cookie"]).split(";")[0]


def seen(answer: object, planted: list[bytes]) -> set[str]:
    """Which secrets an answer holds, as text, in base64, in pictures and in archives."""
    parts = [json.dumps(answer, ensure_ascii=False).encode()]
    for one in re.findall(rb'"(?:data:[\w/]+;base64,)?([A-Za-z0-9+/]{16,}={0,2})"', parts[0]):
        if len(one) % 4 == 0:
            parts += unpacked(base64.b64decode(one))
    whole = b"\n".join(parts)
    found = {name for name, word in WORDS.items() if word in whole}
    rows = (pixels[at : at + SIDE] for pixels in planted for at in range(0, SIDE * SIDE, 4 * SIDE))
    return found | ({"pixels"} if any(row in whole for row in rows) else set())


WORDS = {
    "words": b"seventh floorboard", "names": b"plantedname", "place": b"plantedplace", "token": TOKEN.encode(),
    "endpoint": b"planted-endpoint", "code": CODE.encode(), "teacher": TEACHER.encode(),
}  # fmt: skip


def shown_to(found: dict[str, dict[str, set[str]]], who: str) -> dict[str, set[str]]:
    return {name: shown[who] for name, shown in found.items() if shown[who]}


def unpacked(content: bytes) -> list[bytes]:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [part for one in archive.namelist() for part in unpacked(archive.read(one))]
    if content.startswith(b"\x89PNG"):
        return [content, Image.open(io.BytesIO(content)).convert("L").tobytes()]
    return [content]


def requests(name: str, run: Run, others: list[Run], picture: bytes) -> list[dict[str, Any]]:
    """What a function is asked about a run: everything that any of them looks for."""
    start, end = {"z": [0.0, 0.0]}, {"z": [1.0, 0.5]}
    sheet = io.BytesIO()
    Image.frombytes("L", (SIDE, SIDE), picture).save(sheet, "PNG")
    asked: dict[str, Any] = {
        "run": run.name, "runs": [one.name for one in others], "text": "the zanzibar quokka keeps a velvet trombone",
        "beginning": {"prompt": "the zanzibar", "chosen": []}, "knobs": {"max_new_tokens": 5}, "count": 1,
        "picture": {"pixels": base64.b64encode(picture).decode(), "shape": [SIDE, SIDE, 1]}, "shrink": 1,
        "point": start, "points": [start], "stops": [start, end], "origin": start, "a": start, "b": end, "c": start,
        "across": [1.0, 0.0], "up": [0.0, 1.0], "reach": 1.0, "side": 2, "kind": "linear", "form": "gif",
        "seconds": 0.5, "part": 0.5, "vector": [1.0, 0.0], "name": "mine", "licence": "mit", "place": "a/b",
        "source": "a/b", "layer": 0, "head": 0, "at": 0, "what": "stop", "keep": False, "label": "en",
        "file": base64.b64encode(sheet.getvalue()).decode(), "changes": {"steps": 20} if name == "ask" else {},
        "format": "csv" if name == "save_curves" else "html",
    }  # fmt: skip
    if name == "sample":
        return [asked | {"file": file} for file in run.samples.names()]
    return [asked]


def answers(person: Client, number: int, name: str, values: dict[str, Any]) -> list[Any]:
    """What a function answers, and what a job that it may have begun comes to."""
    status, answer = person.call_number(number, name, values)
    assert status == 200, (name, status)
    assert answer["ok"] or answer["error"]["key"] != "unexpected", (name, answer)
    job, came = answer.get("value"), [answer]
    if isinstance(job, str) and person.call("job", {"job": job})[1]["ok"]:
        wait_for(lambda: person.ask("job", job=job)["state"] not in ("waiting", "running"))
        came += [person.call(ask, {"job": job, "seen": 0})[1] for ask in ("job", "written")]
    return came


def test_what_each_function_shows_to_whom(
    app: tuple[str, list[Run]], people: dict[str, Client], planted: list[bytes], tally: Tally
) -> None:
    _, runs = app
    every = people["owner"].every
    assert {name for _, name in every} == FUNCTIONS.keys(), "a function that is new must be entered in the table"
    found: dict[str, dict[str, set[str]]] = {name: {who: set() for who in people} for name in FUNCTIONS}
    may: dict[str, set[str]] = {who: set() for who in people}
    asked, noise = 0, bytes(255 - one for one in planted[0])
    for number, name in sorted(every, key=lambda one: one[1] in CHANGES):
        questions = [(run, values) for run in runs for values in requests(name, run, runs, noise)]
        for who in ["classmate"] if name in CHANGES else people:
            for _, values in questions:
                came = answers(people[who], number, name, values)
                found[name][who] |= set().union(*(seen(answer, planted) for answer in came))
                may[who] |= {name} if came[0]["ok"] else set()
                asked += 1
    assert shown_to(found, "classmate") == {}
    assert shown_to(found, "owner") == {name: shown for name, shown in FUNCTIONS.items() if shown}
    assert shown_to(found, "teacher") == shown_to(found, "owner") | TEACHERS_SEE
    assert may["owner"] - may["classmate"] == OWNERS_DO and may["teacher"] - may["owner"] == TEACHERS_DO
    assert not may["classmate"] & CHANGES
    tally("questions of a class about Ann's runs: only she and the teacher see her data and where it lies", asked)


def test_who_has_not_joined_is_answered_by_no_function(app: tuple[str, list[Run]], people: dict[str, Client]) -> None:
    address, runs = app
    for number, name in people["owner"].every:
        body = {"session_hash": "x", "component_id": number, "fn_name": name, "data": {"run": runs[0].name}}
        asked = urllib.request.Request(
            f"{address}gradio_api/component_server", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(asked, timeout=30)
    wrong = json.dumps({"name": "Ann", "code": "guessed"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{address}join", wrong), timeout=30) as answer:
        assert not json.loads(answer.read())["ok"] and "set-cookie" not in answer.headers


def test_what_the_forms_answer_to_a_classmate_who_names_another_s_place(
    app: tuple[str, list[Run]], people: dict[str, Client], planted: list[bytes], tally: Tally
) -> None:
    _, runs = app
    ben = people["classmate"]
    page = json.loads(ben.get("config")[1])
    events = {one["api_name"] for one in page["dependencies"]}
    assert events == EVENTS, f"an event that is new must be entered here: {sorted(events ^ EVENTS)}"
    known = {one["id"]: one for one in page["components"]}
    place, before = runs[0].config().data_path, [run.manifest.read() for run in runs]
    for event in page["dependencies"]:
        for family, run in (("gpt", runs[0]), ("vae", runs[1])):
            given = [given_for(known[number], family, place, run.name) for number in event["inputs"]]
            came = outcome(ben, event["id"], given)
            assert not seen(came, planted), (event["api_name"], came)
    assert [run.manifest.read() for run in runs] == before
    tally("events of the forms, given another student's place: nothing of it comes", 2 * len(page["dependencies"]))


def given_for(component: dict[str, Any], family: str, place: str, name: str) -> Any:
    """What a form sends for one of its fields: another's file wherever there is room for one."""
    props = component["props"]
    match component["type"]:
        case "file":
            return {"path": place, "meta": {"_type": "gradio.FileData"}}
        case "radio":
            return family
        case "dropdown" if str(props.get("elem_id", "")).endswith("-data"):
            return {"gpt": "text", "vae": "folder"}[family]
        case "dropdown" if str(props.get("elem_id", "")).endswith("-init_from"):
            return name if family == "vae" else place
        case "textbox":
            return place
    return props.get("value")


def outcome(person: Client, event: int, given: list[object]) -> Any:
    """What an event of Gradio's queue comes to, as its page hears of it."""
    session = secrets.token_hex(8)
    body = {"data": given, "fn_index": event, "session_hash": session, "trigger_id": None}
    status, came = person.post("gradio_api/queue/join", json.dumps(body).encode())
    if status != 200:
        return came.decode()
    said = person.get(f"gradio_api/queue/data?session_hash={session}")[1].decode()
    assert "process_completed" in said, said
    return said


# The addresses of the app, without a slash at their ends: for whoever has joined, …
JOINED = """
/ /latent /text /lab /basics /compare /useful /publish /classroom /login /logout /config /theme.css /robots.txt
/favicon.ico /manifest.json /openapi.json /pwa_icon /pwa_icon/{size} /svelte/{path:path} /static/{path:path}
/assets/{path:path} /gradio_api/user /gradio_api/login_check /gradio_api/token /gradio_api/app_id /gradio_api/info
/gradio_api/openapi.json /gradio_api/custom_component/{id}/{environment}/{type}/{file_name}
/gradio_api/file={path_or_url:path} /gradio_api/file/{path:path} /gradio_api/stream/{event_id}
/gradio_api/stream/{event_id}/close /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8
/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}
/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file /gradio_api/reset /gradio_api/api/{api_name}
/gradio_api/run/{api_name} /gradio_api/call/{api_name} /gradio_api/call/v2/{api_name} /gradio_api/queue/join
/gradio_api/cancel /gradio_api/call/{api_name}/{event_id} /gradio_api/call/v2/{api_name}/{event_id}
/gradio_api/component_server /gradio_api/queue/status /gradio_api/upload /gradio_api/theme.css
"""
# … likewise, and never at an end, …
STREAMS = """
/gradio_api/heartbeat/{session_hash} /gradio_api/queue/data /gradio_api/dev/reload /gradio_api/upload_progress
"""
# … for nobody, …
NOBODY = """
/monitoring /monitoring/summary /monitoring/{key} /gradio_api/deep_link /gradio_api/runs
/gradio_api/run-history/connect /gradio_api/run-history/buckets /gradio_api/run-history/records
/gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id} /gradio_api/proxy={url_path:path}
/gradio_api/process_recording /gradio_api/vibe-edit /gradio_api/undo-vibe-edit /gradio_api/vibe-code
/gradio_api/vibe-starter-queries
"""
# … and for whoever comes: Gradio calls the first at its start.
EVERYBODY = "/gradio_api/startup-events /healthz /join /leave"


LIST = """
import json
from gradio.routes import App
from pages.layout import build
found = {}
def walk(routes):
    for route in routes:
        if hasattr(route, "original_router"):
            walk(route.original_router.routes)
        else:
            found.setdefault(route.path.rstrip("/") or "/", []).extend(route.methods or ())
walk(App.create_app(build()).routes)
print(json.dumps(found))
"""


def addresses() -> dict[str, set[str]]:
    """Every address that Gradio serves, with its methods, and our own at the door."""
    listed = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, cwd=PROJECT, check=True)
    found = json.loads(listed.stdout.splitlines()[-1])
    own = {"/healthz": {"GET"}, "/join": {"GET", "POST"}, "/leave": {"POST"}}
    return {path: set(methods) for path, methods in found.items()} | own


def test_every_address_shows_nothing_of_another_s(
    app: tuple[str, list[Run]], people: dict[str, Client], planted: list[bytes], tally: Tally
) -> None:
    _, runs = app
    table = addresses()
    answered: dict[str, int] = {}
    for status, words in ((401, JOINED), (401, STREAMS), (404, NOBODY), (200, EVERYBODY)):
        answered |= dict.fromkeys(words.split(), status)  # to a stranger
    assert table.keys() == answered.keys(), "an address that is new must be entered here"
    ben, stranger = people["classmate"], copy.copy(people["classmate"])
    stranger.cookie, asked = "", 0
    place = runs[0].config().data_path
    for path, methods in table.items():
        for value in (place, runs[0].name, "../" * 9 + place.lstrip("/")):
            whole = re.sub(r"{[^}]*}", urllib.parse.quote(value, safe=""), path).lstrip("/")
            body = json.dumps({"data": [value], "run": runs[0].name, "fn_index": 1, "session_hash": "x"}).encode()
            for person in (stranger, *([] if path in STREAMS.split() else [ben])):
                for method in methods & {"GET", "POST"}:
                    try:
                        status, content = person.get(whole) if method == "GET" else person.post(whole, body)
                    except http.client.IncompleteRead as broken_off:  # an event that there is not
                        status, content = 500, broken_off.partial
                    text = content.decode("utf-8", "replace").replace(value, "").replace(whole, "")  # as it was asked
                    assert not seen(text, planted), (path, text)
                    assert person is ben or status == answered[path] or path == "/join", (path, method, status)
                    assert answered[path] != 404 or status == 404
                    asked += 1
    tally("addresses of the app, as a stranger and as a classmate: nothing of another's", asked)


def test_the_wall_shows_nothing_of_anybody_s_data(app: tuple[str, list[Run]], planted: list[bytes]) -> None:
    _, runs = app
    with acting_as(None):
        for name in ("", *(run.name for run in runs)):
            shown = dashboard.snapshot(name)
            assert not seen(json.loads(json.dumps(shown, default=lambda one: base64.b64encode(one).decode())), planted)
