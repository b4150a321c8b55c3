"""Does the verdict agree with the eye? Makes sheets of samples to be judged by eye, and holds the gates against them.

    python benchmarks/gate_sheets.py make TO       # trains, and writes sheets under numbers that tell nothing
    python benchmarks/gate_sheets.py keep TO       # joins the labels of two passes to the figures in the file below
    python benchmarks/gate_sheets.py               # how often the gates of today agree with the labels

A sheet is what a model draws or writes at some step: 64 pictures of one seed, or three texts. Two passes over them, in
different orders and without sight of figures or names, label each as good (one would show it: nearly all of it can be
read or recognised) or bad. `TO/labels-1.json` and `TO/labels-2.json` hold them as {number: "good" or "bad"}. A sheet on
which the passes differ is kept and does not count. `$AIGC_DATA` must hold the data of those trainings that need some.
"""

import argparse
import json
import os
import pydoc_data.topics
import sys
import zipfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from aigc_core.common.files import write_json
from aigc_core.data import product_texts
from aigc_core.evaluation import pipeline
from aigc_core.evaluation.evaluate import evaluate
from aigc_core.evaluation.quality_gate import held_against, verdict_of
from aigc_core.families import config_class
from aigc_core.families.causal_lm import TextFamily, TextRequest
from aigc_core.families.config import make_config
from aigc_core.families.image import ImageFamily, ImageRequest, sheet_png
from aigc_core.inference.model_cache import load
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run

KEPT = Path(__file__).with_suffix(".json")
PARTS = (0.05, 0.2, 0.5, 1.0)  # of a training, at which a sheet is made
TEXTS = 3
SEED = 7

STEPS = {"minutes": 0.0}  # so many steps everywhere, whatever the machine
TRAININGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gan-default": ("gan", "default", {}),
    "gan-classes": ("gan", "classes", {}),
    "gan-mnist": ("gan", "mnist", STEPS | {"steps": 900}),
    "gan-fashion": ("gan", "mnist", STEPS | {"data": "fashion", "steps": 500}),
    "gan-relativistic": ("gan", "relativistic", {}),
    "gan-textbook": ("gan", "textbook", {}),
    "gan-wasserstein": ("gan", "wasserstein", {}),
    "gan-ring": ("gan", "ring", {}),
    "gan-grid": (
        "gan", "ring", {"pattern": "grid", "objective": "hinge", "penalty": 0.0, "lr": 2e-3, "beta1": 0.9, "ema": 0.0,
                        "steps": 1500},
    ),
    "gan-digits8": ("gan", "default", {"data": "digits8"}),
    "gan-shapes": ("gan", "default", {"data": "shapes", "steps": 600}),
    "gan-collapse": ("gan", "default", {"network": "mlp", "width": 32, "g_steps": 10, "steps": 300}),
    "vae-default": ("vae", "default", {}),
    "vae-mnist": ("vae", "mnist", STEPS | {"steps": 1200}),
    "vae-fashion": ("vae", "default", {"data": "fashion", "steps": 800}),
    "vae-textbook": ("vae", "textbook", {}),
    "vae-classes": ("vae", "classes", {}),
    "vae-map": ("vae", "map", {}),
    "vae-moons": ("vae", "moons", {}),
    "vae-shapes": ("vae", "default", {"data": "shapes", "steps": 600}),
    "vae-beta": ("vae", "default", {"beta": 20.0, "steps": 500}),
    "gpt-default": ("gpt", "default", {}),
    "gpt-words": ("gpt", "words", {}),
    "gpt-tang": ("gpt", "default", {"data": "tang", "prompt": "《"}),
    "gpt-minute": ("gpt", "minute", STEPS | {"steps": 2400}),
    "gpt-shakespeare": ("gpt", "shakespeare", {}),
    "gpt-three": ("gpt", "three-minutes", STEPS | {"steps": 3000}),
    "gpt-docs": ("gpt", "default", {"data": "docs", "steps": 500}),
    "gpt-hot": ("gpt", "default", {"lr": 0.2, "steps": 150}),
    "gpt-dropout": ("gpt", "minute", STEPS | {"dropout": 0.95, "steps": 500}),
    "gan-spiral": ("gan", "ring", {"pattern": "spiral"}),
    "gan-sixty": ("gan", "default", {"data": "folder", "data_path": "sixty", "steps": 500}),
    "vae-sixty": ("vae", "default", {"data": "folder", "data_path": "sixty", "steps": 600}),
    "gan-moji": ("gan", "default", {"data": "folder", "data_path": "moji", "steps": 300}),
    "vae-moji": ("vae", "default", {"data": "folder", "data_path": "moji", "steps": 400}),
    "gpt-abc": ("gpt", "minute", STEPS | {"data": "text", "data_path": "abc", "steps": 1200, "prompt": "X:1\n"}),
    "gpt-overfit": (
        "gpt", "default", {"data": "text", "data_path": "page", "context": 64, "batch_size": 16, "steps": 900},
    ),
    "gpt-finetune": ("gpt", "fine-tune", {"data_path": "products"}),
    "gpt-finetune-docs": ("gpt", "fine-tune", {"data_path": "docs"}),
    "gpt-finetune-tang": ("gpt", "fine-tune", {"init_from": "gpt-tang", "data_path": "poems", "prompt": "《"}),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("make", "keep", "check"), default="check")
    parser.add_argument("to", nargs="?", type=Path)
    parser.add_argument("--only", nargs="+", choices=TRAININGS, default=TRAININGS)
    given = parser.parse_args()
    if given.what != "check" and given.to is None:
        parser.error("say in which folder")
    if given.what == "make":
        for name in given.only:
            make_sheets(name, given.to)
        for run in list_runs():
            if run.shipped:
                sheet(run, run.checkpoints.steps()[-1], given.to / "sheets")
        number_blindly(given.to)
    elif given.what == "keep":
        keep(given.to)
    else:
        check()


def own_data(name: str, to: Path) -> Path:
    """A folder or text as a person would bring it."""
    given, topics = Path(os.environ["AIGC_DATA"]), "\n\n".join(pydoc_data.topics.topics.values())
    if name == "sixty":
        folder = to / "sixty"
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(given / "images" / "openmoji64.zip") as archive:
            pictures = [one for one in archive.namelist() if one.endswith(".png")]
            for number, one in enumerate(pictures[:: len(pictures) // 60][:60]):
                (folder / f"{number}.png").write_bytes(archive.read(one))
        return folder
    if name in ("moji", "abc"):
        return given / {"moji": "images/openmoji64.zip", "abc": "text/nottingham_abc.txt"}[name]
    poems = (given / "text" / "tang_poems.txt").read_text(encoding="utf-8")
    texts = {
        "page": topics[:18_000], "docs": topics[50_000:150_000], "poems": poems[:60_000],
        "products": "\n\n".join(product_texts.texts(600, 3)),
    }  # fmt: skip
    file = to / f"{name}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(texts[name], encoding="utf-8")
    return file


def make_sheets(name: str, to: Path) -> None:
    """Train one, and write sheet and figures at parts of its way."""
    family, preset, settings = TRAININGS[name]
    if "data_path" in settings:
        settings = settings | {"data_path": str(own_data(settings["data_path"], to))}
    plan = make_config(config_class(family), preset, None, settings)
    every = max(1, plan.steps // 20)
    often = {"evaluate_every": every, "checkpoint_every": every, "sample_every": plan.steps, "keep_checkpoints": 100}
    run = Run.create(plan.changed({"seed": SEED, "tries": 1, **often}), to / "runs" / name)
    pipeline.fit_and_judge(run)
    steps = run.checkpoints.steps()
    for step in sorted({min(steps, key=lambda one: abs(one - part * plan.steps)) for part in PARTS}):
        sheet(run, step, to / "sheets")


def sheet(run: Run, step: int, to: Path) -> None:
    """What is seen at a step, and beside it what is measured."""
    to.mkdir(exist_ok=True)
    family, name, info = load(run, step).family, f"{run.name}@{step}", run.dataset_info()
    assert info is not None
    if isinstance(family, ImageFamily):
        (to / f"{name}.png").write_bytes(sheet_png(family.sample(family.networks, ImageRequest())))
    elif isinstance(family, TextFamily):
        requests = [TextRequest(family.config.prompt, 240, seed=seed) for seed in range(TEXTS)]
        texts = ["".join(family.stream(family.networks, one)) for one in requests]
        (to / f"{name}.txt").write_text("\n=====\n".join(texts), encoding="utf-8")
    figures = {key: one for key, one in evaluate(run, "end", step).items() if isinstance(one, int | float)}
    row = {
        "id": name, "family": family.config.family, "preset": family.config.preset, "data": family.config.data,
        "step": step, "not_of_this_data": sorted(family.config.figures_not_of(info)), "figures": figures,
    }  # fmt: skip
    write_json(to / f"{name}.json", row)


def number_blindly(to: Path) -> None:
    """Copies of all sheets under numbers in an order by chance."""
    names = sorted(one.stem for one in (to / "sheets").glob("*.json"))
    order = np.random.default_rng(0).permutation(len(names))
    write_json(to / "key.json", {str(number): names[place] for number, place in enumerate(order)})
    (to / "blind").mkdir(exist_ok=True)
    for number, place in enumerate(order):
        for kind in ("png", "txt"):
            if (file := to / "sheets" / f"{names[place]}.{kind}").exists():
                (to / "blind" / f"{number}.{kind}").write_bytes(file.read_bytes())


def keep(to: Path) -> None:
    """Figures and both labels of every sheet into the project."""
    key = json.loads((to / "key.json").read_text())
    passes = [json.loads((to / f"labels-{one}.json").read_text()) for one in (1, 2)]
    rows = []
    for number, name in key.items():
        row = json.loads((to / "sheets" / f"{name}.json").read_text())
        rows.append(row | {"labels": [one[number] for one in passes]})
    write_json(KEPT, sorted(rows, key=lambda row: row["id"]))


def agreement() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The sheets on which both passes agree, and those among them on which the gate of the recipe does not."""
    rows = [row for row in json.loads(KEPT.read_text(encoding="utf-8")) if len(set(row["labels"])) == 1]
    return rows, [row for row in rows if (row["labels"][0] == "good") != (verdict(row) == "ready")]


def verdict(row: dict[str, Any]) -> str:
    family = config_class(row["family"])
    settings = family.presets[row["preset"]].settings if row["preset"] in family.presets else {}
    gate = settings.get("gate", family.model_fields["gate"].default)
    return verdict_of(held_against(gate, row["figures"], frozenset(row["not_of_this_data"])))


def check() -> None:
    rows, wrong = agreement()
    good = sum(row["labels"][0] == "good" for row in rows)
    print(
        f"{len(rows)} sheets with one label, {good} of them good; the gate agrees on {1 - len(wrong) / len(rows):.1%}"
    )
    for row in wrong:
        print(f"  {row['id']}: the eye says {row['labels'][0]}, the gate {verdict(row)}")


if __name__ == "__main__":
    main()
