"""Work of some seconds: seen, cancelled, failed, refused."""

import threading
import time

import pytest

from aigc_core.common.errors import DataError, RunError
from aigc_core.common.progress import ProgressCallback
from aigc_core.serving import fair_slots, jobs
from aigc_core.serving.classroom.users import User, acting_as
from tests.helpers.jobs import ended


def test_a_job_shows_how_far_it_is_and_ends_with_its_result() -> None:
    go = threading.Event()

    def work(look: ProgressCallback) -> str:
        look(0.5, {"so far": 1})
        go.wait(5)
        return "result"

    name = jobs.start(work)
    while jobs.state(name)["part"] < 0.5:
        time.sleep(0.01)
    assert jobs.state(name)["shown"] == {"so far": 1}
    go.set()
    assert ended(name, "done")["result"] == "result"


def test_a_job_ends_when_it_is_cancelled() -> None:
    def work(look: ProgressCallback) -> None:
        while True:
            look(0.1, None)
            time.sleep(0.005)

    name = jobs.start(work)
    jobs.cancel(name)
    assert ended(name, "cancelled")["result"] is None


def test_jobs_that_wait_end_when_they_are_cancelled_or_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    go, threads = threading.Event(), threading.active_count()
    busy = [jobs.start(lambda look: go.wait(30)) for _ in range(jobs.AT_ONCE["compute"])]
    for name in busy:
        while jobs.state(name)["state"] == "waiting":
            time.sleep(0.01)
    cancelled, abandoned = (jobs.start(lambda look: None) for _ in range(2))
    jobs.cancel(cancelled)
    assert ended(cancelled, "cancelled")
    monkeypatch.setattr(jobs, "ABANDONED_S", 0.1)
    time.sleep(1.5)
    assert threading.active_count() <= threads + len(busy), "threads are left"
    assert jobs.state(abandoned)["state"] == "cancelled"
    go.set()


def test_a_job_that_nobody_asks_for_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ABANDONED_S", 0.3)
    left = threading.Event()

    def work(look: ProgressCallback) -> None:
        try:
            while True:
                look(0.1, None)
                time.sleep(0.01)
        finally:
            left.set()

    name = jobs.start(work)
    for _ in range(10):
        time.sleep(0.05)
        assert jobs.state(name)["state"] in ("waiting", "running")
    assert left.wait(5)


def test_who_cancels_before_the_result_is_there_gets_none() -> None:
    begun, go = threading.Event(), threading.Event()

    def work(look: ProgressCallback) -> str:
        begun.set()
        go.wait(5)  # reports nothing meanwhile
        return "result"

    name = jobs.start(work)
    assert begun.wait(5)
    jobs.cancel(name)
    go.set()
    assert ended(name, "cancelled")["result"] is None


def test_what_goes_wrong_is_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def mistake(look: ProgressCallback) -> None:
        raise DataError("x.y", "Nothing there.")

    def defect(look: ProgressCallback) -> None:
        raise ZeroDivisionError("oh")

    assert ended(jobs.start(mistake), "failed")["error"]["text"] == "Nothing there."
    assert ended(jobs.start(defect), "failed")["error"]["key"] == "job.defect"
    assert "ZeroDivisionError" in caplog.text
    with pytest.raises(RunError):
        jobs.state("none")


def test_only_so_many_wait_and_few_work_at_once() -> None:
    go, lock = threading.Event(), threading.Lock()
    at_once: list[int] = []
    working = 0

    def work(look: ProgressCallback) -> None:
        nonlocal working
        with lock:
            working += 1
            at_once.append(working)
        go.wait(5)
        with lock:
            working -= 1

    names = []
    with pytest.raises(RunError, match="Too many"):
        for _ in range(jobs.MOST_WAITING + 5):
            names.append(jobs.start(work))
    assert len(names) == jobs.MOST_WAITING
    jobs.cancel(names[-1])
    assert jobs.state(names[-1])["state"] == "cancelled"  # at once: it has not begun
    time.sleep(2 * fair_slots.POLL_S)  # until its thread has gone
    jobs.cancel(jobs.start(work))  # and its place is free for another one
    time.sleep(2 * fair_slots.POLL_S)
    assert ended(jobs.start(lambda look: "fetched", "fetch"), "done")["result"] == "fetched"  # these wait elsewhere
    go.set()
    for name in names[:-1]:
        ended(name, "done")
    assert max(at_once) <= jobs.AT_ONCE["compute"]


def busy(seconds: float, look: ProgressCallback) -> None:
    """Work as long as that, by its own count."""
    for part in range(round(20 * seconds)):
        time.sleep(0.05)
        look(part / (20 * seconds), None)


@pytest.mark.parametrize(
    "long_ones", [["Ann"] * 6, ["Ann", "Bob"] * 3, ["Ann", "Bob", "Cleo"] * 4], ids=["one", "two", "three"]
)
def test_short_work_of_another_begins_soon_however_much_there_is(long_ones: list[str]) -> None:
    begun, names = threading.Event(), []
    for person in long_ones:  # others in each case: cancelled work of the last one may not have left yet
        with acting_as(User(f"{person} of {len(set(long_ones))}")):
            names.append(jobs.start(lambda look: busy(60, look)))
    time.sleep(fair_slots.POLL_S)
    start = time.monotonic()
    with acting_as(User("Dan")):
        short = jobs.start(lambda look: begun.set())
    assert begun.wait(15) and time.monotonic() - start < 15
    ended(short, "done")
    for name in names:
        jobs.cancel(name)


def test_who_waits_for_a_turn_loses_nothing_and_the_work_of_all_comes_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fair_slots, "SLICE_S", 0.2)
    names = []
    for person in ("Ann", "Ann", "Bob", "Cleo", "Cleo"):
        with acting_as(User(person)):
            names.append(jobs.start(lambda look: busy(0.8, look)))
    for name in names:
        ended(name, "done")
