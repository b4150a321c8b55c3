"""How time and memory grow with width, depth, context, picture size and data. Prints tables.

    python benchmarks/growth.py            # or --quick; --only gpt-width gpt-context …

Each line is a training of a few steps in a process of its own: seconds a step (median), floating-point operations a
step as torch counts them, the most memory the process held, and seconds until the first step. Below each table
stand the exponents fitted to it (log against log, over the upper half, where fixed costs matter less): time should
not grow faster than its operations, nor memory faster than linearly in what is held.
"""

import json
import resource
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import peers
from benchmarks.peers import NEVER, header, measured, trained


class Case(NamedTuple):
    """One setting of a family and the values it takes."""

    family: str
    setting: str
    values: tuple[int, ...]
    others: dict[str, Any]


GPT = {"data": "shakespeare", "layers": 4, "heads": 4, "width": 128, "context": 128, "batch_size": 8}
PICTURES = {"data": "mnist", "batch_size": 64}
CASES = {
    "gpt-width": Case("gpt", "width", (64, 128, 256, 512), GPT),
    "gpt-depth": Case("gpt", "layers", (2, 4, 8, 16), GPT),
    "gpt-context": Case("gpt", "context", (64, 128, 256, 512, 1024), GPT | {"batch_size": 4}),
    "gpt-batch": Case("gpt", "batch_size", (4, 8, 16, 32), GPT),
    "gan-width": Case("gan", "width", (8, 16, 32, 64), PICTURES),
    "gan-size": Case("gan", "image_size", (28, 32, 64), PICTURES),
    "vae-width": Case("vae", "width", (8, 16, 32, 64), PICTURES),
    "vae-size": Case("vae", "image_size", (28, 32, 64), PICTURES),
    "text-megabytes": Case("gpt", "megabytes", (1, 4, 16, 64), GPT),
    "bpe-megabytes": Case("gpt", "megabytes", (1, 4, 16, 64), GPT | {"tokenizer": "bpe"}),
}  # fmt: skip
STEPS = 12


def main() -> None:
    options = peers.parser(__doc__, "the first two values of each")
    options.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    given = options.parse_args()
    if given.side:
        print(json.dumps(one(CASES[given.side[0]], int(given.side[1]))))
        return
    header()
    for name in given.only:
        case = CASES[name]
        values = case.values[:2] if given.quick else case.values
        show(name, case, values, [measured(name, value) for value in values])


def one(case: Case, value: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        settings = case.others | NEVER | {"steps": STEPS, "log_every": 1}
        if case.setting == "megabytes":
            settings |= {"data": "text", "data_path": str(text(Path(folder), value))}
        else:
            settings |= {case.setting: value}
        begun = time.time()
        _, events = trained(case.family, None, settings)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        points = [event for event in events if event["kind"] == "metrics"]
        times = [after["seconds"] - before["seconds"] for before, after in pairwise(points[1:])]
        with FlopCounterMode(display=False) as counter:
            trained(case.family, None, settings | {"steps": 1})
        with FlopCounterMode(display=False) as longer:  # what is measured at the end of a run is in both
            trained(case.family, None, settings | {"steps": 2})
        return {
            "step_s": statistics.median(times),
            "flops": longer.get_total_flops() - counter.get_total_flops(),
            "megabytes": most,
            "ready_s": points[0]["t"] - begun,
        }


def text(folder: Path, megabytes: int) -> Path:
    """Words at random: as many letters as asked for, and no line twice."""
    random = np.random.default_rng(0)
    letters = random.choice(np.frombuffer(b"etaoinshrdlu     ", np.uint8), (megabytes * 20_000, 50))
    letters[:, -1] = ord("\n")
    file = folder / "text.txt"
    file.write_bytes(letters.tobytes())
    return file


def show(name: str, case: Case, values: tuple[int, ...], found: list[dict[str, float]]) -> None:
    print(f"\n{name}: {case.family}, {case.others}")
    print(f"  {case.setting:>10} {'ms a step':>10} {'GFLOP':>9} {'GFLOP/s':>9} {'MB':>7} {'ready after s':>14}")
    for value, row in zip(values, found, strict=True):
        print(
            f"  {value:10} {1e3 * row['step_s']:10.1f} {row['flops'] / 1e9:9.2f} "
            f"{row['flops'] / row['step_s'] / 1e9:9.1f} {row['megabytes']:7.0f} {row['ready_s']:14.1f}"
        )
    half = slice(len(values) // 2 - (len(values) % 2 == 0), None)  # the upper half, at least two
    exponents = {key: fitted(values[half], [row[key] for row in found[half]]) for key in found[0]}
    print(
        "  exponents over the upper half: "
        f"time {exponents['step_s']:.2f}, operations {exponents['flops']:.2f}, memory {exponents['megabytes']:.2f}, "
        f"until ready {exponents['ready_s']:.2f}",
        flush=True,
    )


def fitted(values: tuple[int, ...], measured: list[float]) -> float:
    """The exponent p of measured ≈ c · valueᵖ."""
    return float(np.polyfit(np.log(values), np.log(measured), 1)[0])


if __name__ == "__main__":
    main()
