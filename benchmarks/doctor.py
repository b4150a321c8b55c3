"""Does the doctor find what is wrong, and nothing where nothing is? Prints two tables.

    python benchmarks/doctor.py            # or --quick; --only mode-collapse healthy …; --seeds 3; --trial

Every illness has trainings that truly have it; the rule of that name must fire. The healthy ones are the recipes that
come along, and the doctor must have nothing to say. Small data and networks, so that all of it takes minutes.

The trial has data on which no rule was tuned: garments, Tang poems, tunes and drawings, from `$AIGC_DATA` (which must
have `images/FashionMNIST`, `images/openmoji64.zip`, `text/tang_poems.txt` and `text/nottingham_abc.txt`).
"""

import json
import os
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

# The trial: an illness, or "healthy", and a training.
TANG = SHORT_GPT | {"data": "tang"}
TUNES = SHORT_GPT | {"data": "text", "data_path": "tunes"}
GARMENTS = {"data": "fashion", "steps": 300}
DENSE_GARMENTS = GARMENTS | {"network": "mlp", "steps": 600}
TRIAL: list[tuple[str, Case]] = [
    ("dropout-high", Case("gpt", "default", TANG | {"dropout": 0.9})),
    ("weight-decay-high", Case("gpt", "default", TANG | {"weight_decay": 8.0})),
    (
        "vocabulary-large",
        Case("gpt", "default", TUNES | {"data_path": "few tunes", "tokenizer": "bpe", "vocabulary": 2000}),
    ),
    ("context-short", Case("gpt", "default", TUNES | {"context": 6, "batch_size": 64})),
    ("text-repeated", Case("gpt", "default", TUNES | {"data_path": "one tune"})),
    ("text-without-order", Case("gpt", "default", TUNES | {"data_path": "shuffled tunes"})),
    ("learning-rate-low", Case("gpt", "default", TUNES | {"lr": 2e-6})),
    ("learning-rate-high", Case("gpt", "default", TANG | {"lr": 0.2})),
    ("learning-rate-high", Case("gpt", "default", TUNES | {"lr": 0.2})),
    ("learning-rate-low", Case("gpt", "default", TUNES | {"lr": 3e-5})),
    ("over-fitting", Case("gpt", "default", TUNES | {"data_path": "few tunes", "steps": 1500})),
    ("too-little-data", Case("gpt", "default", TUNES | UNSEEN | {"data_path": "few tunes", "steps": 1500})),
    ("posterior-collapse", Case("vae", "default", GARMENTS | {"beta": 30.0})),
    ("kl-vanishing", Case("vae", "default", GARMENTS | {"beta": 300.0})),
    ("kl-exploding", Case("vae", "default", GARMENTS | {"beta": 0.0, "steps": 500})),
    ("mode-collapse", Case("gan", "default", DENSE_GARMENTS | {"width": 32, "g_steps": 10, "steps": 300})),
    ("discriminator-wins", Case("gan", "textbook", DENSE_GARMENTS | {"objective": "minimax", "d_steps": 5})),
    ("learning-rate-high", Case("vae", "default", {"data": "folder", "data_path": "drawings", "lr": 0.3, "steps": 60})),
    ("healthy", Case("gpt", "default", {"data": "tang", "steps": 400})),
    ("healthy", Case("gpt", "default", TANG)),
    ("healthy", Case("gpt", "default", TUNES)),
    ("healthy", Case("gpt", "default", TUNES | {"dropout": 0.2})),
    ("healthy", Case("gpt", "default", TUNES | {"weight_decay": 0.3})),
    ("healthy", Case("gpt", "default", TUNES | {"context": 32})),
    ("healthy", Case("gpt", "default", TUNES | {"tokenizer": "bpe", "vocabulary": 400})),
    ("healthy", Case("gpt", "default", TANG | {"lr": 3e-3})),
    ("healthy", Case("vae", "default", GARMENTS)),
    ("healthy", Case("vae", "default", GARMENTS | {"network": "mlp", "steps": 600})),
    ("healthy", Case("vae", "default", {"data": "folder", "data_path": "drawings", "steps": 100})),
    ("healthy", Case("gan", "default", GARMENTS)),
]


def main() -> None:
    options = peers.parser(__doc__, "one seed")
    options.add_argument("--only", nargs="+", choices=[*ILL, "healthy"], default=[*ILL, "healthy"])
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--trial", action="store_true", help="the trial alone")
    given = options.parse_args()
    if given.side:
        print(json.dumps(examined(given.side[0], int(given.side[1]), int(given.side[2]))))
        return
    header()
    seeds = range(1 if given.quick else given.seeds)
    if given.trial:
        for number, (name, case) in enumerate(TRIAL):
            show(name, case, [measured("trial", number, seed) for seed in seeds])
        return
    for name in given.only:
        for number, case in enumerate(HEALTHY if name == "healthy" else ILL[name]):
            show(name, case, [measured(name, number, seed) for seed in seeds])


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
    cases = {"healthy": HEALTHY, "trial": [case for _, case in TRIAL]}
    case = (cases.get(name) or ILL[name])[number]
    settings = dict(case.settings)
    if (own := case.settings.get("data_path") or case.settings.get("data")) in OWN:
        settings["data_path"] = str(OWN[own]())
    plan = make_config(config_class(case.family), case.preset, None, settings)
    every = max(1, plan.steps // 12)
    changes = {"seed": seed, "sample_every": 10**6, "evaluate_every": every, "checkpoint_every": every}
    run = Run.create(plan.changed(changes | settings), Path(tempfile.mkdtemp()) / "run")
    with suppress(TrainingError):  # the doctor has something to say of that, too
        pipeline.fit_and_judge(run)
    judged = quality_gate.judgement(run) or {"figures": {}, "verdict": None}
    figures = {key: round(value, 3) for key, value in judged["figures"].items() if isinstance(value, int | float)}
    return {
        "findings": [one.name for one in diagnose(run)],
        "seconds": run.status().elapsed_s,
        "figures": {"verdict": judged["verdict"], **figures},
    }


def page_of_text() -> Path:
    """A file with 20,000 characters of Python's help: so little that it can be learned by heart."""
    return _file(_help()[100_000:120_000])


def shuffled_text() -> Path:
    """200,000 characters of it in any order."""
    return _file(_shuffled(_help()[:200_000]))


def repeated_text() -> Path:
    """150 characters of it, 2,000 times."""
    return _file(2000 * _help()[50_000:50_150])


def drawings() -> Path:
    return _given("images/openmoji64.zip")


def tunes() -> Path:
    return _given("text/nottingham_abc.txt")


def few_tunes() -> Path:
    return _file(tunes().read_text(encoding="utf-8")[:15_000])


def one_tune() -> Path:
    """300 characters of one, 1,000 times."""
    return _file(1000 * tunes().read_text(encoding="utf-8")[:300])


def shuffled_tunes() -> Path:
    return _file(_shuffled(tunes().read_text(encoding="utf-8")[:150_000]))


def _given(name: str) -> Path:
    return Path(os.environ["AIGC_DATA"]) / name


def _shuffled(text: str) -> str:
    characters = list(text)
    random.Random(0).shuffle(characters)
    return "".join(characters)


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
    "drawings": drawings, "tunes": tunes, "few tunes": few_tunes, "one tune": one_tune,
    "shuffled tunes": shuffled_tunes,
}  # fmt: skip


if __name__ == "__main__":
    main()
