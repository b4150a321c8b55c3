"""What a training costs besides its steps, and how long one waits for the first. Needs Chromium; prints tables.

    python benchmarks/overheads.py            # or --quick; --only start opening records page

start: command to first step. opening: `gradio app.py`, and `python app.py`, to a page that can be clicked. records: the
part of a run's time that passes in samples, checkpoints, curves and status, and in measuring, by clocks in the loop.
page: steps a second of a training that a browser on the same machine watches, next to one that nobody watches.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Page, sync_playwright

from aigc_core.runs.run import Run
from aigc_core.training.control import Control
from aigc_core.training.recorder import Recorder
from benchmarks import peers
from benchmarks.peers import NEVER, PROJECT, Result, header, measured, trained
from tests.helpers.browser import CHROMIUM, QUIET
from tests.helpers.servers import serving

FAMILIES = ("gan", "vae", "gpt")
RECIPES = (("gan", "default"), ("vae", "default"), ("gpt", "default"), ("vae", "mnist"), ("gpt", "minute"))
ESTIMATED_S = 25  # a page first times a few steps, which would disturb what is measured
OPENED_S = 12  # a page is loaded by then
WATCHED_S = 40


def main() -> None:
    options = peers.parser(__doc__, "one round")
    options.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    given = options.parse_args()
    if given.side:
        print(json.dumps(recorded(*given.side)))
        return
    header()
    for name in given.only:
        PARTS[name](1 if given.quick else 3)


def start(rounds: int) -> None:
    for family in FAMILIES:
        times = []
        for _ in range(rounds):
            with place() as folder:
                begun, run = time.time(), Run(folder / "run")
                settings = {"steps": 2, "log_every": 1} | NEVER
                subprocess.run(command(family, settings, run.path), check=True, cwd=PROJECT, capture_output=True)
                times.append(next(one["t"] for one in run.events()[0] if one["kind"] == "metrics") - begun)
        print(f"start, {family}: {shown(times)} s from the command to the end of the first step", flush=True)


def opening(rounds: int) -> None:
    times: dict[str, list[float]] = {"gradio": [], "python": []}
    for _ in range(rounds):
        for by, its in times.items():
            with chromium() as page, place() as folder:
                begun = time.monotonic()
                with serving(folder, by) as address:
                    page.goto(address)
                    page.get_by_role("button", name="Start training").wait_for()
                    page.get_by_role("button", name="Start training").click(trial=True)
                    its.append(time.monotonic() - begun)
    for by, its in times.items():
        print(f"opening: {shown(its)} s from `{by} app.py` to a page that can be clicked", flush=True)


def records(rounds: int) -> None:
    for family, preset in RECIPES:
        for _ in range(rounds):
            found = measured(family, preset)
            parts = ", ".join(f"{name} {100 * part:.2f}" for name, part in found["parts"].items())
            print(f"records, {family} {preset}: {100 * sum(found['parts'].values()):.1f} % of {found['seconds']:.0f} s "
                  f"({parts}), and {100 * found['measuring']:.1f} % for measuring", flush=True)  # fmt: skip


def recorded(family: str, preset: str) -> Result:
    """A run's seconds, and which part of them passes in each method that does not step."""
    timed_methods = {
        "record": (Recorder, "evaluate_and_checkpoint"),
        "measure": (Recorder, "_evaluate"),
        "log": (Recorder, "log"),
        "control": (Control, "look"),
    }
    spent = dict.fromkeys(timed_methods, 0.0)

    def timed(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            begun = time.perf_counter()
            try:
                return method(*given)
            finally:
                spent[name] += time.perf_counter() - begun

        return call

    for name, (owner, method) in timed_methods.items():
        setattr(owner, method, timed(name, getattr(owner, method)))
    run, _ = trained(family, preset, {})
    last = run.status().elapsed_s  # without what is recorded when the time is over
    seconds = (
        last
        + run.events()[0][-1]["t"]
        - next(one["t"] for one in reversed(run.events()[0]) if one["kind"] == "metrics")
    )
    measuring = spent.pop("measure")  # of held-out data, within "record"
    spent["record"] -= measuring
    return {
        "seconds": seconds,
        "parts": {name: one / seconds for name, one in spent.items()},
        "measuring": measuring / seconds,
    }


def page(rounds: int) -> None:
    for family in FAMILIES:
        speeds: dict[str, list[float]] = {"alone": [], "watched": []}
        for number in range(rounds):
            for how in ("alone", "watched") if number % 2 == 0 else ("watched", "alone"):
                speeds[how].append(speed(family, how == "watched"))
        ratios = [watched / alone for alone, watched in zip(*speeds.values(), strict=True)]
        print(f"page, {family}: {shown(speeds['alone'])} steps/s alone, {shown(speeds['watched'])} watched, "
              f"ratio {shown(ratios, '.2f')}", flush=True)  # fmt: skip


def speed(family: str, watched: bool) -> float:
    """Steps a second of a run, from `OPENED_S` on; app and browser are open in both cases."""
    with chromium() as page, place() as folder, serving(folder) as address:
        page.goto(address)
        page.wait_for_timeout(1000 * ESTIMATED_S)
        run = Run(folder / "runs" / "watched")
        if not watched:
            page.goto("about:blank")
        with subprocess.Popen(command(family, {"minutes": WATCHED_S / 60}, run.path), cwd=PROJECT) as training:
            while not (run.path / "events.jsonl").exists():
                time.sleep(0.1)
            if watched:
                page.goto(f"{address}?run=watched")
                page.wait_for_timeout(1000 * OPENED_S)
                before = page.locator("[data-role=facts]").inner_text()
                page.wait_for_timeout(2000)
                assert page.locator("[data-role=facts]").inner_text() != before, "the page shows no progress"
            assert training.wait() == 0
        points = [one for one in run.events()[0] if one["kind"] == "metrics" and one["seconds"] >= OPENED_S]
        first, last = points[0], points[-1]
        return float((last["step"] - first["step"]) / (last["seconds"] - first["seconds"]))


# -------------------------------------------------------------------------------------------------------


def command(family: str, settings: dict[str, Any], out: Path) -> list[str]:
    """The command line of a training."""
    chosen = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    return [sys.executable, "-m", "aigc_core", "train", family, "--out", str(out), *chosen]


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        (Path(folder) / "runs").mkdir()
        yield Path(folder)


@contextmanager
def chromium() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page(locale="en-US")
        browser.close()


def shown(rounds: list[float], form: str = ".1f") -> str:
    return f"{statistics.median(rounds):{form}} (rounds: {', '.join(f'{one:{form}}' for one in rounds)})"


PARTS: dict[str, Callable[[int], None]] = {"start": start, "opening": opening, "records": records, "page": page}


if __name__ == "__main__":
    main()
