"""How long work says how far it is."""

import threading
from collections.abc import Callable
from typing import Any

LOOK_EVERY_S = 0.1

# The part done (0 to 1; 0 where nobody can know), and what is being done or can be shown already. It may pause or end
# the work, so no lock must be held meanwhile.
ProgressCallback = Callable[[float, Any], None]


def silent(part: float, shown: object) -> None:
    """For whoever shows no progress."""


def interruptible(work: Callable[[], object], look: Callable[[], None]) -> None:
    """Do work that cannot say how far it is, in a thread of its own, and `look` ten times a second meanwhile.

    So a signal is heard, and `look` may end the waiting by raising: the work then goes on unseen until it is done, or
    the process ends. Whatever the work raises is raised here.
    """
    problems: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as problem:  # noqa: BLE001  # raised again below
            problems.append(problem)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        look()
        thread.join(LOOK_EVERY_S)
    if problems:
        raise problems[0]
