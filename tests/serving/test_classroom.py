"""A class: who may do what, and how much; nothing of it where there is none."""

import json
import math
import os
import shutil
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aigc_core.common import class_rules, paths
from aigc_core.common.errors import AigcError, ClassError, ConfigError
from aigc_core.common.files import write_json
from aigc_core.common.process_identity import identity
from aigc_core.inference import model_cache
from aigc_core.inference.latent import direction_store
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving import launch
from aigc_core.serving.api import classroom as class_api
from aigc_core.serving.api import estimates, forms, run_actions, run_views, uploads
from aigc_core.serving.classroom import quotas, retention, sign_in
from aigc_core.serving.classroom.users import User, acting_as
from aigc_core.training.trainer import fit
from tests.helpers.runs import TINY, Trained, message_of, tiny

ANN, BEN, TEACHER = User("Ann"), User("Ben"), User("", teacher=True)


@pytest.fixture(autouse=True)
def in_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("AIGC_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("AIGC_CLASS", "1")
    sign_in._failed_attempts.clear()
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
    rules = class_rules.rules()
    assert rules is not None and (rules.title, rules.minutes, rules.disk_mb) == ("7b", 5, 200)
    monkeypatch.setenv("AIGC_CLASS", "0")
    assert class_rules.rules() is None


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
        class_rules.rules()


def test_the_documented_file_has_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    file = paths.PROJECT / "docs" / "class.toml"
    monkeypatch.setenv("AIGC_CLASS", str(file))
    assert class_rules.rules() == class_rules.Rules.model_validate({})
    text = file.read_text(encoding="utf-8")
    assert all(f"{name} = " in text for name in class_rules.Rules.model_fields)


# -- joining ----------------------------------------------------------------------------------------------


def test_a_name_is_taken_once_and_comes_back_with_its_code() -> None:
    token = sign_in.join("  Li   Ming ", "", "")
    assert sign_in.user_of_token(token) == User("Li Ming")
    code = sign_in.student_code(User("Li Ming"))
    with pytest.raises(ClassError, match="There is a Li Ming already"):
        sign_in.join("li ming", "", "")
    assert sign_in.user_of_token(sign_in.join("LI MING", code, "")) == User("Li Ming")
    assert (paths.runs_root() / ".class" / "people.json").stat().st_mode & 0o077 == 0


def test_codes_are_asked_for_and_cannot_be_guessed_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CLASS_CODE", "blue")
    teacher = sign_in.user_of_token(sign_in.join_as_teacher(sign_in.teacher_code()))
    assert teacher is not None and teacher.teacher
    sign_in.join("Ben", "", "blue")
    guesses: dict[str, Callable[[], object]] = {
        "not the code of the class": lambda: sign_in.join("Ann", "", "red"),
        "not the teacher's code": lambda: sign_in.join_as_teacher("owl"),
        "There is a Ben already": lambda: sign_in.join("Ben", "000000x", "blue"),
    }
    for says, guess in guesses.items():
        for _ in range(sign_in.TRIES):
            with pytest.raises(ClassError, match=says):
                guess()
    rights: list[Callable[[], object]] = [
        lambda: sign_in.join("Ann", "", "blue"),
        lambda: sign_in.join_as_teacher(sign_in.teacher_code()),
        lambda: sign_in.join("Ben", sign_in.student_code(BEN), "blue"),
    ]
    for right in rights:
        with pytest.raises(ClassError, match="wait a minute"):
            right()
    for times in sign_in._failed_attempts.values():
        times[:] = [one - sign_in.WINDOW_S for one in times]
    assert sign_in.user_of_token(sign_in.join("Ann", "", "blue")) == ANN


def test_a_wrong_code_locks_nobody_else_out_and_guesses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CLASS_CODE", "blue")
    guesses: list[Callable[[], object]] = [
        lambda: sign_in.join("Ann", "", "red"),
        lambda: sign_in.join_as_teacher("owl"),
    ]
    with sign_in.from_address("10.0.0.66"):
        for _ in range(sign_in.TRIES + 2):
            for guess in guesses:
                with pytest.raises(ClassError):
                    guess()
        assert sign_in.user_of_token(sign_in.join("Ben", "", "blue")) == BEN, "another name, from the same address"
    with sign_in.from_address("10.0.0.7"):
        assert sign_in.user_of_token(sign_in.join("Ann", "", "blue")) == ANN, "the same name, from another address"
        assert sign_in.user_of_token(sign_in.join_as_teacher(sign_in.teacher_code()))
        for number in range(sign_in.MOST_REMEMBERED + 500):
            with pytest.raises(ClassError):
                sign_in.join(f"made up {number}", "", "red")
    assert len(sign_in._failed_attempts) == sign_in.MOST_REMEMBERED
    for times in sign_in._failed_attempts.values():
        times[:] = [one - sign_in.WINDOW_S for one in times]
    with pytest.raises(ClassError):
        sign_in.join("one more", "", "red")
    assert len(sign_in._failed_attempts) == 1


@pytest.mark.parametrize("name", ["Teacher", " teacher ", "ＴＥＡＣＨＥＲ", "老师", "教师"])
def test_the_teacher_s_name_is_no_student_s(name: str) -> None:
    with pytest.raises(ClassError, match="is the teacher"):
        sign_in.join(name, "", "")


def test_names_at_the_door_with_passwords_are_bounded_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "people.csv").write_text("Ann,secret\n")
    monkeypatch.setenv("AIGC_CLASS_PASSWORDS", str(tmp_path / "people.csv"))
    for number in range(sign_in.MOST_REMEMBERED + 100):
        assert not sign_in.is_password_right(f"made up {number}" * 50, "x")
    assert len(sign_in._failed_attempts) == sign_in.MOST_REMEMBERED
    assert max(len(name) for name, _ in sign_in._failed_attempts) <= 2 * sign_in.LONGEST_NAME
    assert sign_in.is_password_right("Ann", "secret")


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b", "a\u202eb"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ClassError, match="Write your name"):
        sign_in.join(name, "", "")


def test_a_token_cannot_be_made_up_and_ends_with_its_code() -> None:
    token = sign_in.join("Ann", "", "")
    body, _, signature = token.partition(".")
    forged = urlsafe_b64encode(json.dumps({"name": "", "teacher": True}).encode()).decode()
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
        assert sign_in.user_of_token(bad) is None
    sign_in.remove_student("Ann")
    assert sign_in.user_of_token(token) is None
    sign_in.join("Ann", "", "")
    assert sign_in.user_of_token(token) is None, "someone else is Ann now"


def test_people_may_sign_in_by_passwords_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.csv"
    file.write_text("# name,password\nAnn,secret\nMs Wu,owl,teacher\n")
    monkeypatch.setenv("AIGC_CLASS_PASSWORDS", str(file))
    assert class_api.user_of_password("Ann") == ANN and class_api.user_of_password("Ms Wu") == User(
        "Ms Wu", teacher=True
    )
    assert class_api.user_of_password("Eve") is None and class_api.user_of_password(None) is None
    assert class_api.on_startup() == "" and list(sign_in.students()) == ["Ann"]
    file.write_text("Ann\n")
    with pytest.raises(ConfigError, match="name,password"):
        class_api.user_of_password("Ann")


LIST = '姓名,密码,\nAnn,secret,\n"Li  Wei", owl ,Teacher\n,,\n王芳,猫头鹰,老师\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_list_of_passwords_is_read_however_it_was_saved(
    encoding: str, separator: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "people.csv"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    file.write_bytes((mark + LIST.replace(",", separator).replace("\n", ending)).encode(encoding))
    monkeypatch.setenv("AIGC_CLASS_PASSWORDS", str(file))
    assert sign_in.passwords() == {"Ann": ("secret", False), "Li Wei": ("owl", True), "王芳": ("猫头鹰", True)}
    assert sign_in.is_password_right(" Li Wei ", "owl")
    assert class_api.user_of_password("Li  Wei") == User("Li Wei", teacher=True)


def test_a_list_in_western_letters_is_no_chinese_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes("Müller;geheim;teacher\nJosé Peña;señor;\n".encode("cp1252"))
    monkeypatch.setenv("AIGC_CLASS_PASSWORDS", str(file))
    assert sign_in.passwords() == {"Müller": ("geheim", True), "José Peña": ("señor", False)}


@pytest.mark.parametrize(
    "line", ["Ann,", "Ann, ,teacher", ",secret", "Ann,secret,boss", "Ann,a,teacher,b", "ann,x\nAnn,y"]
)
def test_a_line_that_lets_in_the_wrong_one_is_a_sentence(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"Bo,secret\n{line}\n")
    monkeypatch.setenv("AIGC_CLASS_PASSWORDS", str(file))
    with pytest.raises(ConfigError, match=r"line 2|Ann twice") as said:
        sign_in.passwords()
    assert "secret" not in str(said.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_rules_may_come_from_any_editor_and_stand_beside_their_list(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "people.csv").write_text("Ann,secret\n")
    (tmp_path / "class.toml").write_bytes('title = "三年级二班"\r\npasswords = "people.csv"\r\n'.encode(encoding))
    monkeypatch.setenv("AIGC_CLASS", str(tmp_path / "class.toml"))
    monkeypatch.chdir("/")
    allowed = class_rules.rules()
    assert allowed is not None and allowed.title == "三年级二班"
    assert sign_in.passwords() == {"Ann": ("secret", False)}


# -- who may do what --------------------------------------------------------------------------------------


def test_a_student_changes_own_runs_only_and_sees_all() -> None:
    anns, bens, free = run_of("Ann"), run_of("Ben"), run_of("")
    shipped = Run.create(tiny("vae"), paths.shipped_root() / "shipped-one")
    with acting_as(ANN):
        rows = {row["name"]: (row["owner"], row["mine"]) for row in run_views.runs() if not row["shipped"]}
        assert rows == {anns.name: ("Ann", True), bens.name: ("Ben", False), free.name: ("", False)}
        assert run_views.describe(bens.name)["mine"] is False
        attempts: list[Callable[[], object]] = [
            lambda: run_actions.request(bens.name, "stop"),
            lambda: run_actions.request(bens.name, "resume"),
            lambda: run_actions.delete(bens.name),
            lambda: run_actions.pin(free.name, True),
            lambda: run_actions.delete(shipped.name),
        ]
        for refused in attempts:
            with pytest.raises(ClassError, match="not yours"):
                refused()
        run_actions.pin(anns.name, True)
        assert anns.retention.pinned and run_views.describe(anns.name)["pinned"]
        anns.retention.pin(False)
        run_actions.delete(anns.name)
    with acting_as(TEACHER):
        run_actions.delete(bens.name)
    with acting_as(None), pytest.raises(ClassError, match="not yours"):
        run_actions.delete(free.name)
    assert free.path.exists() and not anns.path.exists() and not bens.path.exists()


def test_only_a_teacher_sees_and_stops_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in.join("Ann", "", "")
    run = run_of("Ann")
    for call in (
        class_api.overview,
        class_api.stop_all,
        class_api.resume_all,
        class_api.sweep,
        lambda: class_api.remove_student("Ann"),
    ):
        with acting_as(ANN), pytest.raises(ClassError, match="only a teacher"):
            call()
    with acting_as(TEACHER):
        seen = class_api.overview()
        assert [one["run"] for one in seen["trainings"]] == [run.name]
        (student,) = seen["students"]
        assert (student["name"], student["runs"], student["state"]) == ("Ann", 1, "queued") and student["mb"] > 0
        assert class_api.stop_all() == 1
        assert run.control.since_start()[0][-1]["request"] == "stop"


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("nvidia-smi") is not None, reason="no limit here")
def test_a_training_that_wants_more_memory_than_its_share_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CLASS_MEMORY_MB", "1500")
    for settings, state in (({}, "done"), ({"width": 64, "layers": 2, "context": 1024, "batch_size": 512}, "failed")):
        run = Run.create(tiny("gpt", steps=2, **settings), given={"owner": "Ann"})
        launch.start(run)
        while run.status().active:
            time.sleep(0.2)
        assert run.status().state == state, (run.path / "log.txt").read_text()
    assert message_of(run)["key"] == "train.no_memory"


def test_what_was_interrupted_by_a_power_cut_is_found_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of("Ann")
    status = run.status()
    status.state, status.process = "running", f"{identity()}0"
    run.set_status(status)
    started: list[str] = []
    monkeypatch.setattr("aigc_core.serving.launch.start", lambda one: started.append(one.name))
    with acting_as(TEACHER):
        assert class_api.overview()["trainings"][0]["state"] == "interrupted"
        assert class_api.resume_all() == 1 and started == [run.name]


def test_a_student_sees_what_is_allowed_and_no_secret() -> None:
    sign_in.join("Ann", "", "")
    with acting_as(ANN):
        me = class_api.me()
    assert me["code"] == sign_in.student_code(ANN) and me["rules"]["minutes"] == 10
    assert not {"teacher_code", "code", "passwords"} & me["rules"].keys()
    assert class_api.me() == {}


# -- limits -----------------------------------------------------------------------------------------------


def test_a_training_beyond_the_limits_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.serving.launch.start", lambda run: None)
    values = TINY["vae"]
    with acting_as(ANN):
        with pytest.raises(ClassError, match="at most 10 minutes"):
            run_actions.start("vae", values | {"minutes": 11})
        with pytest.raises(ClassError, match="at most 3 times"):
            run_actions.start("vae", values | {"tries": 4})
        first = run_actions.start("vae", values)
        limits = {"minutes": 10, "parameters": 10_000_000, "disk_mb": 1000}
        assert run_named(first).manifest.given == {"owner": "Ann", "limits": limits}
        run_actions.start("vae", values), run_actions.train_again(first, {"lr": 0.1})
        with pytest.raises(ClassError, match="3 of your trainings are waiting"):
            run_actions.start("vae", values)
        monkeypatch.setenv("AIGC_CLASS_WAITING", "9")
        monkeypatch.setenv("AIGC_CLASS_DISK_MB", "0.001")
        with pytest.raises(ClassError, match="delete some"):
            run_actions.start("vae", values)
    with acting_as(TEACHER):
        assert run_named(run_actions.start("vae", values | {"minutes": 60})).manifest.given == {}
    with acting_as(None), pytest.raises(ClassError, match="Join"):
        run_actions.start("vae", values)


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
    long.control.request("start")
    assert fit(long).step <= status.step + 1, "going on gives no more time"


def test_a_training_that_fills_its_place_stops_and_says_so() -> None:
    limits = {"minutes": 10, "parameters": 10**6, "disk_mb": 0.05}
    run = Run.create(
        tiny("vae", steps=10**5, checkpoint_every=2, compile="off"), given={"owner": "Ann", "limits": limits}
    )
    assert fit(run).state == "stopped" and run.checkpoints.steps()
    assert any(event.get("key") == "class.disk_over" for event in run.events()[0])


def test_who_has_made_room_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "start", fit)
    limits = {"minutes": 10, "parameters": 10**6, "disk_mb": 0.05}
    run = Run.create(tiny("vae", steps=40, checkpoint_every=2), given={"owner": "Ann", "limits": limits})
    assert fit(run).state == "stopped"
    run.control.request("start")
    with acting_as(ANN):
        run_actions.request(run.name, "resume")
    assert run.status().state == "done"


def test_damaged_people_and_a_folder_that_cannot_be_read_are_a_sentence() -> None:
    token = sign_in.join("Ann", "", "")
    file = paths.runs_root() / ".class" / "people.json"
    whole = file.read_bytes()
    for damaged in (b"{", b"[]", b'{"Ann": 3}', b'{"Ann": {}}'):
        file.write_bytes(damaged)
        with pytest.raises(ClassError, match="damaged"):
            sign_in.user_of_token(token)
        with pytest.raises(ClassError, match="damaged"):
            sign_in.join("Ben", "", "")
        assert file.read_bytes() == damaged, "what is left of it must not be lost"
    file.write_bytes(whole)
    assert sign_in.user_of_token(token) == ANN


def test_a_student_uses_neither_the_machine_s_token_nor_another_s_data(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("hello " * 1000)
    with acting_as(ANN):
        kept = uploads.save_upload(file)
        anns = Run.create(tiny("gpt", data="text", data_path=kept), given={"owner": "Ann"})
        assert run_views.describe(anns.name)["settings"]["data_path"] == kept
        with pytest.raises(ClassError, match="only a teacher"):
            forms.check("gpt", {"init_from": "openai-community/gpt2"})
    with acting_as(BEN):
        assert run_views.describe(anns.name)["settings"]["data_path"] == ""
        with pytest.raises(ClassError, match="not yours"):
            run_actions.train_again(anns.name, {})


def test_uploads_are_one_s_own_and_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "text.txt"
    file.write_text("hello " * 1000)
    with acting_as(ANN):
        kept = uploads.save_upload(file)
        assert forms.check("gpt", {"data": "text", "data_path": kept}).model_dump()["data_path"] == kept
        assert quotas.used_mb("Ann") == pytest.approx(0.006)
    with acting_as(BEN), pytest.raises(ConfigError, match="uploading"):
        forms.check("gpt", {"data": "text", "data_path": kept})
    monkeypatch.setenv("AIGC_CLASS_UPLOAD_MB", "0.001")
    with acting_as(ANN), pytest.raises(AigcError, match="larger than"):
        uploads.save_upload(file)


def test_old_runs_are_swept_but_never_pinned_active_or_needed_things(tmp_path: Path) -> None:
    def aged(run: Run, days: float, state: str = "done") -> Run:
        values = json.loads((run.path / "status.json").read_text())
        values |= {"state": state, "heartbeat": time.time() - 86_400 * days}
        (run.path / "status.json").write_text(json.dumps(values))
        return run

    file = tmp_path / "text.txt"
    file.write_text("hello " * 1000)
    with acting_as(ANN):
        kept = Path(uploads.save_upload(file))
        needed = aged(Run.create(tiny("gpt", data="text", data_path=str(kept)), given={"owner": "Ann"}), 1)
    os.utime(kept, (0, 0))
    lost = kept.with_name("0" * 24 + ".txt")
    lost.write_text("nobody needs this")
    os.utime(lost, (0, 0))
    old, pinned, fresh = aged(run_of("Ann"), 15), aged(run_of("Ann"), 15), aged(run_of("Ben"), 13)
    pinned.retention.pin(True)
    damaged = run_of("Ben")
    (damaged.path / "status.json").write_text("{")
    shipped = aged(Run.create(tiny("vae"), paths.shipped_root() / "shipped-one"), 100)
    assert retention.sweep(14, time.time()) == [old.name]
    assert all(one.path.exists() for one in (needed, pinned, fresh, damaged))
    assert kept.exists() and not lost.exists()
    assert shipped.path.exists()


@pytest.mark.parametrize("days", [0, -1, math.nan, math.inf, -math.inf])
def test_a_number_of_days_that_is_none_deletes_nothing(days: float) -> None:
    old = run_of("Ann")
    os.utime(old.path, (0, 0))
    with pytest.raises(ConfigError, match="above 0"):
        retention.sweep(days, time.time() + 1e9)
    assert old.path.exists()


def test_what_somebody_touched_or_named_something_in_is_not_swept(
    tmp_path: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 30 * 86_400

    def copied(name: str) -> Run:
        shutil.copytree(trained("vae").path, paths.runs_root() / name)
        made = Run(paths.runs_root() / name)
        for file in made.path.rglob("*"):
            os.utime(file, (0, 0))
        return made

    left, named, used, moved = (copied(name) for name in ("left", "named", "used", "moved"))
    direction_store.name_direction(named, None, "slant", [1.0, 0.0])
    os.utime(named.path / "directions-own.json", (0, 0))
    model_cache.load(used)
    os.utime(used.path / ".used", (later, later))
    # Its upload is found by whichever way its settings name it.
    upload = quotas.uploads_folder("Ann") / "text.txt"
    upload.parent.mkdir(parents=True)
    upload.write_text("hello")
    os.utime(upload, (0, 0))
    (tmp_path / "way").symlink_to(paths.runs_root())
    made = moved.manifest.read()
    place = str(tmp_path / "way" / ".uploads" / ".." / ".uploads" / upload.parent.name / upload.name)
    write_json(moved.path / "config.json", made | {"config": made["config"] | {"data_path": place}})
    moved.retention.pin(True)
    assert retention.sweep(14, later) == [left.name]
    assert named.path.exists() and used.path.exists() and upload.exists()
    moved.retention.pin(False)
    assert retention.sweep(14, later) == [moved.name] and not upload.exists()


def test_what_was_sent_to_the_app_counts_until_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CLASS_DISK_MB", "1")
    file = tmp_path / "sent.zip"
    file.write_bytes(bytes(900_000))
    with acting_as(ANN):
        quotas.check_space(900_000)
        quotas.note_uploads([file])
        assert quotas.used_mb("Ann") == pytest.approx(0.9)
        with pytest.raises(ClassError, match="delete some"):
            quotas.check_space(200_000)
    with acting_as(BEN):
        quotas.check_space(900_000)
    file.unlink()
    with acting_as(ANN):
        quotas.check_space(900_000)


def test_an_estimate_in_a_class_has_the_limits_of_a_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(estimates, "cache_folder", lambda: tmp_path)
    monkeypatch.setenv("AIGC_CLASS_PARAMETERS", "1000")
    with acting_as(ANN), pytest.raises(ConfigError, match=r"1,000|1000"):
        estimates.estimate("vae", TINY["vae"] | {"width": 64})
    monkeypatch.delenv("AIGC_CLASS_PARAMETERS")
    monkeypatch.setenv("AIGC_CLASS_MEMORY_MB", "300")  # less than torch alone takes
    with acting_as(ANN), pytest.raises(ConfigError, match="could not be estimated"):
        estimates.estimate("vae", TINY["vae"] | {"width": 16})
    with acting_as(TEACHER):
        assert estimates.estimate("vae", TINY["vae"] | {"width": 16})["step_s"] > 0


def test_without_a_class_everything_is_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGC_CLASS")
    run = run_of("")
    assert run_views.describe(run.name)["mine"] and class_api.open_class() is None and class_api.on_startup() == ""
    assert class_api.me() == {} and class_api.overview()["students"] == []
    run_actions.delete(run.name)
    with pytest.raises(ClassError, match="holds no class"):
        sign_in.join("Ann", "", "")


def test_a_lesson_link_chooses_what_can_be_chosen() -> None:
    found = forms.lesson({"family": "vae", "preset": "mnist", "steps": "300", "hide": "network", "task": "x"})
    assert found is not None and found["family"] == "vae"
    assert (found["settings"]["steps"], found["settings"]["minutes"], found["settings"]["data"]) == (300, 0, "mnist")
    assert forms.lesson({"run": "x", "lang": "zh"}) is None
    for bad in ({"family": "cnn"}, {"family": "gan", "preset": "nothing"}, {"data": "cats"}, {"steps": "many"}):
        with pytest.raises(ConfigError):
            forms.lesson(bad)


def test_health_says_how_much_is_going_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert class_api.health() == {"ok": True, "running": 0, "waiting": 0, "free_mb": class_api.health()["free_mb"]}
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIGC_RUNS", str(tmp_path / "file" / "runs"))
    assert class_api.health()["ok"] is False
