"""Trainings killed at any moment, and the app killed while they train."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from aigc_core.common.paths import PROJECT
from aigc_core.evaluation import quality_gate
from aigc_core.families import FAMILIES
from aigc_core.runs.checkpoint_index import CheckpointIndex, Mark
from aigc_core.runs.listing import list_runs, run_named
from aigc_core.runs.run import Run
from aigc_core.serving.api import run_actions, run_views
from aigc_core.training.trainer import fit
from tests.helpers.browser import strict_page
from tests.helpers.processes import wait_for
from tests.helpers.runs import (
    GAN_AND_SLOWLY_ALL,
    TINY,
    assert_same_events,
    assert_same_marks,
    assert_same_weights,
    tiny,
)
from tests.helpers.servers import app_of, listening, serving
from tests.helpers.tally import Tally

# Imports torch once; each line on stdin is a run, trained in a process of its own, whose number is answered.
NURSERY = """
import os, pathlib, sys
import torch
from aigc_core.training import trainer
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
torch.set_num_threads(1)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.setsid()
        try:
            trainer.fit(Run(pathlib.Path(line.strip())))
        finally:
            os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


@contextmanager
def nursery() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", NURSERY], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def train(process: subprocess.Popen[str], run: Run, kill: Callable[[], bool] = lambda: False) -> bool:
    """Train a run from where it stands; SIGKILL it as soon as `kill` says so. Returns whether it was killed."""
    assert process.stdin and process.stdout
    process.stdin.write(f"{run.path}\n")
    process.stdin.flush()
    child = int(process.stdout.readline())
    attempt, killed = run.status().attempt, False
    while not killed and run.status().attempt == attempt and run.status().state != "done":
        time.sleep(0.001)
    while not killed and run.status().state not in ("done", "failed"):
        if kill():
            os.kill(child, signal.SIGKILL)
            killed = True
        time.sleep(0.0005)
    assert process.stdout.readline() == "gone\n"
    return killed


def kill_and_compare(family: str, kills: int, place: Path, tally: Tally) -> None:
    """Kill trainings of a family so often, at moments of all kinds, and compare each with an undisturbed one."""
    config = tiny(family, steps=60, ema=0.9, checkpoint_every=3, sample_every=2, device="cpu")
    whole = Run.create(config, place / "whole")
    chance = random.Random(0)
    done, within, torn = 0, 0, 0
    with nursery() as process:
        train(process, whole)
        while done < kills:
            run = Run.create(config, place / f"killed-{done}")
            for _ in range(min(chance.randint(1, 10), kills - done)):
                if chance.random() < 0.5:  # at some moment, or within the writing of a checkpoint
                    end = time.monotonic() + chance.random() * 0.4
                    killed = train(process, run, lambda end=end: time.monotonic() > end)  # type: ignore[misc]
                else:
                    killed = train(process, run, lambda run=run: any(run.path.glob(".step_*.partial")))  # type: ignore[misc]
                if not killed or run.status().state == "done":  # it was over just before
                    break
                assert run.status().state == "interrupted"
                done += 1
                within += any(run.path.glob(".step_*.partial"))
                if chance.random() < 0.3:  # what a power cut leaves of the last line
                    events = run.path / "events.jsonl"
                    events.write_bytes(events.read_bytes()[: -chance.randint(1, 20)])
                    torn += 1
            train(process, run)
            assert_same_weights(run, whole)
            assert_same_events(run, whole)
            assert_same_marks(run, whole)
            assert not list(run.path.glob(".step_*.partial")), "halves are left"
    tally(f"{family}: SIGKILL of the trainer, then to the end: same weights, same events", done)
    tally(f"{family}: … of these within the writing of a checkpoint", within)
    tally(f"{family}: … of these with a torn last event", torn)
    assert within


@pytest.mark.parametrize("family", GAN_AND_SLOWLY_ALL)
def test_trainings_killed_at_any_moment_end_as_if_they_had_not_been(family: str, tmp_path: Path, tally: Tally) -> None:
    kill_and_compare(family, 5, tmp_path, tally)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("family", FAMILIES)
def test_two_hundred_kills(family: str, tmp_path: Path, tally: Tally) -> None:
    kill_and_compare(family, 70, tmp_path, tally)


def test_a_run_killed_between_checkpoint_and_marks_ends_with_the_same_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny("vae")
    whole, run = Run.create(config, tmp_path / "whole"), Run.create(config, tmp_path / "killed")
    fit(whole)

    def killed_at_the_end(self: CheckpointIndex, mark: Mark, step: int) -> None:
        if step >= config.steps:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(CheckpointIndex, "mark", killed_at_the_end)
        fit(run)
    assert run.checkpoints.steps()[-1] == config.steps != run.checkpoints.marked("last")
    fit(run)
    assert_same_marks(run, whole)


def test_a_run_killed_while_it_is_judged_can_be_judged_again(own_place: Path, tally: Tally) -> None:
    name = run_actions.start("vae", TINY["vae"] | {"steps": 5, "device": "cpu"})
    run = run_named(name)
    wait_for(lambda: run.status().state == "done")
    os.kill(int(str(run.status().process).split("|")[2]), signal.SIGKILL)
    wait_for(lambda: not run.status().alive())
    assert quality_gate.judgement(run) is None and run_views.examine(name)["unjudged"]
    run_actions.request(name, "resume")
    wait_for(lambda: quality_gate.judgement(run) is not None)
    assert not run_views.examine(name)["unjudged"]
    tally("SIGKILL while the model is judged: it can be judged again", 1)


@pytest.mark.browser
def test_a_training_outlives_the_app_and_the_next_app_finds_it(own_place: Path, browser: Browser, tally: Tally) -> None:
    with app_of(own_place) as address:
        with strict_page(browser) as page:
            page.goto(address)
            page.click("#start")
            expect(page.locator("#watch .state")).to_have_text("training", timeout=60_000)
        os.kill(listening(address), signal.SIGKILL)
        (run,) = (run for run in list_runs() if not run.shipped)
        step = run.status().step
        wait_for(lambda: run.status().step > step + 5, 180)  # networks may be measured first
    with serving(own_place) as address, strict_page(browser) as page:
        page.goto(address)
        expect(page.locator("#watch .state")).to_have_text("training", timeout=30_000)
        page.click("[data-ask=stop]")
        expect(page.locator("#watch .state")).to_have_text("stopped", timeout=30_000)
    assert run.status().state == "stopped" and run.checkpoints.steps()
    tally("SIGKILL of the app: the training goes on, the next app steers it", 1)
