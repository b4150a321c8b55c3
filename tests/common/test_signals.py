"""Signals as a wish to stop, in processes of their own."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from aigc_core.common.paths import PROJECT
from tests.helpers.tally import Tally

if os.name != "posix":
    pytest.skip("Windows cannot send itself these", allow_module_level=True)

LOOP = """
import sys, time
from aigc_core.common.signals import SignalHandler
with SignalHandler() as signals:
    print("ready", flush=True)
    end = time.monotonic() + float(sys.argv[1])
    while not signals.asked and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.3)  # what is still written then must not be cut off by a second one
print("asked" if signals.asked else "never", flush=True)
"""


def as_usual() -> None:
    """Whatever the tests were started to ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def heard(*sent: signal.Signals, before: tuple[str, ...] = (), wait_s: float = 20) -> tuple[str, int]:
    """What the loop says when it gets these signals, and how it ends."""
    words = [*before, sys.executable, "-c", LOOP, str(wait_s)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(words, cwd=PROJECT, preexec_fn=as_usual, **pipes) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        for one in sent:
            process.send_signal(one)
        return process.stdout.read().strip(), process.wait(timeout=30)


def test_whatever_closes_a_terminal_or_a_machine_is_a_wish(tally: Tally) -> None:
    ways = [
        (signal.SIGINT,), (signal.SIGTERM,), (signal.SIGHUP,), (signal.SIGHUP, signal.SIGHUP),
        (signal.SIGTERM, signal.SIGHUP), (signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM),
    ]  # fmt: skip
    for way in ways:
        assert heard(*way) == ("asked", 0), way
    tally("ways to end a process: it stops once what it does is done", len(ways))


def test_a_second_interrupt_means_now() -> None:
    said, code = heard(signal.SIGINT, signal.SIGINT)
    if said == "asked":  # both came before Python looked, which makes one of them
        pytest.skip("the two became one")
    assert said == "" and code != 0


def test_what_was_to_be_ignored_stays_ignored() -> None:
    assert heard(signal.SIGHUP, before=("nohup",), wait_s=0.5) == ("never", 0)
    assert heard(signal.SIGTERM, before=("nohup",)) == ("asked", 0)
    background = ("bash", "-c", '"$@" & wait $!', "bash")  # a script's background jobs ignore SIGINT
    assert heard(before=background, wait_s=0.1) == ("never", 0)


def test_handlers_go_back_to_what_they_were() -> None:
    from aigc_core.common.signals import WISHES, SignalHandler

    numbers = [getattr(signal, name) for name in WISHES if hasattr(signal, name)]
    numbers = [one for one in numbers if signal.getsignal(one) is not signal.SIG_IGN]
    before = [signal.getsignal(one) for one in numbers]
    with SignalHandler(later=True) as handler:
        assert [signal.getsignal(one) for one in numbers] == before
        handler.listen()
        assert all(signal.getsignal(one) != old for one, old in zip(numbers, before, strict=True))
    assert [signal.getsignal(one) for one in numbers] == before
    handler.listen()  # nobody would take it back
    assert [signal.getsignal(one) for one in numbers] == before


def test_a_system_without_some_of_them_has_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from aigc_core.common.signals import SignalHandler

    monkeypatch.delattr(signal, "SIGHUP")  # as on Windows
    with SignalHandler() as handler:
        os.kill(os.getpid(), signal.SIGTERM)
        assert handler.asked
