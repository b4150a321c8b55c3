"""Long use leaves nothing behind: no memory, threads, file handles or temporary files."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from aigc_core.common.paths import PROJECT
from aigc_core.runs.listing import run_named
from aigc_core.serving.api import run_actions
from tests.helpers.client import Client
from tests.helpers.processes import wait_for
from tests.helpers.runs import TINY
from tests.helpers.servers import listening, serving
from tests.helpers.tally import Tally

MEMORY_GROWTH, MORE_THREADS, MORE_HANDLES, MORE_FILES = 1.1, 10, 10, 5


@dataclass(frozen=True)
class Used:
    """What the app takes at a moment."""

    memory_mb: float
    threads: int
    handles: int
    files: int


def used(app: psutil.Process, temporary: Path) -> Used:
    files = sum(one.is_file() for one in temporary.rglob("*"))
    return Used(app.memory_info().rss / 1e6, app.num_threads(), app.num_fds(), files)


def slide(client: Client, times: int) -> None:
    code = client.ask("code_of_seed", run="gan-mnist", seed=1)
    for number in range(times):
        code[number % len(code)] = -2 + 4 * (number % 97) / 96
        client.ask("draw", run="gan-mnist", points=[{"z": code}])


def write(client: Client, times: int) -> None:
    for number in range(times):
        job = client.ask(
            "write", run="gpt-stories", beginning={"prompt": "Once"}, knobs={"seed": number, "max_new_tokens": 20}
        )
        wait_for(lambda job=job: client.ask("written", job=job, seen=0)["state"] == "done")  # type: ignore[misc]


def start_and_stop(client: Client, model: str, times: int) -> None:
    """Trainings that are stopped while they wait, prepare or train."""
    for number in range(times):
        name = client.ask("again", run=model, changes={"seed": number, "steps": 1_000_000})
        if number % 5 == 0:
            wait_for(lambda name=name: run_named(name).status().step > 0)  # type: ignore[misc]
        else:
            wait_for(lambda name=name: run_named(name).status().process is not None)  # type: ignore[misc]
        client.ask("ask", run=name, what="stop")
        wait_for(lambda name=name: run_named(name).status().state == "stopped")  # type: ignore[misc]
        client.ask("remove", run=name)


def endure(place: Path, slides: int, texts: int, trainings: int, tally: Tally) -> None:
    model = run_actions.start("vae", TINY["vae"] | {"steps": 2, "device": "cpu"})
    wait_for(lambda: run_named(model).status().state == "done")
    with serving(place) as address:
        app, client = psutil.Process(listening(address)), Client(address)
        for _ in range(2):  # all that is kept once, is kept now
            slide(client, 300)
            write(client, 20)
            start_and_stop(client, model, 2)
        before = used(app, place / "gradio")
        slide(client, slides)
        write(client, texts)
        start_and_stop(client, model, trainings)
        wait_for(lambda: used(app, place / "gradio").threads <= before.threads + MORE_THREADS)
        after = used(app, place / "gradio")
    assert after.memory_mb < MEMORY_GROWTH * before.memory_mb, (before, after)
    assert after.handles <= before.handles + MORE_HANDLES, (before, after)
    assert after.files <= before.files + MORE_FILES, (before, after)
    left = [one.name for one in (place / "runs" / ".queue").iterdir() if one.suffix in (".waiting", ".running")]
    assert not left
    grown = f"memory {before.memory_mb:.0f} -> {after.memory_mb:.0f} MB, threads {before.threads} -> {after.threads}"
    tally(f"slider events, with {texts} texts and {trainings} trainings started and stopped ({grown})", slides)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_slider_events_leave_nothing_behind(own_place: Path, tally: Tally) -> None:
    endure(own_place, 10_000, 1_000, 100, tally)


@pytest.mark.slow
def test_a_small_class_gets_its_answers(tally: Tally) -> None:
    """Thirty people for ten minutes: `python benchmarks/load.py`."""
    command = [sys.executable, "benchmarks/load.py", "--quick"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0 and "errors: 0" in done.stdout, done.stdout + done.stderr
    tally("people with sliders, prompts, page loads and trainings for 20 s: no errors", 5)
