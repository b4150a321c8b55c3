"""Trainings at a terminal that closes, in a pipe that nobody reads, and halted for a while."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from aigc_core.common.paths import PROJECT
from aigc_core.runs.run import Run
from aigc_core.training.trainer import fit
from tests.helpers.processes import command, wait_for
from tests.helpers.runs import assert_same_weights, pairs_of, tiny

if os.name != "posix":
    pytest.skip("terminals and signals of POSIX", allow_module_level=True)


def words_of(out: Path, **settings: object) -> list[str]:
    config = tiny("vae", **settings)
    pairs = [word for pair in pairs_of(config) for word in ("--set", pair)]
    return [sys.executable, "-m", "aigc_core", "train", "vae", "--out", str(out), *pairs]


def has_come_to(run: Run, step: int) -> bool:
    return (run.path / "status.json").exists() and run.status().step >= step


def test_closing_the_terminal_saves_and_the_training_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    settings = {"steps": 800, "sample_every": 10_000, "evaluate_every": 10_000, "checkpoint_every": 10_000}
    ours, theirs = os.openpty()
    inside = (
        "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", inside, *words_of(tmp_path / "run", **settings)],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, cwd=PROJECT,
    )  # fmt: skip
    os.close(theirs)
    os.set_blocking(ours, False)
    run = Run(tmp_path / "run")

    def read_until_it_trains() -> bool:
        with suppress(BlockingIOError):
            os.read(ours, 1 << 16)  # as a terminal does
        return has_come_to(run, 10)

    wait_for(read_until_it_trains)
    os.close(ours)  # the terminal's window is gone: the system sends SIGHUP, and takes no more output
    process.wait(timeout=60)
    status = run.status()
    assert status.state == "stopped" and 10 <= status.step < 800, status
    assert run.checkpoints.marked("last") == status.step
    assert command("resume", str(run.path)).returncode == 0
    whole = Run.create(tiny("vae", **settings), tmp_path / "whole")
    fit(whole)
    assert_same_weights(run, whole)


def test_a_pipe_that_nobody_reads_ends_no_training(tmp_path: Path) -> None:
    line = '"$@" 2>/dev/null | head -n 1; exit "${PIPESTATUS[0]}"'
    done = subprocess.run(
        ["bash", "-c", line, "bash", *words_of(tmp_path / "run", steps=3)],
        cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.strip() == str(tmp_path / "run")
    assert Run(tmp_path / "run").status().state == "done"


def test_time_in_which_a_training_is_halted_is_no_training(tmp_path: Path) -> None:
    """Its minutes, speed, time left and energy are those of the time in which it could compute."""
    words = words_of(tmp_path / "run", steps=1, minutes=0.05, sample_every=10**6, evaluate_every=10**6)
    words[words.index("checkpoint_every=4")] = "checkpoint_every=1000000"
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        run = Run(tmp_path / "run")
        wait_for(lambda: has_come_to(run, 1))
        begun = time.monotonic() - run.status().elapsed_s
        process.send_signal(signal.SIGSTOP)
        time.sleep(5)  # longer than all the minutes it has
        before = run.status()
        process.send_signal(signal.SIGCONT)
        process.wait(timeout=60)
        wall_s = time.monotonic() - begun
    status = run.status()
    assert status.state == "done" and 3 <= status.elapsed_s < 5 and wall_s > 7.5
    assert status.step > before.step
    assert status.energy_j < 12 * 4 * status.elapsed_s
    seconds = [event["seconds"] for event in run.events()[0] if event["kind"] == "metrics"]
    assert max(seconds) < 5 and max(b - a for a, b in pairwise(seconds)) < 2
