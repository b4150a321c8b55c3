"""The run directory: events, requests, names, checkpoints, and what a crash leaves behind."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.common.files import new_folder, write_atomic, write_json
from aigc_core.common.process_identity import identity
from aigc_core.runs.listing import list_runs, open_run, run_named
from aigc_core.runs.run import Run
from aigc_core.runs.status import ELSEWHERE_S, Status
from aigc_core.serving.api import run_views
from tests.helpers.runs import tiny


@pytest.fixture
def run() -> Run:
    return Run.create(tiny("vae"))


def test_a_new_run_can_be_read_back(run: Run) -> None:
    assert run.config() == tiny("vae")
    status = run.status()
    assert (status.state, status.step, status.total_steps) == ("queued", 0, 12)
    assert run.events() == ([], "0:0") and run.samples.names() == [] and run.checkpoints.steps() == []


def test_events_come_in_order_each_once(run: Run) -> None:
    for step in range(5):
        run.event_log.append("metrics", step, values={"loss": step / 3})
    first, cursor = run.events()
    run.event_log.append("note", 5, key="a.note", text="中文", values={})
    second, cursor = run.events(cursor)
    assert [event["step"] for event in first] == [0, 1, 2, 3, 4]
    assert [event["text"] for event in second] == ["中文"]
    assert run.events(cursor)[0] == []


def test_a_torn_line_is_not_seen_and_taken_back(run: Run) -> None:
    run.event_log.append("metrics", 1, values={})
    with (run.path / "events.jsonl").open("a") as file:
        file.write('{"t": 1, "step": 2, "ki')
    assert [event["step"] for event in run.events()[0]] == [1]
    run.event_log.take_back(1)
    run.event_log.append("metrics", 2, values={})
    assert [event["step"] for event in run.events()[0]] == [1, 2]


def test_lines_that_are_no_events_are_skipped(run: Run) -> None:
    run.event_log.append("metrics", 1, values={})
    with (run.path / "events.jsonl").open("a") as file:
        file.write("[1, 2]\nnonsense\n")
    run.event_log.append("metrics", 2, values={})
    assert [event["step"] for event in run.events()[0]] == [1, 2]


def test_a_viewer_starts_anew_when_a_run_goes_back(run: Run) -> None:
    for step in range(1, 6):
        run.event_log.append("metrics", step, values={})
    _, cursor = run.events()
    run.event_log.append("set", 5, changes={"lr": 0.1})
    again = run.event_log.take_back(3)
    status = run.status()
    status.attempt += 1
    run.set_status(status)
    run.event_log.append("metrics", 4, values={})
    events, _ = run.events(cursor)
    assert [event["changes"] for event in again] == [{"lr": 0.1}]
    assert [event.get("step", event["kind"]) for event in events] == ["restart", 1, 2, 3, 5, 4]
    assert run.event_log.take_back(3) == again  # a second kill before that step loses nothing


def test_many_writers_lose_no_line(run: Run) -> None:
    def write(number: int) -> None:
        for step in range(200):
            run.event_log.append("metrics", step, values={"writer": number}, fill="x" * 300)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(run.events()[0]) == 800


def test_requests_before_the_last_start_are_over(run: Run) -> None:
    run.control.request("stop")
    run.control.request("start")
    run.control.request("set", lr=0.1)
    found, offset = run.control.since_start()
    assert [one["request"] for one in found] == ["set"]
    assert run.control.read(offset)[0] == found


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc", "..", ".", "", "a\\b", "x\0y", ".hidden"])
def test_a_name_from_a_page_is_never_a_path(name: str, own_place: Path) -> None:
    with pytest.raises(RunError, match="no run"):
        run_named(name)


@pytest.mark.parametrize("name", ["../config.json", "step_1.png/../../config.json", "step_000001.exe", ""])
def test_a_sample_is_only_what_the_history_lists(run: Run, name: str) -> None:
    run.samples.add(1, b"png", ".png")
    assert run.samples.read("step_000001.png") == b"png"
    with pytest.raises(RunError, match="no sample"):
        run.samples.read(name)


def test_a_run_is_found_by_a_unique_part_of_its_name(run: Run) -> None:
    other = Run.create(tiny("gpt"))
    assert open_run(run.path).name == open_run(run.name).name == open_run("vae").name == run.name
    with pytest.raises(RunError, match="could be 2 runs"):
        open_run("digits8" if "digits8" in other.name else "-")
    with pytest.raises(RunError, match="There is no run"):
        open_run("nothing")


def test_a_place_that_is_taken_is_refused_and_an_empty_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    Run.create(tiny("vae"), tmp_path / "empty")
    with pytest.raises(RunError, match="there already"):
        Run.create(tiny("vae"), tmp_path / "empty")


def test_a_dead_process_is_an_interruption_and_a_borrowed_number_too(run: Run) -> None:
    ours, machine, boot = identity(), *identity().split("|")[:2]
    for gone in (
        f"{machine}|{boot}|{os.getpid()}|0",
        f"{machine}|earlier|{os.getpid()}|{ours.split('|')[3]}",
        f"{machine}|torn",
    ):
        status = Status(state="running", process=gone)  # our number, but begun at another time
        run.set_status(status)
        assert run.status().state == "interrupted", gone
    run.set_status(Status(state="running", process=ours))
    assert run.status().state == "running"
    status.state = "done"
    run.set_status(status)
    assert run.status().state == "done"


def test_a_training_on_another_machine_lives_while_it_gives_signs_of_life(run: Run) -> None:
    run.set_status(Status(state="running", process="elsewhere|boot|1|2"))
    assert run.status().state == "running"
    values = json.loads((run.path / "status.json").read_text()) | {"heartbeat": time.time() - ELSEWHERE_S - 1}
    write_json(run.path / "status.json", values)
    assert run.status().state == "interrupted"
    (run.path / ".beat").touch()
    assert run.status().state == "running"


def test_who_claims_a_run_gives_signs_of_life(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.runs.claim.BEAT_S", 0.01)
    with run.train_alone():
        time.sleep(0.2)
        assert (run.path / ".beat").exists()
    time.sleep(0.1)
    assert f"beat-{run.name}" not in [one.name for one in threading.enumerate()]


def test_a_run_whose_process_never_came_is_an_interruption(run: Run) -> None:
    assert run.status().state == "queued"
    values = json.loads((run.path / "status.json").read_text()) | {"heartbeat": 0.0}
    write_json(run.path / "status.json", values)
    assert run.status().state == "interrupted"


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"created": None}), ("config.json", {"format": "2"}),
        ("config.json", {"config": {"family": "x"}}),
        ("status.json", {"figures": None}), ("status.json", {"heartbeat": "x"}), ("status.json", {"state": "flying"}),
    ],
)  # fmt: skip
def test_files_of_another_shape_are_a_sentence_and_the_list_goes_on(
    run: Run, file: str, change: dict[str, object]
) -> None:

    Run.create(tiny("gpt"))
    write_json(run.path / file, json.loads((run.path / file).read_text()) | change)
    assert_damaged(run, file)
    state = "damaged" if file == "config.json" else "interrupted"
    assert sorted(row["state"] for row in run_views.runs()) == [state, "queued"]


def assert_damaged(run: Run, file: str) -> None:
    """Settings that cannot be read are an error; without its status a run can still be resumed."""
    if file == "config.json":
        with pytest.raises(RunError, match="cannot be read"):
            run.manifest.read()
    else:
        status = run.status()
        assert status.state == "interrupted" and status.message and "status.json" in status.message["text"]


def test_settings_of_another_version_are_a_sentence(run: Run) -> None:
    made = json.loads((run.path / "config.json").read_text())
    made["config"]["speed"] = 3
    write_json(run.path / "config.json", made)
    with pytest.raises(ConfigError, match="no setting “speed”"):
        run.config()


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "\x00\x01"])
@pytest.mark.parametrize("file", ["config.json", "status.json"])
def test_damaged_files_are_a_sentence_and_the_list_goes_on(run: Run, file: str, content: str) -> None:
    Run.create(tiny("gpt"))
    (run.path / file).write_text(content)
    assert_damaged(run, file)
    assert len(list_runs()) == 2


def test_one_process_trains_a_run(run: Run) -> None:
    with run.train_alone(), pytest.raises(RunError, match="being trained already"), Run(run.path).train_alone():
        pass


def test_thinning_keeps_the_ends_the_marks_and_an_even_spread(run: Run) -> None:
    for step in range(10, 210, 10):
        run.checkpoints.folder(step).mkdir()
        run.checkpoints.mark("last", step)
        if step == 130:
            run.checkpoints.mark("best", step)
        run.checkpoints.thin(5)
    left = run.checkpoints.steps()
    assert len(left) <= 6 and {10, 130, 200} <= set(left)
    assert run.checkpoints.marked("best") == 130 and run.checkpoints.marked("last") == 200


def test_a_mark_of_a_missing_checkpoint_is_none(run: Run) -> None:
    run.checkpoints.mark("best", 70)
    assert run.checkpoints.marked("best") is None
    (run.path / "best").write_text("../../etc")
    assert run.checkpoints.marked("best") is None


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", "old")
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a", float("nan"))
    assert (tmp_path / "a").read_text() == "old"
    with pytest.raises(RuntimeError), new_folder(tmp_path / "f") as partial:
        (partial / "x").write_text("half")
        raise RuntimeError
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_deleting_takes_everything_and_a_run_in_training_stays(run: Run) -> None:
    with run.train_alone(), pytest.raises(RunError):
        Run(run.path).delete()
    run.delete()
    assert not run.path.exists()
