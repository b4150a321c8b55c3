"""A class: who may do what, and how much; nothing of it where there is none."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import aigc_core.run
from aigc_core import classroom, launch, studio
from aigc_core.classroom import Person, acting
from aigc_core.errors import AigcError, ClassError, ConfigError
from aigc_core.loop import fit
from aigc_core.processes import identity
from aigc_core.run import Run
from aigc_core.studio import people
from tests.conftest import TINY, tiny

ANN, BEN, TEACHER = Person("Ann"), Person("Ben"), Person("", teacher=True)


@pytest.fixture(autouse=True)
def in_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("AIGC_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("AIGC_CLASS", "1")
    classroom._wrong.clear()
    yield


def run_of(owner: str, **settings: Any) -> Run:
    config = tiny("vae", **settings)
    return Run.create(config, given={"owner": owner} if owner else None)


# -- rules ------------------------------------------------------------------------------------------------


def test_rules_come_from_a_file_and_the_environment_counts_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "class.toml"
    file.write_text('title = "7b"\nminutes = 3\ndisk_mb = 200\n')
    monkeypatch.setenv("AIGC_CLASS", str(file))
    monkeypatch.setenv("AIGC_CLASS_MINUTES", "5")
    rules = classroom.rules()
    assert rules is not None and (rules.title, rules.minutes, rules.disk_mb) == ("7b", 5, 200)
    monkeypatch.setenv("AIGC_CLASS", "0")
    assert classroom.rules() is None


@pytest.mark.parametrize(
    ("text", "says"),
    [("minutes = -1", "minutes"), ("colour = 1", "colour"), ("minutes =", "Invalid"), (None, "No such")],
)
def test_rules_that_make_no_sense_are_a_sentence(
    text: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "class.toml"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("AIGC_CLASS", str(file))
    with pytest.raises(ConfigError, match=says):
        classroom.rules()


def test_the_documented_file_has_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(__file__).parent.parent / "docs" / "class.toml"
    monkeypatch.setenv("AIGC_CLASS", str(file))
    assert classroom.rules() == classroom.Rules()
    text = file.read_text(encoding="utf-8")
    assert all(f"{name} = " in text for name in classroom.Rules.model_fields)


# -- joining ----------------------------------------------------------------------------------------------


def test_a_name_is_taken_once_and_comes_back_with_its_code() -> None:
    token = classroom.join("  Li   Ming ", "", "")
    assert classroom.joined(token) == Person("Li Ming")
    code = classroom.own_code(Person("Li Ming"))
    with pytest.raises(ClassError, match="There is a Li Ming already"):
        classroom.join("li ming", "", "")
    assert classroom.joined(classroom.join("LI MING", code, "")) == Person("Li Ming")
    assert (classroom.runs_root() / ".class" / "people.json").stat().st_mode & 0o077 == 0


def test_codes_are_asked_for_and_cannot_be_guessed_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CLASS_CODE", "blue")
    teacher = classroom.joined(classroom.join_as_teacher(classroom.teacher_code()))
    assert teacher is not None and teacher.teacher
    classroom.join("Ben", "", "blue")
    guesses = {
        "not the code of the class": lambda: classroom.join("Ann", "", "red"),
        "not the teacher's code": lambda: classroom.join_as_teacher("owl"),
        "There is a Ben already": lambda: classroom.join("Ben", "000000x", "blue"),
    }
    for says, guess in guesses.items():
        for _ in range(classroom.TRIES):
            with pytest.raises(ClassError, match=says):
                guess()
    for right in (
        lambda: classroom.join("Ann", "", "blue"),
        lambda: classroom.join_as_teacher(classroom.teacher_code()),
        lambda: classroom.join("Ben", classroom.own_code(BEN), "blue"),
    ):
        with pytest.raises(ClassError, match="wait a minute"):
            right()
    for times in classroom._wrong.values():
        times[:] = [one - classroom.WINDOW_S for one in times]
    assert classroom.joined(classroom.join("Ann", "", "blue")) == ANN


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b", "a\u202eb"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ClassError, match="Write your name"):
        classroom.join(name, "", "")


def test_a_token_cannot_be_made_up_and_ends_with_its_code() -> None:
    token = classroom.join("Ann", "", "")
    body, _, signature = token.partition(".")
    forged = people.classroom.urlsafe_b64encode(json.dumps({"name": "", "teacher": True}).encode()).decode()
    for bad in (
        "",
        ".",
        body,
        f"{body}.{'0' * 64}",
        f"{forged}.{signature}",
        "é.é",
        f"{body}x.{signature}",
        f"{body}.é",
    ):
        assert classroom.joined(bad) is None
    classroom.forget("Ann")
    assert classroom.joined(token) is None
    classroom.join("Ann", "", "")
    assert classroom.joined(token) is None, "someone else is Ann now"


def test_people_may_sign_in_by_passwords_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.csv"
    file.write_text("# name,password\nAnn,secret\nMs Wu,owl,teacher\n")
    monkeypatch.setenv("AIGC_CLASS_PASSWORDS", str(file))
    assert people.signed_in("Ann") == ANN and people.signed_in("Ms Wu") == Person("Ms Wu", teacher=True)
    assert people.signed_in("Eve") is None and people.signed_in(None) is None
    assert people.begin() == "" and list(classroom.students()) == ["Ann"]
    file.write_text("Ann\n")
    with pytest.raises(ConfigError, match="name,password"):
        people.signed_in("Ann")


# -- who may do what --------------------------------------------------------------------------------------


def test_a_student_changes_own_runs_only_and_sees_all() -> None:
    anns, bens, free = run_of("Ann"), run_of("Ben"), run_of("")
    shipped = Run.create(tiny("vae"), aigc_core.run.shipped_root() / "shipped-one")
    with acting(ANN):
        rows = {row["name"]: (row["owner"], row["mine"]) for row in studio.runs() if not row["shipped"]}
        assert rows == {anns.name: ("Ann", True), bens.name: ("Ben", False), free.name: ("", False)}
        assert studio.describe(bens.name)["mine"] is False
        for refused in (
            lambda: studio.ask(bens.name, "stop"),
            lambda: studio.ask(bens.name, "resume"),
            lambda: studio.delete(bens.name),
            lambda: studio.pin(free.name, True),
            lambda: studio.delete(shipped.name),
        ):
            with pytest.raises(ClassError, match="not yours"):
                refused()
        studio.pin(anns.name, True)
        assert anns.pinned and studio.describe(anns.name)["pinned"]
        anns.pin(False)
        studio.delete(anns.name)
    with acting(TEACHER):
        studio.delete(bens.name)
    with acting(None), pytest.raises(ClassError, match="not yours"):
        studio.delete(free.name)
    assert free.path.exists() and not anns.path.exists() and not bens.path.exists()


def test_only_a_teacher_sees_and_stops_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    classroom.join("Ann", "", "")
    run = run_of("Ann")
    for call in (people.overview, people.stop_all, people.resume_all, people.sweep, lambda: people.forget("Ann")):
        with acting(ANN), pytest.raises(ClassError, match="only a teacher"):
            call()
    with acting(TEACHER):
        seen = people.overview()
        assert [one["run"] for one in seen["trainings"]] == [run.name]
        (student,) = seen["students"]
        assert (student["name"], student["runs"], student["state"]) == ("Ann", 1, "queued") and student["mb"] > 0
        assert people.stop_all() == 1
        assert run.requests_since_start()[0][-1]["request"] == "stop"


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("nvidia-smi") is not None, reason="no limit here")
def test_a_training_that_wants_more_memory_than_its_share_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CLASS_MEMORY_MB", "1500")
    for settings, state in (({}, "done"), ({"width": 64, "layers": 2, "context": 1024, "batch_size": 512}, "failed")):
        run = Run.create(tiny("gpt", steps=2, **settings), given={"owner": "Ann"})
        launch.start(run)
        while run.status().active:
            time.sleep(0.2)
        assert run.status().state == state, (run.path / "log.txt").read_text()
    assert run.status().message["key"] == "train.no_memory"


def test_what_was_interrupted_by_a_power_cut_is_found_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of("Ann")
    status = run.status()
    status.state, status.process = "running", f"{identity()}0"
    run.set_status(status)
    started: list[str] = []
    monkeypatch.setattr("aigc_core.launch.start", lambda one: started.append(one.name))
    with acting(TEACHER):
        assert people.overview()["trainings"][0]["state"] == "interrupted"
        assert people.resume_all() == 1 and started == [run.name]


def test_a_student_sees_what_is_allowed_and_no_secret() -> None:
    classroom.join("Ann", "", "")
    with acting(ANN):
        me = people.me()
    assert me["code"] == classroom.own_code(ANN) and me["rules"]["minutes"] == 10
    assert not {"teacher_code", "code", "passwords"} & me["rules"].keys()
    assert people.me() == {}


# -- limits -----------------------------------------------------------------------------------------------


def test_a_training_beyond_the_limits_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.launch.start", lambda run: None)
    values = TINY["vae"]
    with acting(ANN):
        with pytest.raises(ClassError, match="at most 10 minutes"):
            studio.start("vae", values | {"minutes": 11})
        with pytest.raises(ClassError, match="at most 3 times"):
            studio.start("vae", values | {"tries": 4})
        first = studio.start("vae", values)
        limits = {"minutes": 10, "parameters": 10_000_000, "disk_mb": 1000}
        assert Run.named(first).given == {"owner": "Ann", "limits": limits}
        studio.start("vae", values), studio.again(first, {"lr": 0.1})
        with pytest.raises(ClassError, match="3 of your trainings are waiting"):
            studio.start("vae", values)
        monkeypatch.setenv("AIGC_CLASS_WAITING", "9")
        monkeypatch.setenv("AIGC_CLASS_DISK_MB", "0.001")
        with pytest.raises(ClassError, match="delete some"):
            studio.start("vae", values)
    with acting(TEACHER):
        assert Run.named(studio.start("vae", values | {"minutes": 60})).given == {}
    with acting(None), pytest.raises(ClassError, match="Join"):
        studio.start("vae", values)


def test_a_network_too_large_and_a_time_that_is_over_end_the_training() -> None:
    large = Run.create(tiny("vae"), given={"owner": "Ann", "limits": {"minutes": 10, "parameters": 100}})
    with pytest.raises(ClassError, match="at most 100 are allowed"):
        fit(large)
    long = Run.create(
        tiny("vae", steps=10**6), given={"owner": "Ann", "limits": {"minutes": 0.02, "parameters": 10**6}}
    )
    status = fit(long)
    assert status.state == "stopped" and 1 < status.elapsed_s < 5
    assert any(event.get("key") == "class.time_up" for event in long.events()[0])
    long.request("start")
    assert fit(long).step <= status.step + 1, "going on gives no more time"


def test_a_training_that_fills_its_place_stops_and_says_so() -> None:
    limits = {"minutes": 10, "parameters": 10**6, "disk_mb": 0.05}
    run = Run.create(tiny("vae", steps=10**5, checkpoint_every=2), given={"owner": "Ann", "limits": limits})
    assert fit(run).state == "stopped" and run.checkpoints()
    assert any(event.get("key") == "class.disk_over" for event in run.events()[0])


def test_who_has_made_room_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.launch, "start", fit)
    limits = {"minutes": 10, "parameters": 10**6, "disk_mb": 0.05}
    run = Run.create(tiny("vae", steps=40, checkpoint_every=2), given={"owner": "Ann", "limits": limits})
    assert fit(run).state == "stopped"
    run.request("start")
    with acting(ANN):
        studio.ask(run.name, "resume")
    assert run.status().state == "done"


def test_damaged_people_and_a_folder_that_cannot_be_read_are_a_sentence() -> None:
    token = classroom.join("Ann", "", "")
    file = classroom.runs_root() / ".class" / "people.json"
    whole = file.read_bytes()
    for damaged in (b"{", b"[]", b'{"Ann": 3}', b'{"Ann": {}}'):
        file.write_bytes(damaged)
        with pytest.raises(ClassError, match="damaged"):
            classroom.joined(token)
        with pytest.raises(ClassError, match="damaged"):
            classroom.join("Ben", "", "")
        assert file.read_bytes() == damaged, "what is left of it must not be lost"
    file.write_bytes(whole)
    assert classroom.joined(token) == ANN


def test_a_student_uses_neither_the_machine_s_token_nor_another_s_data(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("hello " * 1000)
    with acting(ANN):
        kept = studio.keep_upload(file)
        anns = Run.create(tiny("gpt", data="text", data_path=kept), given={"owner": "Ann"})
        assert studio.describe(anns.name)["settings"]["data_path"] == kept
        with pytest.raises(ClassError, match="only a teacher"):
            studio.check("gpt", {"init_from": "openai-community/gpt2"})
    with acting(BEN):
        assert studio.describe(anns.name)["settings"]["data_path"] == ""
        with pytest.raises(ClassError, match="not yours"):
            studio.again(anns.name, {})


def test_uploads_are_one_s_own_and_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "text.txt"
    file.write_text("hello " * 1000)
    with acting(ANN):
        kept = studio.keep_upload(file)
        assert studio.check("gpt", {"data": "text", "data_path": kept}).data_path == kept
        assert classroom.used_mb("Ann") == pytest.approx(0.006)
    with acting(BEN), pytest.raises(ConfigError, match="uploading"):
        studio.check("gpt", {"data": "text", "data_path": kept})
    monkeypatch.setenv("AIGC_CLASS_UPLOAD_MB", "0.001")
    with acting(ANN), pytest.raises(AigcError, match="larger than"):
        studio.keep_upload(file)


def test_old_runs_are_swept_but_never_pinned_active_or_needed_things(tmp_path: Path) -> None:
    def aged(run: Run, days: float, state: str = "done") -> Run:
        values = json.loads((run.path / "status.json").read_text())
        values |= {"state": state, "heartbeat": time.time() - 86_400 * days}
        (run.path / "status.json").write_text(json.dumps(values))
        return run

    file = tmp_path / "text.txt"
    file.write_text("hello " * 1000)
    with acting(ANN):
        kept = Path(studio.keep_upload(file))
        needed = aged(Run.create(tiny("gpt", data="text", data_path=str(kept)), given={"owner": "Ann"}), 1)
    os.utime(kept, (0, 0))
    lost = kept.with_name("0" * 24 + ".txt")
    lost.write_text("nobody needs this")
    os.utime(lost, (0, 0))
    old, pinned, fresh = aged(run_of("Ann"), 15), aged(run_of("Ann"), 15), aged(run_of("Ben"), 13)
    pinned.pin(True)
    damaged = run_of("Ben")
    (damaged.path / "status.json").write_text("{")
    shipped = aged(Run.create(tiny("vae"), aigc_core.run.shipped_root() / "shipped-one"), 100)
    assert classroom.sweep(14, time.time()) == [old.name]
    assert all(one.path.exists() for one in (needed, pinned, fresh, damaged))
    assert kept.exists() and not lost.exists()
    assert shipped.path.exists()


def test_without_a_class_everything_is_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGC_CLASS")
    run = run_of("")
    assert studio.describe(run.name)["mine"] and people.open_class() is None and people.begin() == ""
    assert people.me() == {} and people.overview()["students"] == []
    studio.delete(run.name)
    with pytest.raises(ClassError, match="holds no class"):
        classroom.join("Ann", "", "")


def test_a_lesson_link_chooses_what_can_be_chosen() -> None:
    found = studio.lesson({"family": "vae", "preset": "mnist", "steps": "300", "hide": "network", "task": "x"})
    assert found is not None and found["family"] == "vae"
    assert (found["settings"]["steps"], found["settings"]["minutes"], found["settings"]["data"]) == (300, 0, "mnist")
    assert studio.lesson({"run": "x", "lang": "zh"}) is None
    for bad in ({"family": "cnn"}, {"family": "gan", "preset": "nothing"}, {"data": "cats"}, {"steps": "many"}):
        with pytest.raises(ConfigError):
            studio.lesson(bad)


def test_health_says_how_much_is_going_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert people.health() == {"ok": True, "running": 0, "waiting": 0, "free_mb": people.health()["free_mb"]}
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIGC_RUNS", str(tmp_path / "file" / "runs"))
    assert people.health()["ok"] is False
