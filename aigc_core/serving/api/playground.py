"""What the Lab page asks: experiments that live in this process, one for each open page."""

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aigc_core.common.errors import RunError
from aigc_core.demos.playground.settings import PlaygroundSettings, playground_settings

if TYPE_CHECKING:
    from aigc_core.demos.playground.experiment import Experiment

MOST_OPEN = 100  # experiments; the one that was longest untouched goes first
MOST_STEPS = 200  # in one request
LONGEST_S = 0.1  # of one request's steps, so that a page stays fluent and others get their turn


@dataclass
class _Open:
    experiment: "Experiment"
    lock: threading.Lock = field(default_factory=threading.Lock)


_open: OrderedDict[str, _Open] = OrderedDict()
_lock = threading.Lock()


def defaults() -> dict[str, Any]:
    """Every setting of the lab with its default."""
    return PlaygroundSettings().model_dump()


def start(settings: dict[str, Any]) -> dict[str, Any]:
    """A new experiment: {"lab": its name, "view": see `aigc_core.demos.playground.experiment.Experiment.view`}.

    Raises:
        ConfigError: a setting is impossible.
    """
    chosen = playground_settings(settings)
    from aigc_core.demos.playground.experiment import Experiment

    name, opened = secrets.token_urlsafe(12), _Open(Experiment(chosen))
    with _lock:
        _open[name] = opened
        while len(_open) > MOST_OPEN:
            _open.popitem(last=False)
    return {"lab": name, "view": advance(name, settings, 0, "both")}


def advance(name: str, settings: dict[str, Any], steps: int, which: Any) -> dict[str, Any]:
    """Take over settings, move on by up to `steps` (0 to `MOST_STEPS`, within `LONGEST_S`), and look.

    Args:
        which: "both", or only "d" or "g".

    Raises:
        ConfigError: a setting is impossible. RunError: the experiment is no longer open.
    """
    chosen = playground_settings(settings)
    with _lock:
        if name not in _open:
            raise RunError("lab.gone", "This experiment is no longer open; start it again.")
        _open.move_to_end(name)
        opened = _open[name]
    from aigc_core.common.device import threads

    with opened.lock, threads(1):  # networks so small that a second thread only costs time
        if chosen != opened.experiment.settings:
            opened.experiment.change(chosen)
        end = time.monotonic() + LONGEST_S
        for _ in range(min(max(0, steps), MOST_STEPS)):
            opened.experiment.step(which if which in ("d", "g") else "both")
            if time.monotonic() > end:
                break
        view = opened.experiment.view()
    return view | {"heat": view["heat"].tobytes()}
