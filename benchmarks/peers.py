"""Two ways to do the same, measured in turn: each in a process of its own, so that neither warms or slows the other."""

import argparse
import atexit
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

PROJECT = Path(__file__).resolve().parent.parent
Result = dict[str, Any]
NEVER = {"sample_every": 1_000_000, "evaluate_every": 1_000_000, "checkpoint_every": 1_000_000}


def header() -> None:
    """Machine, versions and command, for whoever reads the table later."""
    packages = ", ".join(f"{name} {_version(name)}" for name in ("torch", "torchvision", "transformers"))
    threads, load = torch.get_num_threads(), os.getloadavg()[0]
    bf16 = torch.cpu._is_avx512_bf16_supported()
    print(f"{processor()}, {os.cpu_count()} cores, bf16 in hardware: {bf16}")
    print(f"Python {platform.python_version()}, {packages}")
    print(f"command: python {' '.join(sys.argv)} ({threads} threads; load before: {load:.1f})", flush=True)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def processor() -> str:
    """The processor's name as the system tells it."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()


def parser(about: str | None, quick: str) -> argparse.ArgumentParser:
    """The options that every script has: --quick, and --side for the processes that `measured` starts."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--quick", action="store_true", help=quick)
    made.add_argument("--side", nargs="+", help=argparse.SUPPRESS)
    return made


def show_waits(times: dict[str, list[float]]) -> None:
    """A line for each action: how often, and its seconds."""
    print(f"  {'action':44} {'n':>6} {'median':>9} {'p95':>9} {'longest':>9}")
    for action, seconds in times.items():
        ordered = sorted(seconds)
        p95 = ordered[round(0.95 * (len(ordered) - 1))]
        print(f"  {action:44} {len(ordered):6} {statistics.median(ordered):8.3f}s {p95:8.3f}s {ordered[-1]:8.3f}s")


def measured(*arguments: object) -> Result:
    """Run this script with these arguments for one side; it prints its result as JSON, last."""
    command = [sys.executable, sys.argv[0], "--side", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def in_turn(calls: dict[str, list[str]], rounds: int) -> dict[str, list[Result]]:
    """`measured` once a side and round; every other round begins with the last side."""
    results: dict[str, list[Result]] = {side: [] for side in calls}
    for number in range(rounds):
        for side in list(calls) if number % 2 == 0 else reversed(calls):
            results[side].append(measured(*calls[side]))
    return results


def table(results: dict[str, list[Result]], name: str, unit: str, form: str = ".1f") -> dict[str, float]:
    """Print the median and the rounds of one figure of every side; returns the medians."""
    medians = {}
    for side, rounds in results.items():
        values = [one[name] for one in rounds]
        medians[side] = statistics.median(values)
        shown = ", ".join(f"{value:{form}}" for value in values)
        print(f"  {side:32} {medians[side]:10{form}} {unit}   (rounds: {shown})", flush=True)
    return medians


def trained(family: str, preset: str | None, changes: dict[str, Any]) -> tuple[Any, list[Result]]:
    """Train in this process as the command line does; returns the run, in a folder that goes with the process, and its
    events."""
    sys.path.insert(0, str(PROJECT))
    from aigc_core.families import config_class
    from aigc_core.families.config import make_config
    from aigc_core.runs.run import Run
    from aigc_core.training.trainer import fit

    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    run = Run.create(make_config(config_class(family), preset, None, changes), Path(folder) / "run")
    fit(run)
    return run, run.events()[0]


def pace(events: list[Result], after: int) -> float:
    """Steps a second from step `after` to the last that was logged."""
    points = [one for one in events if one["kind"] == "metrics" and one["step"] >= after]
    first, last = points[0], points[-1]
    return float((last["step"] - first["step"]) / (last["seconds"] - first["seconds"]))


def timed(step: Callable[[], None], count: int, warm: int) -> float:
    """Steps a second of a plain loop, after `warm` steps that do not count."""
    for _ in range(warm):
        step()
    start = time.perf_counter()
    for _ in range(count):
        step()
    return count / (time.perf_counter() - start)
