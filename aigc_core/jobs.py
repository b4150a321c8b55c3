"""Work of some seconds that a page starts, watches and may cancel."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aigc_core import classroom
from aigc_core.errors import AigcError, RunError, disk_in_words, message

log = logging.getLogger(__name__)

AT_ONCE = {"compute": 2, "fetch": 2}  # jobs; others of the kind wait
ABANDONED_S = 150  # nobody asked for so long; a hidden page asks once a minute
MOST_WAITING = 40
MOST_OF_ONE = 6  # of one person in a class
KEPT_S = 600  # after its end

Look = Callable[[float, Any], None]  # the part done (0 to 1) and what can be shown so far


class _Cancelled(Exception):
    """An order, not an error."""


@dataclass
class Job:
    """`state`: waiting, running, done, failed or cancelled; `shown` changes while it runs."""

    state: str = "waiting"
    part: float = 0.0
    shown: Any = None
    result: Any = None
    error: dict[str, Any] | None = None
    ended: float = 0.0
    asked: float = field(default_factory=time.monotonic)  # when somebody looked last
    person: classroom.Person | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


_jobs: dict[str, Job] = {}
_lock = threading.Lock()
_places = {kind: threading.Semaphore(count) for kind, count in AT_ONCE.items()}
LOOK_S = 0.5  # between two looks of a waiting job whether it is still wanted


def begin(work: Callable[[Look], Any], kind: Literal["compute", "fetch"] = "compute") -> str:
    """Start `work` in a thread; returns the job's id. `work` gets a function to report to; it must be called often.

    A job that nobody asks for any more ends as if it had been cancelled.

    Raises:
        RunError: far too many are waiting.
    """
    job, name = Job(person=classroom.present()), secrets.token_urlsafe(12)
    with _lock:
        for old in [key for key, one in _jobs.items() if one.ended and time.monotonic() - one.ended > KEPT_S]:
            del _jobs[old]
        waiting = [one for one in _jobs.values() if not one.ended]
        if job.person and sum(one.person == job.person for one in waiting) >= MOST_OF_ONE:
            raise RunError(
                "job.yours", "{count} of your requests are being worked on; wait for one.", count=MOST_OF_ONE
            )
        if len(waiting) >= MOST_WAITING:
            raise RunError("job.too_many", "Too many people are asking for this right now; try again in a minute.")
        threading.Thread(target=_do, args=(job, work, kind), name=f"job-{name}", daemon=True).start()
        _jobs[name] = job
    return name


def state(name: str) -> dict[str, Any]:
    """Where a job stands: state, part, shown, result, error.

    Raises:
        RunError: there is no such job (any more).
    """
    job = _job(name)
    job.asked = time.monotonic()
    return {"state": job.state, "part": job.part, "shown": job.shown, "result": job.result, "error": job.error}


def cancel(name: str) -> None:
    """Ask a job to end; it does at its next report, or at once if it has not begun."""
    job = _job(name)
    with _lock:
        job.cancelled.set()
        if job.state == "waiting":
            job.state = "cancelled"


def _job(name: str) -> Job:
    job = _jobs.get(name)
    if job is None:
        raise RunError("job.gone", "This work has ended and its result is gone; start it again.")
    return job


def _do(job: Job, work: Callable[[Look], Any], kind: str) -> None:
    def look(part: float, shown: Any = None) -> None:
        job.part = part
        if shown is not None:
            job.shown = shown
        if job.cancelled.is_set() or time.monotonic() - job.asked > ABANDONED_S:
            raise _Cancelled

    try:
        with _place(kind, look), disk_in_words():
            with _lock:
                look(0.0)
                job.state = "running"
            result = work(look)
            with _lock:  # who cancels before the result is there gets none
                look(1.0)
                job.result, job.state = result, "done"
    except _Cancelled:
        job.state = "cancelled"
    except AigcError as error:
        job.error, job.state = error.message, "failed"
    except Exception as defect:  # a defect of ours: the page gets a sentence, the log the details
        log.exception("a job failed")
        job.error = message("job.defect", "This ended by an error in the program ({problem}).", problem=defect)
        job.state = "failed"
    finally:
        job.ended = time.monotonic()


@contextmanager
def _place(kind: str, look: Look) -> Iterator[None]:
    """Wait for a place, but no longer than somebody wants the work."""
    while not _places[kind].acquire(timeout=LOOK_S):
        look(0.0, None)
    try:
        yield
    finally:
        _places[kind].release()
