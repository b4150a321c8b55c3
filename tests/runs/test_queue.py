"""Who may compute: in order, fairly, never twice at once, and a killed process makes room."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.common.paths import PROJECT
from aigc_core.common.process_identity import halted, identity
from aigc_core.evaluation import pipeline
from aigc_core.runs import queue
from aigc_core.runs.queue import QueueSlot
from aigc_core.runs.run import Run
from tests.helpers.runs import tiny


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[[str], Run]:
    """A new run of an owner."""

    def make(owner: str = "") -> Run:
        made = len(list(tmp_path.glob("run-*")))
        return Run.create(tiny("vae", minutes=1), tmp_path / f"run-{made}", {"owner": owner})

    return make


def place_of(turn: QueueSlot, run: Run) -> int:
    """Its place in the queue right now, 0 if it may compute; it gives up the place, but not the slot."""
    places, look = noted(0)
    return 0 if turn.acquire(run, look) else int(places[0])


def noted(which: int) -> tuple[list[float], Callable[[int, float], bool]]:
    """What a waiting run is told, 0 its place or 1 its time, and what to wait with, which gives up at once."""
    told: list[float] = []

    def look(place: int, left_s: float) -> bool:
        told.append((place, left_s)[which])
        return False

    return told, look


def ticket(folder: Path, number: int, run: Run, state: str = "waiting", process: str = "") -> Path:
    """What another living process would leave; the numbers sort before any time."""
    path = folder / ".queue" / f"{number:020d}-1.{state}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"process": process or identity(), "owner": run.manifest.owner, "run": str(run.path)}))
    return path


def test_turns_are_taken_in_order_and_freed_by_death(
    tmp_path: Path, run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, run = QueueSlot(tmp_path), QueueSlot(tmp_path), run_of()
    assert place_of(first, run) == 0
    assert place_of(second, run) == 1
    dead = ticket(tmp_path, 0, run, process=f"{identity()}0")
    torn = tmp_path / ".queue" / f"{1:020d}-1.waiting"
    torn.write_text("{")
    (tmp_path / ".queue" / "stray.ticket").touch()
    first.release()
    assert place_of(second, run) == 0
    assert not dead.exists() and not torn.exists()
    second.release()
    assert sorted(one.name for one in (tmp_path / ".queue").iterdir()) == ["lock", "slot-0.lock", "stray.ticket"]
    monkeypatch.setenv("AIGC_SLOTS", "two")
    with pytest.raises(ConfigError, match="whole number"):
        place_of(first, run)
    assert not list((tmp_path / ".queue").glob("*.waiting"))


def test_each_one_s_first_training_goes_before_anyone_s_second(tmp_path: Path, run_of: Callable[..., Run]) -> None:
    ann, ben = run_of("Ann"), run_of("Ben")
    for number in (1, 2, 3):
        ticket(tmp_path, number, ann)
    assert place_of(QueueSlot(tmp_path), ben) == 2, "after Ann's first, before her second"
    assert place_of(QueueSlot(tmp_path), ann) == 4
    assert place_of(QueueSlot(tmp_path), run_of("")) == 2, "whoever has no name is like one more person"


def test_nobody_computes_twice_at_once_even_if_there_is_room(
    tmp_path: Path, run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGC_SLOTS", "3")
    ann, ben, again, unnamed = QueueSlot(tmp_path), QueueSlot(tmp_path), QueueSlot(tmp_path), QueueSlot(tmp_path)
    assert place_of(ann, run_of("Ann")) == 0
    assert place_of(again, run_of("Ann")) == 1
    ticket(tmp_path, 1, run_of("Ann"))  # waits, and holds nobody up
    assert place_of(ben, run_of("Ben")) == 0
    assert place_of(unnamed, run_of()) == 0
    ann.release()
    next(tmp_path.glob(".queue/*1-*.waiting")).unlink()
    assert place_of(again, run_of("Ann")) == 0


def test_whoever_is_halted_or_on_another_machine_holds_nobody_up(tmp_path: Path, run_of: Callable[..., Run]) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        before = ticket(tmp_path, 1, run_of(), process=identity(sleeper.pid))
        elsewhere = ticket(tmp_path, 2, run_of(), process="elsewhere|boot|1|2")
        run, turn = run_of(), QueueSlot(tmp_path)
        assert place_of(turn, run) == 2
        sleeper.send_signal(signal.SIGSTOP)
        while not halted(identity(sleeper.pid)):
            time.sleep(0.01)
        assert place_of(turn, run) == 0
        turn.release()
        sleeper.send_signal(signal.SIGCONT)
        while halted(identity(sleeper.pid)):
            time.sleep(0.01)
        assert place_of(turn, run) == 2, "it has kept its place"
        assert before.exists() and elsewhere.exists()
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_slot_is_held_until_the_model_is_judged(
    tmp_path: Path, run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[int] = []

    def judge(judged: Run) -> dict[str, Any]:
        places.append(place_of(QueueSlot(tmp_path), run_of()))
        with pytest.raises(RunError, match="being trained"):
            Run(judged.path).delete()
        return {"verdict": "ready"}

    monkeypatch.setattr("aigc_core.evaluation.pipeline.judge", judge)
    run = Run.create(tiny("vae"), tmp_path / "judged")
    assert pipeline.fit_and_judge(run, QueueSlot(tmp_path)).state == "done"
    assert places == [1] and place_of(QueueSlot(tmp_path), run_of()) == 0


def test_the_time_to_wait_is_that_of_those_ahead(
    tmp_path: Path, run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket(tmp_path, 1, run_of(), "running")
    ticket(tmp_path, 2, run_of())
    seconds, look = noted(1)
    QueueSlot(tmp_path).acquire(run_of(), look)
    assert seconds == [2 * (60 + queue.AROUND_S)]
    monkeypatch.setenv("AIGC_SLOTS", "2")
    QueueSlot(tmp_path).acquire(run_of(), look)
    assert seconds[1] == seconds[0] / 2


def test_who_waits_takes_little_memory_and_says_where_it_stands(
    tmp_path: Path, run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGC_RUNS", str(tmp_path))
    blocker = QueueSlot(tmp_path)
    assert place_of(blocker, run_of()) == 0
    run = run_of()
    run.control.request("start")
    child = subprocess.Popen([sys.executable, "-m", "aigc_core", "resume", str(run.path), "--queued"], cwd=PROJECT)
    try:
        deadline = time.monotonic() + 60
        while run.status().message is None:
            assert time.monotonic() < deadline and child.poll() is None
            time.sleep(0.1)
        status = run.status()
        assert status.state == "queued" and status.message is not None
        assert status.message["key"] == "queue.place" and status.message["values"]["place"] == 1
        assert psutil.Process(child.pid).memory_info().rss < 150e6, "it has torch in memory already"
        run.control.request("stop")
        assert child.wait(timeout=30) == 0 and run.status().state == "stopped"
        assert not list((tmp_path / ".queue").glob("*.waiting"))
    finally:
        child.kill()
        blocker.release()
