"""So many may compute at once; the others wait, or pause, for their turn."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aigc_core.serving.classroom.users import User

POLL_S = 0.5  # how often one that waits is asked whether it is still wanted
SLICE_S = 4.0  # after which one lets others go on for as long, if any wait


@dataclass(eq=False)
class _Request:
    """Somebody's wish for a slot: how often it has had one, when it came, and since when it has one now."""

    user: User | None
    slices: int = 0
    number: int = 0
    since: float = 0.0


class FairSlots:
    """A semaphore whose slots go round among those who want one.

    Who has had the fewest turns goes first, so that short work never waits until long work has ended. In a class that
    is counted by person, for as long as the person has work here; one of a person's computes at once.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._had: dict[User, int] = {}  # turns, by who has work here
        self._numbers = itertools.count()
        self._waiting: list[_Request] = []
        self._computing: list[_Request] = []
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, user: User | None, check_wanted: Callable[[], None]) -> Iterator[Callable[[], None]]:
        """Wait for a slot, and keep it within. Yields a function to call often, without holding any lock: it lets
        others go on where they have waited long enough.

        Args:
            check_wanted: called while this waits; raises if that makes no sense any more.
        """
        request = _Request(user)
        self._wait(request, check_wanted)

        def give_way() -> None:
            if time.monotonic() - request.since < SLICE_S:
                return
            with self._changed:
                if any(self._may_follow(one, request) for one in self._waiting):
                    self._computing.remove(request)
                    self._changed.notify_all()
                    request.slices += 1
                    self._wait(request, check_wanted)

        try:
            yield give_way
        finally:
            self._leave(request)

    def is_waiting(self, user: User) -> bool:
        """Whether this person waits for a slot already."""
        with self._changed:
            return any(one.user == user for one in self._waiting)

    def _wait(self, request: _Request, check_wanted: Callable[[], None]) -> None:
        with self._changed:
            request.number = next(self._numbers)
            self._waiting.append(request)
            if request.user:  # who has just come is next, and then one of many
                self._had.setdefault(request.user, min(self._had.values(), default=1) - 1)
            try:
                while self._next() is not request:
                    self._changed.wait(POLL_S)
                    check_wanted()
                request.since = time.monotonic()
                self._computing.append(request)
                if request.user:
                    self._had[request.user] += 1
            finally:
                self._waiting.remove(request)
                self._forget(request.user)
                self._changed.notify_all()

    def _leave(self, request: _Request) -> None:
        with self._changed:
            if request in self._computing:
                self._computing.remove(request)
                self._forget(request.user)
                self._changed.notify_all()

    def _forget(self, user: User | None) -> None:
        if user and not any(one.user == user for one in (*self._waiting, *self._computing)):
            self._had.pop(user, None)

    def _next(self) -> _Request | None:
        """Whose turn it is, if there is a slot."""
        if len(self._computing) >= self._count:
            return None
        busy = [one.user for one in self._computing if one.user]
        free = [one for one in self._waiting if one.user not in busy]
        return min(free, key=self._rank, default=None)

    def _rank(self, one: _Request) -> tuple[int, int]:
        return (self._had[one.user] if one.user else one.slices), one.number

    def _may_follow(self, one: _Request, leaving: _Request) -> bool:
        busy = [other.user for other in self._computing if other.user and other is not leaving]
        return one.user not in busy and (one.user is None or one.user != leaving.user)
