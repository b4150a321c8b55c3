"""What a training costs besides its steps, and how long one waits for the first. Needs Chromium; prints tables.

    python benchmarks/overheads.py            # or --quick; --only start opening records page

start: command to first step. opening: `gradio app.py` to a page that can be clicked. records: a default run with its
samples, figures, checkpoints and curves, next to one that only steps. page: a training that a browser watches on the
same machine, next to one that nobody watches.
"""

import argparse
import os
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

from aigc_core.run import Run
from benchmarks.sides import NEVER, PROJECT, header
from tests.browsing import CHROMIUM, QUIET, serving

FAMILIES = ("gan", "vae", "gpt")
ESTIMATED_S = 25  # a page first times a few steps, which would disturb what is measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    given = parser.parse_args()
    header()
    for name in given.only:
        PARTS[name](1 if given.quick else 3)


def start(rounds: int) -> None:
    for family in FAMILIES:
        times = []
        for _ in range(rounds):
            begun = time.time()
            run = train(family, {"steps": 2, "log_every": 1} | NEVER)
            times.append(next(one["t"] for one in run.events()[0] if one["kind"] == "metrics") - begun)
        print(f"start, {family}: {shown(times)} s from the command to the end of the first step", flush=True)


def opening(rounds: int) -> None:
    times = []
    for _ in range(rounds):
        with chromium() as page, place() as folder:
            begun = time.monotonic()
            with serving(folder) as address:
                page.goto(address)
                page.get_by_role("button", name="Start training").wait_for()
                page.get_by_role("button", name="Start training").click(trial=True)
                times.append(time.monotonic() - begun)
    print(f"opening: {shown(times)} s from `gradio app.py` to a page that can be clicked", flush=True)


def records(rounds: int) -> None:
    for family in FAMILIES:
        shares = []
        for _ in range(rounds):
            whole = train(family, {}).status()
            bare = train(family, {"log_every": 1_000_000} | NEVER).status()
            shares.append(1 - bare.elapsed_s / whole.elapsed_s)
        print(f"records, {family}: {100 * statistics.median(shares):.1f} % of the run's time "
              f"(rounds: {', '.join(f'{100 * share:.1f}' for share in shares)})", flush=True)  # fmt: skip


def page(rounds: int) -> None:
    for family in FAMILIES:
        ratios = []
        for _ in range(rounds):
            alone = watched(family, None)
            with chromium() as page:
                ratios.append(watched(family, page) / alone)
        print(f"page, {family}: {statistics.median(ratios):.3f} of the speed "
              f"(rounds: {', '.join(f'{ratio:.3f}' for ratio in ratios)})", flush=True)  # fmt: skip


def watched(family: str, page: Page | None) -> float:
    """Steps a second of a run of half a minute; the app serves in both cases."""
    with place() as folder, serving(folder) as address:
        run = folder / "runs" / "watched"
        settings = {"minutes": 0.5}
        if page is not None:
            page.goto(address)
            page.wait_for_timeout(1000 * ESTIMATED_S)
        train(family, settings, run)
        status = Run(run).status()
        return status.step / status.elapsed_s


# -------------------------------------------------------------------------------------------------------


def train(family: str, settings: dict[str, Any], out: Path | None = None) -> Run:
    """The command line's training in a process of its own."""
    out = out or Path(tempfile.mkdtemp()) / "run"
    chosen = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "aigc_core", "train", family, "--out", str(out), *chosen]
    subprocess.run(command, check=True, cwd=PROJECT, capture_output=True, env=os.environ)
    return Run(out)


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


def shown(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} (rounds: {', '.join(f'{one:.1f}' for one in times)})"


PARTS: dict[str, Callable[[int], None]] = {"start": start, "opening": opening, "records": records, "page": page}


if __name__ == "__main__":
    main()
