"""Folders that fill up, cannot be written, vanish, hold five hundred runs or old ones, or serve two apps."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from aigc_core.common.errors import RunError, TrainingError
from aigc_core.common.paths import PROJECT
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving import launch
from aigc_core.serving.api import run_actions, run_views
from aigc_core.training.trainer import fit
from tests.helpers.browser import strict_page
from tests.helpers.client import Client
from tests.helpers.processes import command, wait_for
from tests.helpers.runs import TINY, Trained, assert_same_events, assert_same_marks, assert_same_weights, tiny
from tests.helpers.servers import serving
from tests.helpers.tally import Tally

MANY = 500


@contextmanager
def disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own size."""
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("only root may mount a disk to fill")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_stops_the_training_and_room_lets_it_go_on_as_if_nothing_had_been(
    tmp_path: Path, tally: Tally
) -> None:
    config = tiny("vae", steps=60, width=64, keep_checkpoints=50)  # some 90 MB
    whole = Run.create(config, tmp_path / "whole")
    fit(whole)
    for spare_mb in (0.3, 8, 50):
        with disk(tmp_path / f"disk-{spare_mb}", 200) as place:
            run = Run.create(config, place / "run")
            full = place / "other-people-s-files"
            free = shutil.disk_usage(place).free
            full.write_bytes(bytes(free - round(1e6 * spare_mb)))
            with pytest.raises(TrainingError, match="space"):
                fit(run)
            assert Run(run.path).config() == config, "its settings are lost"
            full.unlink()
            assert fit(run).state == "done"
            assert_same_weights(run, whole)
            assert_same_events(run, whole)
            assert_same_marks(run, whole)
    tally("disk full at different moments: a sentence, and after making room the same weights", 3)


@pytest.mark.slow
def test_a_full_disk_takes_no_new_run_and_the_pages_go_on(tmp_path: Path, browser: Browser, tally: Tally) -> None:
    with disk(tmp_path / "disk", 30) as place:
        (place / "runs").mkdir()
        (place / "full").write_bytes(bytes(shutil.disk_usage(place).free))
        with serving(tmp_path, AIGC_RUNS=str(place / "runs")) as address, strict_page(browser) as page:
            page.goto(address)
            page.click("#start")
            expect(page.get_by_text("No space left on device")).to_be_visible(timeout=30_000)
            page.goto(address + "latent")
            expect(page.locator("[data-role=picture], canvas").first).to_be_visible(timeout=30_000)
    tally("disk full before the start: a sentence, and the pages work", 1)


def test_a_folder_that_cannot_be_written_is_a_sentence_and_the_models_that_came_along_work(
    tmp_path: Path, browser: Browser, tally: Tally
) -> None:
    with disk(tmp_path / "disk", 10) as place:
        kept = Run.create(tiny("vae"), place / "runs" / "kept")
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        done = command("train", "vae", "--data", "digits8", "--steps", "1", env={"AIGC_RUNS": str(place / "runs")})
        assert done.returncode and "Read-only" in done.stderr and "Traceback" not in done.stderr
        for word in ("stop", "resume"):
            done = command(word, kept.name, env={"AIGC_RUNS": str(place / "runs")})
            assert done.returncode and "Read-only" in done.stderr and "Traceback" not in done.stderr
        with serving(tmp_path, AIGC_RUNS=str(place / "runs")) as address, strict_page(browser) as page:
            status, answer = Client(address).call("pin", {"run": kept.name, "keep": True})
            assert status == 200 and answer["error"]["key"] == "run.disk", answer
            page.goto(address)
            page.click("#start")
            expect(page.get_by_text("Read-only file system")).to_be_visible(timeout=30_000)
            expect(page.locator("#estimate")).to_contain_text("about", timeout=60_000)  # which was asked for before
            expect(page.get_by_text("Read-only file system")).to_be_visible()
            page.goto(address + "text")
            page.fill("[data-role=prompt]", "Once")
            page.click("[data-do=write]")
            expect(page.locator(".sample .spans .token").first).to_be_visible(timeout=30_000)
    tally("a folder that cannot be written: a sentence, and the shipped models work", 2)


def test_a_run_whose_folder_is_deleted_ends_its_training_and_nothing_else(own_place: Path, tally: Tally) -> None:
    gone, other = (Run.create(tiny("vae", steps=100_000, compile="off")) for _ in range(2))
    processes = []
    for run in (gone, other):
        run.control.request("start")
        process = subprocess.Popen(
            [sys.executable, "-m", "aigc_core", "resume", str(run.path)],
            cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        processes.append(process)
    try:
        wait_for(lambda: gone.status().step > 5 and other.status().step > 5)
        while gone.path.exists():
            shutil.rmtree(gone.path, ignore_errors=True)  # while files come into it
        _, said = processes[0].communicate(timeout=30)
        assert processes[0].returncode and "Error: " in said and "Traceback" not in said
        assert not gone.path.exists() and [row["name"] for row in run_views.runs()] == [other.name]
        step = other.status().step
        wait_for(lambda: other.status().step > step)
    finally:
        other.control.request("stop")
        assert processes[1].wait(30) == 0
        assert processes[1].stderr
        processes[1].stderr.close()
    with pytest.raises(RunError, match="any more"):
        run_views.follow(gone.name)
    tally("a run deleted while it trains: its training ends with a sentence, another's goes on", 1)


def test_a_clock_that_is_set_back_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    config = tiny("vae", steps=40)
    whole, run = Run.create(config, tmp_path / "whole"), Run.create(config, tmp_path / "back")
    fit(whole)
    real, calls = time.time, 0

    def jumping() -> float:
        nonlocal calls
        calls += 1
        return real() + (86_400, -86_400, 1.0)[calls // 20 % 3]

    monkeypatch.setattr(time, "time", jumping)
    states = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            if (status := run.status()).process:
                states.append(status.state)
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    fit(run)
    ended.set()
    watcher.join()
    assert states and "interrupted" not in states
    assert_same_weights(run, whole)
    assert_same_events(run, whole)
    tally("a clock that jumps a day ahead and back while it trains: same weights and events", 1)


@pytest.mark.slow
def test_two_apps_on_one_folder_are_one_queue(own_place: Path, tally: Tally) -> None:
    with serving(own_place) as first, serving(own_place) as second:
        one, two = Client(first), Client(second)
        endless = TINY["vae"] | {"steps": 1_000_000, "device": "cpu", "compile": "off"}
        names = [run_actions.start("vae", endless)]
        wait_for(lambda: run_named(names[0]).status().step > 0, 120)
        names.append(run_actions.start("vae", endless))
        wait_for(lambda: (one.ask("follow", run=names[1])["status"]["message"] or {}).get("key") == "queue.place", 120)
        assert two.ask("ask", run=names[0], what="stop") is True
        wait_for(lambda: one.ask("follow", run=names[1])["status"]["step"] > 0, 120)
        assert one.ask("follow", run=names[0])["status"]["state"] == "stopped"
        assert one.ask("ask", run=names[1], what="stop") is True
        wait_for(lambda: two.ask("follow", run=names[1])["status"]["state"] == "stopped", 120)
        assert one.ask("runs") == two.ask("runs")
    tally("two apps on one folder: one queue, and either steers what the other shows", 1)


def test_five_hundred_runs_are_listed_in_a_second(own_place: Path, trained: Trained, tally: Tally) -> None:
    for number in range(MANY):
        shutil.copytree(trained("vae").path, own_place / "runs" / f"20260101-{number:06d}-vae-digits8-abcd")
    with serving(own_place) as address:
        client = Client(address)
        client.ask("code_of_seed", run="gan-mnist", seed=1)  # torch is there
        times = []
        for question in ("runs", "page", "runs", "page"):
            start = time.monotonic()
            rows = client.page() if question == "page" else client.ask("runs")
            times.append(time.monotonic() - start)
            assert question == "page" or len(rows) >= MANY
    assert times[0] < 2.0, times  # reads them all, while other tests compute
    assert max(times[1:]) < 1.0, times
    tally(f"{MANY} runs in the folder: page and list each in under a second", len(times))


def test_a_run_of_an_older_version_opens_and_goes_on(tmp_path: Path, trained: Trained, tally: Tally) -> None:
    run = Run(tmp_path / "runs" / "older")
    shutil.copytree(trained("vae").path, run.path)
    made = json.loads((run.path / "config.json").read_text())
    newer = ("compile", "gate", "tries", "optimiser", "optimizer", "ema", "evaluate_every")
    made["config"] = {key: value for key, value in made["config"].items() if key not in newer} | {"steps": 18}
    (run.path / "config.json").write_text(json.dumps(made))
    old = {"state": "running", "step": 8, "total_steps": 12, "attempt": 1, "pid": 12345, "pid_started": 1.0}
    (run.path / "status.json").write_text(json.dumps(old))
    for later in ("judgement.json", ".beat"):
        (run.path / later).unlink(missing_ok=True)
    assert run.status().state == "interrupted"
    assert run_views.describe("older")["settings"]["compile"] and run_views.examine("older")["judgement"] is None
    assert model_cache.pictures(run, ImageRequest(2)).shape[0] == 2
    status = fit(run)
    assert status.state == "done" and status.step == 18
    tally("a run of an older version: seen, used and trained on", 1)


def test_a_number_that_belongs_to_another_process_by_now_is_no_training(own_place: Path, tally: Tally) -> None:
    run = Run.create(tiny("vae"))
    other = subprocess.Popen(["sleep", "60"])
    try:
        from aigc_core.common.process_identity import identity

        status = run.status()
        status.state, status.process = "running", identity(other.pid)[:-1]
        run.set_status(status)
        assert run.status().state == "interrupted"
        launch.start(run)
        wait_for(lambda: run.status().state == "done")
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    tally("a status whose process number now belongs to another: interrupted, and goes on when asked", 1)
