"""Which recipe learns most from some data in some minutes, as `aigc_core/families/recipes.py` says. Prints a table.

    python benchmarks/recipes.py                       # every line; --only gpt:shakespeare gan:mnist --minutes 0.5

A recipe is trained from the same seed for the same time, and measured on the held-out part. Shakespeare, Tang and MNIST
are downloaded, or lie under $AIGC_DATA.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aigc_core.common.cores import wait_briefly
from benchmarks import peers
from benchmarks.peers import NEVER, Result, header, measured, trained

FIGURE = {"gan": "frechet_features", "vae": "negative_elbo", "gpt": "loss"}
# What is compared: recipes of the family that can learn from the data.
CANDIDATES = {
    "gan:digits": ("default", "classes", "mnist"),
    "gan:mnist": ("default", "mnist"),
    "gan:fashion": ("default", "mnist"),
    "gan:shapes": ("default", "mnist"),
    "vae:digits": ("default", "mnist"),
    "vae:mnist": ("default", "mnist"),
    "vae:fashion": ("default", "mnist"),
    "vae:shapes": ("default", "mnist"),
    "gpt:stories": ("default", "minute", "three-minutes"),
    "gpt:docs": ("default", "minute", "three-minutes"),
    "gpt:shakespeare": ("default", "shakespeare", "minute", "three-minutes"),
    "gpt:tang": ("default", "minute", "three-minutes"),
}


def main() -> None:
    options = peers.parser(__doc__, "ten seconds each")
    options.add_argument("--only", nargs="+", choices=list(CANDIDATES), default=list(CANDIDATES))
    options.add_argument("--minutes", nargs="+", type=float, default=[0.5, 3.0])
    given = options.parse_args()
    if given.side:
        family, preset, data, minutes = given.side
        print(json.dumps(learned(family, preset, data, float(minutes))))
        return
    wait_briefly()  # as the command line does, for the processes that train
    header()
    for which in given.only:
        family, data = which.split(":")
        for minutes in [1 / 6] if given.quick else given.minutes:
            print(f"{family}, {data}, {minutes:g} min, {FIGURE[family]} (smaller is better)")
            for preset in CANDIDATES[which]:
                found = measured(family, preset, data, minutes)
                print(f"  {preset:16} {found['figure']:10.4g}   {found['steps']} steps", flush=True)


def learned(family: str, preset: str, data: str, minutes: float) -> Result:
    """A recipe's figure after so many minutes with this data."""
    run, _ = trained(family, preset, {"data": data, "minutes": minutes, **NEVER})
    from aigc_core.evaluation.evaluate import evaluate

    figures = evaluate(run, "full")
    figure = figures.get(FIGURE[family], figures[run.config().headline])
    return {"figure": figure, "steps": run.status().step}


if __name__ == "__main__":
    main()
