"""Records what is usual (`aigc_core/ranges`): trains recipes with several seeds and keeps the range of every figure.

python benchmarks/reference_ranges.py            # all of RECIPES; --only gan-default …, --seeds 3
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from aigc_core.evaluation import pipeline
from aigc_core.evaluation.diagnostics import Case, case_of, findings
from aigc_core.evaluation.reference_ranges import file_of, settings_that_matter
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig, make_config
from aigc_core.runs.run import Run

RECIPES = ("gan-default", "vae-default", "gpt-default", "gan-ring", "vae-moons")
POINTS = 40  # of each range
ROOM = 0.1  # of the range, added on both sides: few seeds show less than many


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=RECIPES)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    for recipe in given.only:
        family, preset = recipe.split("-")
        record(family, preset, given.seeds)


def record(family: str, preset: str, seeds: int) -> None:
    cases, plan = [], make_config(config_class(family), preset)
    for seed in range(seeds):
        run = Run.create(plan.changed({"seed": seed}), Path(tempfile.mkdtemp()) / "run")
        pipeline.fit_and_judge(run)
        cases.append(case_of(run))
        print(f"{family} {preset} seed {seed}: {[one.name for one in findings(cases[-1])] or 'well'}", flush=True)
    keep(plan, cases)


def keep(plan: RunConfig, cases: list[Case]) -> None:
    """Write the ranges of runs of a recipe to its file."""
    names = [name for chart in plan.curves for name in chart]
    found = {name: ranges([figure(case, name) for case in cases]) for name in names}
    file = file_of(plan)
    file.parent.mkdir(exist_ok=True)
    kept = {"settings": settings_that_matter(plan), "seeds": len(cases), "ranges": found}
    file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def figure(case: Case, name: str) -> list[tuple[int, Any]]:
    return case.held_out[name[4:]] if name.startswith("val:") else case.curves[name]


def ranges(curves: list[list[tuple[int, Any]]]) -> list[tuple[int, float, float]]:
    """Where the values of all seeds lay around common steps: 90 % of many, or the lowest and highest of few."""
    last = min(curve[-1][0] for curve in curves)
    first = max(curve[0][0] for curve in curves)
    steps = np.unique(np.linspace(first, last, POINTS).astype(int))
    if min(len(curve) for curve in curves) < 2 * POINTS:
        known = [np.array(curve, dtype=float) for curve in curves]
        lines = np.array([np.interp(steps, one[:, 0], one[:, 1]) for one in known])
        low, high = lines.min(0), lines.max(0)
    else:
        points = np.array([point for curve in curves for point in curve])
        width = (last - first) / POINTS
        near = [points[abs(points[:, 0] - step) <= width, 1] for step in steps]
        low, high = (np.array([np.percentile(values, part) for values in near]) for part in (5, 95))
    room = ROOM * np.maximum(high - low, 0.02 * np.abs(high))
    return [
        (int(step), float(f"{bottom:.4g}"), float(f"{top:.4g}"))
        for step, bottom, top in zip(steps, low - room, high + room, strict=True)
    ]


if __name__ == "__main__":
    main()
