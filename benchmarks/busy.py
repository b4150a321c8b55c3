"""Steps a second beside other programs, and of several trainings at once, by how threads are chosen. Prints tables.

    python benchmarks/busy.py            # or --quick; --only gan:default --loads 0 2 --trainings 2

Four ways in turn: all cores with the long wait of libgomp, as before; one thread; all cores, waiting briefly; measured,
as trainings do. What measuring takes is counted. Beside 0, 1, 2 and 4 programs that only compute; and two and four
trainings at once, whose steps are added up.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aigc_core.common.cores import SPINS, cores
from benchmarks import peers
from benchmarks.peers import NEVER, Result, header

RECIPES = ("gan:default", "vae:default", "gpt:default")
SECONDS = 12.0
ROUNDS = 3
LONG_WAIT = 300_000  # libgomp's own
# Threads (0: measured), and how long they look before they sleep.
WAYS = {"before": (cores(), LONG_WAIT), "one": (1, SPINS), "all": (cores(), SPINS), "measured": (0, SPINS)}
HOG = [sys.executable, "-c", "while True: pass"]


def main() -> None:
    options = peers.parser(__doc__, "one round")
    options.add_argument("--only", nargs="+", choices=RECIPES, default=list(RECIPES))
    options.add_argument("--loads", nargs="*", type=int, default=[0, 1, 2, 4], help="programs beside one training")
    options.add_argument("--trainings", nargs="*", type=int, default=[2, 4], help="trainings at once")
    given = options.parse_args()
    if given.side:
        recipe, threads, seconds = given.side
        print(json.dumps(speed(recipe, int(threads), float(seconds))))
        return
    header()
    rounds = 1 if given.quick else ROUNDS
    print(f"{'':44}" + "".join(f"{way:>10}" for way in WAYS) + "   measured / best fixed")
    for recipe in given.only:
        for hogs, trainings in [(hogs, 1) for hogs in given.loads] + [(0, count) for count in given.trainings]:
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            with busy(hogs):
                for number in range(rounds):
                    for way in list(WAYS) if number % 2 == 0 else reversed(WAYS):
                        found[way].append(sum(at_once(recipe, *WAYS[way], SECONDS, trainings)))
            medians = {way: statistics.median(its) for way, its in found.items()}
            fixed = max(medians[way] for way in ("before", "one", "all"))
            beside = f"beside {hogs} programs" if trainings == 1 else f"{trainings} trainings at once"
            shown = "".join(f"{one:10.1f}" for one in medians.values())
            print(f"{recipe + ', ' + beside:44}{shown}   {medians['measured'] / fixed:.2f}", flush=True)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Beside so many programs of others."""
    with ExitStack() as stack:
        for _ in range(count):
            hog = subprocess.Popen(HOG, start_new_session=True)
            stack.callback(hog.wait)
            stack.callback(hog.kill)
        yield


def at_once(recipe: str, threads: int, spins: int, seconds: float, count: int) -> list[float]:
    """Steps a second of each of so many trainings, which begin together; each a session of its own, as from a page."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP", "GOMP"))}
    command = [sys.executable, sys.argv[0], "--side", recipe, str(threads), str(seconds)]
    children = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
            env=environment | {"GOMP_SPINCOUNT": str(spins)},
        )
        for _ in range(count)
    ]  # fmt: skip
    for one in children:  # each says when it is ready, so that none begins alone
        assert one.stdout is not None and one.stdout.readline().strip() == "ready"
    for one in children:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [float(json.loads(one.communicate()[0].splitlines()[-1])["speed"]) for one in children]


def speed(recipe: str, threads: int, seconds: float) -> Result:
    """Steps a second of a recipe, and how many threads it had in the end."""
    import tempfile

    from aigc_core.common.running_clock import RunningClock
    from aigc_core.common.signals import SignalHandler
    from aigc_core.families import config_class
    from aigc_core.families.config import make_config
    from aigc_core.runs.queue import NoQueue
    from aigc_core.runs.run import Run
    from aigc_core.training.trainer import Trainer

    family, preset = recipe.split(":")
    settings: dict[str, Any] = {"minutes": seconds / 60, "threads": threads, **NEVER}
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(make_config(config_class(family), preset, None, settings), Path(folder) / "run")
        trainer = Trainer(run, NoQueue(), SignalHandler(), lambda status: None, RunningClock())
        trainer.train_step()  # what is slow at first
        trainer.state.step += 1
        print("ready", flush=True)
        sys.stdin.readline()
        begun = time.monotonic()
        if trainer.threads.due(trainer.state.step):
            trainer.choose_threads()
        spent = time.monotonic() - begun  # a run does this before its clock starts
        trainer.train()
        return {
            "speed": trainer.state.step / (trainer.state.elapsed_s + spent),
            "threads": trainer.threads.count or threads,
        }


if __name__ == "__main__":
    main()
