"""Does the doctor find what is wrong, and nothing where nothing is? Prints two tables.

    python benchmarks/doctor.py            # or --quick; --only mode-collapse healthy …; --seeds 3

Every illness has trainings that truly have it; the rule of that name must fire. The healthy ones are the recipes that
come along, and the doctor must have nothing to say. Small data and networks, so that all of it takes minutes.
"""

import json
import random
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image

from aigc_core.common.errors import TrainingError
from aigc_core.data.sources import SOURCES, Images, Text
from aigc_core.evaluation import pipeline, quality_gate
from aigc_core.evaluation.diagnostics import diagnose
from aigc_core.families import config_class
from aigc_core.families.config import make_config
from aigc_core.runs.run import Run
from benchmarks import peers
from benchmarks.peers import header, measured


class Case(NamedTuple):
    """A training: family, recipe and changed settings. `steps` are measured twelve times."""

    family: str
    preset: str
    settings: dict[str, Any]


RING = {"data": "points", "pattern": "ring", "network": "mlp", "batch_size": 128, "latent_size": 2, "steps": 1500}
SMALL_PICTURES = {"data": "digits8", "network": "mlp"}
FEW_PICTURES = SMALL_PICTURES | {"validation": 0.89}  # 200 of 1,797 remain
FORTY = {"data": "folder", "validation": 0.5, "batch_size": 20}
UNSEEN = {"evaluate_every": 1_000_000, "checkpoint_every": 1_000_000}  # held-out data is looked at once, at the end
SHORT_GPT = {"data": "docs", "layers": 3, "heads": 3, "width": 96, "context": 64, "steps": 300}
SHORT_TEXT = {"data": "docs", "validation": 0.89, "context": 64, "batch_size": 16}  # 50,000 characters remain

ILL: dict[str, list[Case]] = {
    "not-finite": [
        Case("vae", "default", SMALL_PICTURES | {"weight_decay": 10.0, "lr": 10.0, "steps": 400}),
        Case("gpt", "default", {"lr": 10.0, "steps": 60}),
    ],
    "dead-start": [
        Case("gpt", "default", {"lr": 1e-8, "steps": 60}),
        Case("vae", "default", SMALL_PICTURES | {"lr": 1e-6, "steps": 300}),
    ],
    "learning-rate-low": [
        Case("gpt", "default", {"lr": 2e-5, "steps": 200}),
        Case("vae", "default", SMALL_PICTURES | {"lr": 5e-5, "steps": 200}),
    ],
    "learning-rate-high": [
        Case("gpt", "default", {"lr": 0.5, "steps": 100}),
        Case("vae", "default", SMALL_PICTURES | {"lr": 0.3, "steps": 300}),
    ],
    "over-fitting": [
        Case("gpt", "default", SHORT_TEXT | {"steps": 1500, "lr_schedule": "constant"}),
        Case("vae", "textbook", FEW_PICTURES | {"steps": 2500}),
    ],
    "too-little-data": [
        Case("gpt", "default", SHORT_TEXT | {"steps": 1500, "lr_schedule": "constant"}),
        Case("vae", "textbook", FEW_PICTURES | {"steps": 2500}),
    ],
    "memorisation": [
        Case("gpt", "default", SHORT_TEXT | UNSEEN | {"data": "text", "validation": 0.1, "steps": 1500}),
        Case("gan", "relativistic", SMALL_PICTURES | FORTY | {"width": 32, "steps": 800}),
    ],
    "mode-collapse": [
        Case("gan", "ring", RING | {"objective": "minimax", "penalty": 0.0, "lr": 1e-3, "beta1": 0.5, "g_steps": 3}),
        Case("gan", "default", SMALL_PICTURES | {"width": 32, "g_steps": 10, "steps": 300}),
    ],
    "discriminator-wins": [
        Case("gan", "textbook", SMALL_PICTURES | {"objective": "minimax", "d_steps": 5, "steps": 600}),
    ],
    "discriminator-loses": [
        Case("gan", "ring", RING | {"objective": "minimax", "penalty": 0.0, "lr": 1e-3, "beta1": 0.5, "g_steps": 3}),
    ],
    "oscillation": [
        Case("gan", "ring", RING | {"pattern": "grid", "objective": "hinge", "penalty": 0.0, "lr": 2e-3, "beta1": 0.9,
                                    "ema": 0.0}),
    ],
    "posterior-collapse": [
        Case("vae", "default", SMALL_PICTURES | {"beta": 20.0, "steps": 400}),
    ],
    "kl-vanishing": [
        Case("vae", "default", SMALL_PICTURES | {"beta": 200.0, "steps": 300}),
    ],
    "dropout-high": [Case("gpt", "default", SHORT_GPT | {"dropout": 0.95})],
    "weight-decay-high": [Case("gpt", "default", SHORT_GPT | {"weight_decay": 10.0})],
    "vocabulary-large": [Case("gpt", "default", SHORT_GPT | {"tokenizer": "bpe", "vocabulary": 20_000, "steps": 150})],
    "context-short": [Case("gpt", "default", SHORT_GPT | {"context": 4, "batch_size": 64})],
    "text-repeated": [Case("gpt", "default", SHORT_GPT | {"data": "text", "data_path": "repeated"})],
    "text-without-order": [Case("gpt", "default", SHORT_GPT | {"data": "text", "data_path": "shuffled"})],
    "frequencies-only": [
        Case("gpt", "default", SHORT_GPT | {"lr": 1e-6}),
        Case("gpt", "default", SHORT_GPT | {"lr": 0.3}),
    ],
    "kl-exploding": [
        Case("vae", "default", SMALL_PICTURES | {"beta": 0.0, "steps": 600}),
    ],
}  # fmt: skip
HEALTHY: list[Case] = [
    Case("gan", "default", {}),
    Case("gan", "relativistic", {}),
    Case("gan", "ring", {}),
    Case("vae", "default", {}),
    Case("vae", "default", {"data": "digits8"}),
    Case("vae", "moons", {}),
    Case("gpt", "default", {}),
    Case("gpt", "default", {"data": "docs"}),
]


def main() -> None:
    options = peers.parser(__doc__, "one seed")
    options.add_argument("--only", nargs="+", choices=[*ILL, "healthy"], default=[*ILL, "healthy"])
    options.add_argument("--seeds", type=int, default=3)
    given = options.parse_args()
    if given.side:
        print(json.dumps(examined(given.side[0], int(given.side[1]), int(given.side[2]))))
        return
    header()
    seeds = range(1 if given.quick else given.seeds)
    for name in given.only:
        for number, case in enumerate(HEALTHY if name == "healthy" else ILL[name]):
            found = [measured(name, number, seed) for seed in seeds]
            show(name, case, found)


def show(name: str, case: Case, found: list[dict[str, Any]]) -> None:
    """A line: how often the rule of that name fired, and what else did."""
    fired = Counter(finding for one in found for finding in one["findings"])
    others = ", ".join(f"{other} {count}" for other, count in fired.items() if other != name)
    hits = "" if name == "healthy" else f"{fired[name]} of {len(found)}"
    settings = ", ".join(f"{key}={value}" for key, value in case.settings.items())
    seconds = sum(one["seconds"] for one in found)
    print(f"  {name:20} {hits:8} {case.family} {case.preset} {settings}  [{others or 'nothing else'}] {seconds:.0f} s")
    for one in found:
        print(f"      {one['figures']}", flush=True)


def examined(name: str, number: int, seed: int) -> dict[str, Any]:
    case = HEALTHY[number] if name == "healthy" else ILL[name][number]
    settings = dict(case.settings)
    if (own := case.settings.get("data_path") or case.settings.get("data")) in OWN:
        settings["data_path"] = str(OWN[own]())
    plan = make_config(config_class(case.family), case.preset, None, settings)
    every = max(1, plan.steps // 12)
    changes = {"seed": seed, "sample_every": 10**6, "evaluate_every": every, "checkpoint_every": every}
    run = Run.create(plan.changed(changes | settings), Path(tempfile.mkdtemp()) / "run")
    with suppress(TrainingError):  # the doctor has something to say of that, too
        pipeline.fit_and_judge(run)
    judged = quality_gate.judgement(run) or {"figures": {}, "passed": None}
    figures = {key: round(value, 3) for key, value in judged["figures"].items() if isinstance(value, int | float)}
    return {
        "findings": [one.name for one in diagnose(run)],
        "seconds": run.status().elapsed_s,
        "figures": {"ready": judged["passed"], **figures},
    }


def page_of_text() -> Path:
    """A file with 20,000 characters of Python's help: so little that it can be learned by heart."""
    return _file(_help()[100_000:120_000])


def shuffled_text() -> Path:
    """200,000 characters of it in any order."""
    characters = list(_help()[:200_000])
    random.Random(0).shuffle(characters)
    return _file("".join(characters))


def repeated_text() -> Path:
    """150 characters of it, 2,000 times."""
    return _file(2000 * _help()[50_000:50_150])


def _help() -> str:
    text = SOURCES["docs"].load(make_config(config_class("gpt"), None, "docs"))
    assert isinstance(text, Text)
    return "".join(text.documents)


def _file(text: str) -> Path:
    file = Path(tempfile.mkdtemp()) / "page.txt"
    file.write_text(text, encoding="utf-8")
    return file


def forty_pictures() -> Path:
    """A folder with 40 digits, of which half are held out."""
    pictures = SOURCES["digits8"].load(make_config(config_class("gan"), None, "digits8"))
    assert isinstance(pictures, Images)
    folder = Path(tempfile.mkdtemp())
    for number, pixels in enumerate(pictures.pixels[:40]):
        Image.fromarray(pixels[..., 0]).save(folder / f"{number}.png")
    return folder


OWN = {
    "text": page_of_text, "shuffled": shuffled_text, "repeated": repeated_text, "folder": forty_pictures,
}  # fmt: skip


if __name__ == "__main__":
    main()
