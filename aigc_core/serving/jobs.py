"""Work of some seconds that a page starts, watches and may cancel."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from aigc_core.common.errors import AigcError, RunError, disk_in_words, message
from aigc_core.common.progress import ProgressCallback
from aigc_core.serving.classroom import users
from aigc_core.serving.fair_slots import FairSlots

log = logging.getLogger(__name__)

AT_ONCE = {"compute": 2, "fetch": 2}  # jobs; others of the kind wait
ABANDONED_S = 150  # nobody asked for so long; a hidden page asks once a minute
MOST_WAITING = 40
MOST_OF_ONE = 6  # of one person in a class
KEPT_S = 600  # after its end


Work = Callable[[ProgressCallback], object]


class _Cancelled(Exception):
    """Raised within the work to end it."""


@dataclass
class Job:
    """`state`: waiting, running, done, failed or cancelled; `shown` changes while it runs."""

    state: str = "waiting"
    part: float = 0.0
    shown: Any = None  # of each kind of work its own
    result: Any = None  # likewise
    error: dict[str, Any] | None = None
    ended: float = 0.0
    asked: float = field(default_factory=time.monotonic)  # when somebody looked last
    user: users.User | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


_jobs: dict[str, Job] = {}
_lock = threading.Lock()
_slots = {kind: FairSlots(count) for kind, count in AT_ONCE.items()}


def start(work: Work, kind: Literal["compute", "fetch"] = "compute") -> str:
    """Start `work` in a thread; returns the job's id.

    `work` is given a function to say how far it is, which it must call often. A job that nobody asks for any more ends
    as if it had been cancelled.

    Raises:
        RunError: far too many are waiting.
    """
    job, name = Job(user=users.current_user()), secrets.token_urlsafe(12)
    with _lock:
        for old in [key for key, one in _jobs.items() if one.ended and time.monotonic() - one.ended > KEPT_S]:
            del _jobs[old]
        waiting = [one for one in _jobs.values() if not one.ended]
        if job.user and sum(one.user == job.user for one in waiting) >= MOST_OF_ONE:
            raise RunError(
                "job.yours", "{count} of your requests are being worked on; wait for one.", count=MOST_OF_ONE
            )
        if len(waiting) >= MOST_WAITING:
            raise RunError("job.too_many", "Too many people are asking for this right now; try again in a minute.")
        threading.Thread(target=_run, args=(job, work, kind), name=f"job-{name}", daemon=True).start()
        _jobs[name] = job
    return name


class JobState(TypedDict):
    """Where a job stands, for a page."""

    state: str
    part: float
    shown: Any  # of each kind of work its own
    result: Any  # likewise
    error: dict[str, Any] | None


def state(name: str) -> JobState:
    """Where a job stands.

    Raises:
        RunError: there is no such job (any more).
    """
    job = _job(name)
    job.asked = time.monotonic()
    return {"state": job.state, "part": job.part, "shown": job.shown, "result": job.result, "error": job.error}


def cancel(name: str) -> None:
    """Ask a job to end; it does when it next says how far it is, or at once if it has not begun."""
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


def _run(job: Job, work: Work, kind: str) -> None:
    def check() -> None:
        if job.cancelled.is_set() or time.monotonic() - job.asked > ABANDONED_S:
            raise _Cancelled

    try:
        with _slots[kind].slot(job.user, check) as give_way, disk_in_words():

            def progress(part: float, shown: object = None) -> None:
                job.part = part
                if shown is not None:
                    job.shown = shown
                check()
                give_way()

            with _lock:
                check()
                job.state = "running"
            with users.acting_as(job.user):
                result = work(progress)
            with _lock:  # who cancels before the result is there gets none
                check()
                job.part, job.result, job.state = 1.0, result, "done"
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
