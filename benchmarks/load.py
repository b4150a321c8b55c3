"""Thirty people for ten minutes: page loads, sliders, prompts, three trainings. Prints the p95 of each and the memory.

    python benchmarks/load.py            # or --quick (five people, twenty seconds); --people 30 --minutes 10

The people are threads that send what a browser would send, so the machine's cores are the server's and the trainings'.
`benchmarks/lesson.py` does a lesson with true browsers.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from aigc_core.common.errors import AigcError
from aigc_core.serving.api import run_actions, run_views
from benchmarks.peers import header, show_waits
from tests.helpers.client import Client
from tests.helpers.servers import listening, serving

TRAININGS = 3
PAGES = ("", "latent", "text", "compare")
SETTINGS = {"data": "digits", "steps": 200, "device": "cpu"}


class Class:
    """What happened: seconds of each action, errors, and the server's memory over time."""

    def __init__(self, address: str, end: float) -> None:
        self.address, self.end = address, end
        self.times: dict[str, list[float]] = defaultdict(list)
        self.problems: list[str] = []
        self.megabytes: list[float] = []

    @contextmanager
    def timed(self, action: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.times[action].append(time.perf_counter() - start)

    def over(self) -> bool:
        return time.monotonic() > self.end

    def guarded(self, work: Callable[..., None], *given: Any) -> threading.Thread:
        def whole() -> None:
            while not self.over():
                try:
                    work(*given)
                except Exception as problem:  # noqa: BLE001 — each is counted, and the class goes on
                    self.problems.append(f"{type(problem).__name__}: {str(problem)[:300]}")
                    time.sleep(1)

        thread = threading.Thread(target=whole)
        thread.start()
        return thread


def student(lesson: Class, number: int) -> None:
    """A minute or so of what one does: look in, drag a slider, write a text, watch."""
    chance = random.Random(number + time.monotonic_ns())
    with lesson.timed("open a page"):
        client = Client(lesson.address)
        client.page(chance.choice(PAGES))
    with lesson.timed("the list of runs"):
        runs = client.ask("runs")
    model = chance.choice(("gan-mnist", "gan-fashion", "vae-mnist"))
    code = client.ask("code_of_seed", run=model, seed=chance.randrange(1000))
    for move in range(20):
        if lesson.over():
            return
        code[0] = -2 + move / 5
        with lesson.timed("a slider, until the picture is there"):
            client.ask("draw", run=model, points=[{"z": code}])
        time.sleep(0.1)
    _write(lesson, client, chance.randrange(1000))
    watched = chance.choice(runs)["name"]
    cursor = ""
    for _ in range(10):
        if lesson.over():
            return
        with lesson.timed("what is new in a training"):
            cursor = client.ask("follow", run=watched, cursor=cursor)["cursor"]
        time.sleep(0.7)


def _write(lesson: Class, client: Client, seed: int) -> None:
    beginning, knobs = {"prompt": "Once upon a time"}, {"seed": seed, "max_new_tokens": 100}
    start, first = time.perf_counter(), None
    job = client.ask("write", run="gpt-stories", beginning=beginning, knobs=knobs)
    while True:
        found = client.ask("written", job=job, seen=0)
        assert found["state"] != "failed", found
        if first is None and found["samples"]:
            first = time.perf_counter() - start
            lesson.times["a prompt, until the first letters"].append(first)
        if found["state"] == "done":
            break
        time.sleep(0.1)
    lesson.times["a prompt, until 100 tokens are there"].append(time.perf_counter() - start)


def trainer(lesson: Class) -> None:
    """One training after the other, as the page would start them."""

    name, start = run_actions.start("gan", SETTINGS), time.perf_counter()
    while run_views.follow(name)["status"]["state"] != "done":
        if lesson.over():
            with suppress(AigcError):  # it may just have ended
                run_actions.request(name, "stop")
            return
        time.sleep(0.5)
    lesson.times["a training of 200 steps, waiting included"].append(time.perf_counter() - start)


def watch_memory(lesson: Class, server: psutil.Process) -> None:
    lesson.megabytes.append(server.memory_info().rss / 1e6)
    time.sleep(1)


def play(people: int, minutes: float) -> Class:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return _play(Path(folder), people, minutes)


def _play(place: Path, people: int, minutes: float) -> Class:
    (place / "runs").mkdir()
    os.environ["AIGC_RUNS"] = str(place / "runs")
    os.environ["AIGC_SLOTS"] = "2"
    with serving(place) as address:
        server = psutil.Process(listening(address))
        lesson = Class(address, time.monotonic() + 60 * minutes)
        threads = [lesson.guarded(student, lesson, number) for number in range(people)]
        threads += [lesson.guarded(trainer, lesson) for _ in range(TRAININGS)]
        threads.append(lesson.guarded(watch_memory, lesson, server))
        for one in threads:
            one.join()
    return lesson


def show(lesson: Class) -> None:
    show_waits(lesson.times)
    fifth = max(1, len(lesson.megabytes) // 5)
    early, late = (statistics.median(part) for part in (lesson.megabytes[fifth : 2 * fifth], lesson.megabytes[-fifth:]))
    print(f"  memory of the app: {early:.0f} MB in the second fifth of the time, {late:.0f} MB in the last")
    print(f"  errors: {len(lesson.problems)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--quick", action="store_true", help="five people, twenty seconds")
    given = parser.parse_args()
    people, minutes = (5, 1 / 3) if given.quick else (given.people, given.minutes)
    header()
    lesson = play(people, minutes)
    print(f"{people} people, {TRAININGS} trainings at a time, {60 * minutes:.0f} s")
    show(lesson)
    if lesson.problems:
        print("\n".join(["problems:", *lesson.problems[:20]]))
        sys.exit(1)


if __name__ == "__main__":
    main()
