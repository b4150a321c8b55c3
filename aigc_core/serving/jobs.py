"""Work of some seconds that a page starts, watches and may cancel."""

import itertools
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aigc_core.common.errors import AigcError, RunError, disk_in_words, message
from aigc_core.common.progress import ProgressCallback
from aigc_core.serving import classroom

log = logging.getLogger(__name__)

AT_ONCE = {"compute": 2, "fetch": 2}  # jobs; others of the kind wait
ABANDONED_S = 150  # nobody asked for so long; a hidden page asks once a minute
MOST_WAITING = 40
MOST_OF_ONE = 6  # of one person in a class
KEPT_S = 600  # after its end


class _Cancelled(Exception):
    """Raised within the work to end it."""


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
    person: classroom.User | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


_jobs: dict[str, Job] = {}
_lock = threading.Lock()
LOOK_S = 0.5  # between two looks of a waiting job whether it is still wanted
SLICE_S = 4.0  # after which a job lets others go on for as long, if any wait


@dataclass(eq=False)
class _Turn:
    """Somebody's wish for a place: how often it has had one, when it came, and since when it has one now."""

    person: classroom.User | None
    slices: int = 0
    number: int = 0
    since: float = 0.0


class Places:
    """So many may compute at once; the others wait, or pause, for their turn.

    Who has had the fewest turns goes first, so that short work never waits until long work has ended. In a class that
    is counted by person, for as long as the person has work here; one of a person's computes at once.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._had: dict[classroom.User, int] = {}  # turns, by who has work here
        self._numbers = itertools.count()
        self._waiting: list[_Turn] = []
        self._computing: list[_Turn] = []
        self._changed = threading.Condition()

    @contextmanager
    def held(self, person: classroom.User | None, wanted: Callable[[], None]) -> Iterator[Callable[[], None]]:
        """Wait for a place, and keep it within. Yields a function to call often, without holding any lock: it lets
        others go on where they have waited long enough.

        Args:
            wanted: called while this waits; raises if that makes no sense any more.
        """
        turn = _Turn(person)
        self._wait(turn, wanted)

        def share() -> None:
            if time.monotonic() - turn.since < SLICE_S:
                return
            with self._changed:
                if any(self._may_follow(one, turn) for one in self._waiting):
                    self._computing.remove(turn)
                    self._changed.notify_all()
                    turn.slices += 1
                    self._wait(turn, wanted)

        try:
            yield share
        finally:
            self._leave(turn)

    def waits(self, person: classroom.User) -> bool:
        """Whether this person waits for a place already."""
        with self._changed:
            return any(one.person == person for one in self._waiting)

    def _wait(self, turn: _Turn, wanted: Callable[[], None]) -> None:
        with self._changed:
            turn.number = next(self._numbers)
            self._waiting.append(turn)
            if turn.person:  # who has just come is next, and then one of many
                self._had.setdefault(turn.person, min(self._had.values(), default=1) - 1)
            try:
                while self._next() is not turn:
                    self._changed.wait(LOOK_S)
                    wanted()
                turn.since = time.monotonic()
                self._computing.append(turn)
                if turn.person:
                    self._had[turn.person] += 1
            finally:
                self._waiting.remove(turn)
                self._forget(turn.person)
                self._changed.notify_all()

    def _leave(self, turn: _Turn) -> None:
        with self._changed:
            if turn in self._computing:
                self._computing.remove(turn)
                self._forget(turn.person)
                self._changed.notify_all()

    def _forget(self, person: classroom.User | None) -> None:
        if person and not any(one.person == person for one in (*self._waiting, *self._computing)):
            self._had.pop(person, None)

    def _next(self) -> _Turn | None:
        """Whose turn it is, if there is a place."""
        if len(self._computing) >= self._count:
            return None
        busy = [one.person for one in self._computing if one.person]
        free = [one for one in self._waiting if one.person not in busy]
        return min(free, key=self._rank, default=None)

    def _rank(self, one: _Turn) -> tuple[int, int]:
        return (self._had[one.person] if one.person else one.slices), one.number

    def _may_follow(self, one: _Turn, leaving: _Turn) -> bool:
        busy = [other.person for other in self._computing if other.person and other is not leaving]
        return one.person not in busy and (one.person is None or one.person != leaving.person)


_places = {kind: Places(count) for kind, count in AT_ONCE.items()}


def begin(work: Callable[[ProgressCallback], Any], kind: Literal["compute", "fetch"] = "compute") -> str:
    """Start `work` in a thread; returns the job's id. `work` gets a function to report to; it must be called often.

    A job that nobody asks for any more ends as if it had been cancelled.

    Raises:
        RunError: far too many are waiting.
    """
    job, name = Job(person=classroom.current_user()), secrets.token_urlsafe(12)
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


def _do(job: Job, work: Callable[[ProgressCallback], Any], kind: str) -> None:
    def check() -> None:
        if job.cancelled.is_set() or time.monotonic() - job.asked > ABANDONED_S:
            raise _Cancelled

    try:
        with _places[kind].held(job.person, check) as share, disk_in_words():

            def look(part: float, shown: Any = None) -> None:
                job.part = part
                if shown is not None:
                    job.shown = shown
                check()
                share()

            with _lock:
                check()
                job.state = "running"
            with classroom.acting_as(job.person):
                result = work(look)
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
