"""A lesson, played by browsers: join, train, move a slider, write a prompt, read the wall. Prints tables.

    python benchmarks/lesson.py            # thirty students, 400 steps each, or --quick; --students 30 --steps 400

One app in class mode, one wall, one Chromium with a context for each student and one for the teacher, all on this
machine, whose cores the browsers share with the trainings: a class has computers of its own. At the end the students'
models are compared with noise: how far they are from held-out digits.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from playwright.async_api import Browser, Page, async_playwright

from aigc_core.common.errors import AigcError
from aigc_core.data.datasets import load_data
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.evaluation.evaluate import evaluate
from aigc_core.families import config_class
from aigc_core.families.config import make_config
from aigc_core.metrics.sample_quality import SampleQuality
from aigc_core.runs.run import Run
from benchmarks.peers import header, show_waits
from tests.helpers.browser import CHROMIUM, QUIET
from tests.helpers.servers import serving, wall

PATIENCE_MS = 300_000
ARRIVING_S = 9.0  # between two students who come in: on one machine their browsers share its cores
MOVES = 10
MOVE = """async (value) => {
  const root = document.querySelector(".aigc-latent"), slider = document.querySelector(".slider input[type=range]");
  const drawn = new Promise((resolve) => root.addEventListener("drawn", resolve, { once: true }));
  slider.value = value;
  const start = performance.now();
  slider.dispatchEvent(new Event("input"));
  await drawn;
  return (performance.now() - start) / 1000;
}"""

ALIVE = "document.querySelector('.aigc-top nav') && !document.querySelector('[data-waiting]')"
ENDED = "/ (done|failed|stopped)/.test(document.querySelector('[data-role=state]').className)"
MINE = "(who) => document.querySelector('[data-role=facts]')?.textContent.includes(who)"
LINK = "?family=gan&data=digits&steps={}&cap={:g}&hide=network,data,optimiser,judge,record"  # as in docs/lesson.md
CAP = 2  # minutes
FIGURE = "frechet_pixels"
# Each page as if alone on a screen of its own.
AWAKE = ["--disable-background-timer-throttling", "--disable-renderer-backgrounding",
         "--disable-backgrounding-occluded-windows"]  # fmt: skip


@dataclass
class Lesson:
    """What happened: seconds of each action, over all students, what went wrong, and what was learned: of each
    student, the steps done and the held-out figure."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    models: list[tuple[int, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def timed(self, action: str) -> AsyncIterator[None]:
        start = time.perf_counter()
        yield
        self.times[action].append(time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--steps", type=int, default=400, help="of training, for each student")
    parser.add_argument("--quick", action="store_true", help="three students, forty steps")
    given = parser.parse_args()
    students, steps = (3, 40) if given.quick else (given.students, given.steps)
    header()
    lesson, all_s = play(students, steps)
    print(
        f"{students} students, {steps} steps each, {CAP} minutes at most: {all_s:.0f} s until the last model was done"
    )
    show_waits(lesson.times)
    if lesson.models:
        show_models(lesson.models)
    if lesson.problems:
        print("\n".join(["problems:", *lesson.problems[:20]]))
        sys.exit(1)


def show_models(models: list[tuple[int, float]]) -> None:
    """How far the students' models and noise are from held-out digits."""
    fewest = min(models)
    values = [value for _, value in models]
    print(f"{len(models)} models, steps done: {fewest[0]} to {max(models)[0]}; {FIGURE} of held-out digits:")
    print(f"  of the model with the fewest steps {fewest[1]:.3f}")
    print(f"  best {min(values):.3f}, median {median(values):.3f}, worst {max(values):.3f}")
    config = make_config(config_class("gan"), "default", "digits", {})
    data = load_data(config, torch.device("cpu"), lambda part, what: None)
    assert isinstance(data, ImageDataset)
    judge, random = SampleQuality(data), np.random.default_rng(0)
    real = data.train.numpy().transpose(0, 2, 3, 1)
    size = (judge.count("end"), *real.shape[1:])
    shuffled = random.permuted(real, axis=0)[: size[0]]  # each pixel is right by itself
    for what, made in {
        "grey noise": random.integers(0, 256, size, dtype=np.uint8),
        "pixels at random": shuffled,
    }.items():
        print(f"  {what} {judge.compute(made)[FIGURE]:.3f}")


def play(students: int, steps: int) -> tuple[Lesson, float]:
    """The whole lesson; returns what happened and how long it took."""
    place, lesson = Path(tempfile.mkdtemp()), Lesson()
    start = time.perf_counter()
    with serving(place, AIGC_CLASS="1", AIGC_CLASS_TEACHER_CODE="owl") as url, wall(place) as board:
        asyncio.run(_play(lesson, url, board, students, steps))
    for folder in (place / "runs").glob("*/config.json"):
        run = Run(folder.parent)
        try:
            lesson.models.append((run.status().step, evaluate(run, "end")[FIGURE]))
        except AigcError as problem:
            lesson.problems.append(f"{run.name}: {problem}")
    return lesson, time.perf_counter() - start


async def _play(lesson: Lesson, url: str, wall: str, students: int, steps: int) -> None:
    over = asyncio.Event()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET + AWAKE)
        ready = asyncio.Event()
        teacher = asyncio.create_task(_teacher(lesson, browser, url, wall, ready, over))
        there = asyncio.create_task(ready.wait())  # who teaches is there before the class
        await asyncio.wait({teacher, there}, return_when=asyncio.FIRST_COMPLETED)
        if teacher.done():
            teacher.result()
        await asyncio.gather(*(_student(lesson, browser, url, n, n * ARRIVING_S, steps) for n in range(students)))
        over.set()
        await teacher
        await browser.close()


async def _page(lesson: Lesson, browser: Browser, who: str) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    page.on("pageerror", lambda error: lesson.problems.append(f"{who}: {error}"))
    page.on(
        "response", lambda one: lesson.problems.append(f"{who}: {one.status} {one.url}") if one.status >= 500 else None
    )
    return page


async def _student(lesson: Lesson, browser: Browser, url: str, number: int, later: float, steps: int) -> None:
    """One student's lesson, from the door to the finished model."""
    await asyncio.sleep(later)
    who = f"student {number}"
    page = await _page(lesson, browser, who)
    try:
        async with lesson.timed("open the lesson's link and join"):
            await page.goto(url + LINK.format(steps, CAP))
            await page.fill("[name=name]", who)
            await page.click("[type=submit]")
            await page.wait_for_function(f"document.querySelector('#gan-steps input')?.value === '{steps}'")
        async with lesson.timed("start, until it is in the queue"):
            await page.click("#start")
            await page.wait_for_function(
                f"document.querySelector('[data-role=runs] option:checked')?.textContent.includes('{who} ·')"
            )
        begun = time.perf_counter()
        await _explore(lesson, page, url)
        async with lesson.timed("back to the own training"):
            await page.goto(url)
            await page.wait_for_function(MINE, arg=who)
        await page.wait_for_function(ENDED, timeout=3_600_000)
        lesson.times["from start to the finished model"].append(time.perf_counter() - begun)
        state = await page.inner_text("[data-role=state]")
        if state not in ("done", "stopped"):  # by itself, or by the limit
            lesson.problems.append(f"{who}: the training ended as {state}")
    except Exception as problem:  # noqa: BLE001 — one student's trouble is counted, and the lesson goes on
        lesson.problems.append(f"{who}: {type(problem).__name__}: {str(problem)[:300]}")
    finally:
        await page.context.close()


async def _explore(lesson: Lesson, page: Page, url: str) -> None:
    """While one's model waits and trains: somebody else's, by sliders and prompts."""
    async with lesson.timed("open Latent space, with a picture"):
        await page.goto(url + "latent?run=gan-mnist")
        await page.wait_for_selector(".slider input[type=range]")
    for move in range(MOVES):
        lesson.times["a slider, until the picture follows"].append(
            await page.evaluate(MOVE, 2 * (-1) ** move * (move + 1) / MOVES)
        )
        await asyncio.sleep(0.3)
    async with lesson.timed("open Text"):
        await page.goto(url + "text?run=gpt-stories")
        await page.wait_for_function("document.querySelector('[data-do=write]')?.disabled === false")
    await page.fill("[data-role=prompt]", "Once upon a time")
    start = time.perf_counter()
    await page.click("[data-do=write]")
    await page.wait_for_selector(".sample .spans .token")
    lesson.times["a prompt, until the first letters"].append(time.perf_counter() - start)
    await page.wait_for_function("document.querySelector('[data-do=write]')?.disabled === false")
    lesson.times["a prompt, until 200 letters are there"].append(time.perf_counter() - start)


async def _teacher(
    lesson: Lesson, browser: Browser, url: str, wall: str, ready: asyncio.Event, over: asyncio.Event
) -> None:
    """Looks at the Class page and at the wall again and again."""
    page, board_page = await _page(lesson, browser, "teacher"), await _page(lesson, browser, "wall")
    await page.goto(url)
    await page.click("#teacher")
    await page.fill("[name=code]", "owl")
    await page.click("[type=submit]")
    await page.wait_for_selector("#start")
    async with lesson.timed("teacher: open the wall"):
        await board_page.goto(wall)
        await board_page.wait_for_selector(".wall h1")
    for path in ("latent", "text", "classroom", ""):
        await page.goto(url + path)
        await page.wait_for_function(ALIVE)
    ready.set()
    while not over.is_set():
        async with lesson.timed("teacher: open the Class page"):
            await page.goto(url + "classroom")
            await page.wait_for_selector("[data-role=students]")
        if await board_page.query_selector(".wall .large h2"):
            async with lesson.timed("teacher: the wall shows a new step"):
                await _changes(board_page, over)
        await asyncio.sleep(2)


async def _changes(page: Page, over: asyncio.Event) -> None:
    """Until the wall shows something that it did not show a moment before."""
    before, end = await page.text_content(".wall"), time.perf_counter() + PATIENCE_MS / 1000
    while not over.is_set() and time.perf_counter() < end and await page.text_content(".wall") == before:
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    main()
