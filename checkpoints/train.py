"""Trains the models that come with the program, each by one command:

    python checkpoints/train.py vae-mnist            # or several names, or “all”
    python checkpoints/train.py features             # the networks that judge pictures

A model is trained as any run is, measured on the whole test set, made light (`aigc_core.runs.bundle`), given a card,
and put beside this file. A training that was interrupted goes on where it stood.
"""

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # run as a script, from anywhere

if TYPE_CHECKING:
    from aigc_core.runs.run import Run


@dataclass(frozen=True)
class Model:
    """What to train, how many checkpoints to keep, and what the card says of it."""

    family: str
    settings: dict[str, Any]
    about: str
    limits: str
    checkpoints: int = 1
    data_words: str = ""


MNIST = "MNIST (LeCun, Cortes, Burges): 60,000 digits to learn from, 10,000 to check with. CC BY-SA 3.0."
FASHION = "Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 60,000 garments and 10,000. MIT."
RECORDS = {"sample_every": 1000, "evaluate_every": 2000, "checkpoint_every": 2000, "keep_checkpoints": 12}
VAE = {"width": 16, "latent_size": 32, "batch_size": 128, "lr": 2e-3, "ema": 0.999, "warmup_steps": 100} | RECORDS
TEXT = {"size": "nano", "optimizer": "muon", "warmup_steps": 100, "lr_end": 0.0} | RECORDS
GAN = {
    "network": "style", "conditional": True, "objective": "hinge", "width": 16, "latent_size": 64, "batch_size": 64,
    "lr": 4e-4, "ema": 0.999, "lr_schedule": "cosine",
} | RECORDS  # fmt: skip

MODELS = {
    "vae-mnist": Model(
        "vae", VAE | {"data": "mnist", "steps": 8_000},
        "A convolutional VAE of 32 numbers a digit.",
        "Grey 28×28 digits only; its pictures are a little soft, as a VAE's mean is.",
        data_words=MNIST,
    ),
    "vae-mnist-2d": Model(
        "vae",
        VAE | {"data": "mnist", "latent_size": 2, "width": 8, "steps": 28_000},
        "A VAE of two numbers a digit: all digits on one map, kept at several steps of its training.",
        "Two numbers cannot hold a handwriting: digits come out average, and 4 and 9 lie on top of each other.",
        checkpoints=6,
        data_words=MNIST,
    ),
    "vae-fashion": Model(
        "vae", VAE | {"data": "fashion", "steps": 5_000},
        "A convolutional VAE of 32 numbers a garment.",
        "Grey 28×28 garments only; prints and textures are smoothed away.",
        data_words=FASHION,
    ),
    "gan-mnist": Model(
        "gan", GAN | {"data": "mnist", "steps": 18_000},
        "A class-conditional GAN with a style generator: ask for a 7 and get a 7.",
        "Grey 28×28 digits only. It has no encoder: a given digit is found by searching.",
        data_words=MNIST,
    ),
    "gan-fashion": Model(
        "gan", GAN | {"data": "fashion", "steps": 18_000},
        "A class-conditional GAN with a style generator: choose a kind of garment.",
        "Grey 28×28 garments only. It has no encoder: a given garment is found by searching.",
        data_words=FASHION,
    ),
    "gpt-shakespeare": Model(
        "gpt",
        TEXT | {"data": "shakespeare", "width": 192, "heads": 6, "context": 256, "batch_size": 16, "lr": 8e-3,
                "steps": 4_000, "prompt": "ROMEO:\n"},
        "A GPT of characters that writes in the manner of Shakespeare's plays.",
        "It has the sound of the plays and nothing to say: it knows no world beyond one megabyte of verse.",
        data_words="tiny_shakespeare (Karpathy 2015): 1.1 million characters of plays, the last tenth to check "
                   "with. Public domain.",
    ),
    "gpt-tang": Model(
        "gpt",
        TEXT | {"data": "tang", "width": 160, "heads": 5, "context": 128, "batch_size": 16, "lr": 8e-3,
                "steps": 1_500, "prompt": "《春日》七绝\n"},
        "A GPT of characters that writes regular Chinese poems; begin with a title and a form: 《春日》七绝",
        "It keeps the form; rhyme and tones only by habit, and a thread of thought hardly ever.",
        data_words="24,441 regular Tang poems in simplified characters, one in ten to check with. Public domain; "
                   "collection (chinese-poetry) MIT.",
    ),
    "gpt-stories": Model(
        "gpt",
        TEXT | {"data": "stories", "context": 256, "batch_size": 8, "lr": 8e-3, "steps": 1_500},
        "A GPT of characters that tells little stories in English and Chinese, from a grammar whose entropy is known.",
        "It knows nothing but this grammar: a few names, places and wishes.",
        data_words="8,000 stories that this program makes itself, one in ten to check with.",
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=["all", "features", *MODELS])
    parser.add_argument("--work", type=Path, default=HERE / "runs", help="where the whole runs are kept")
    given = parser.parse_args()
    for name in ["features", *MODELS] if "all" in given.names else given.names:
        if name == "features":
            train_features()
        else:
            train(name, given.work / f"shipped-{name}")


def train_features() -> None:
    """The networks in whose features pictures are compared."""
    import torch

    from aigc_core.common.progress import silent
    from aigc_core.data.datasets import ImageDataset, load_data
    from aigc_core.families import config_class
    from aigc_core.families.config import make_config
    from aigc_core.metrics import classifier_features

    for data_name in ("mnist", "fashion"):
        config = make_config(config_class("vae"), None, data_name, {})
        data = load_data(config, torch.device("cpu"), silent)
        assert isinstance(data, ImageDataset) and data.labels is not None and data.validation_labels is not None
        network = classifier_features.train(data.train, data.labels, len(data.info.class_names))
        right = (classifier_features.extract(network, data.validation)[1] == data.validation_labels.numpy()).mean()
        print(classifier_features.save(network, data_name), f"{100 * right:.2f} % of the test pictures right")


def train(name: str, whole: Path) -> None:
    """Train, measure, make light, describe."""
    model = MODELS[name]
    command = [sys.executable, "-m", "aigc_core"]
    if (whole / "config.json").exists():
        state = json.loads((whole / "status.json").read_text())["state"]
        if state != "done":
            subprocess.run([*command, "resume", str(whole)], check=True, cwd=HERE.parent)
    else:
        settings = [word for key, value in model.settings.items() for word in ("--set", f"{key}={value}")]
        subprocess.run([*command, "train", model.family, *settings, "--out", str(whole)], check=True, cwd=HERE.parent)

    from aigc_core.evaluation.evaluate import evaluate
    from aigc_core.runs.bundle import release
    from aigc_core.runs.run import Run

    run = Run(whole)
    figures = evaluate(run, extent="full")
    if model.family == "gan" and run.checkpoints.marked("last") != figures["step"]:
        # During training a GAN is judged by pixels and 2,000 pictures; now by features and 10,000.
        newest = evaluate(run, extent="full", step=run.checkpoints.marked("last"))
        if newest["frechet_features"] < figures["frechet_features"]:
            run.checkpoints.mark("best", newest["step"])
            figures = newest
    figures = {key: value for key, value in figures.items() if isinstance(value, int | float | list)}
    light = whole.with_name(f"light-{name}")
    shutil.rmtree(light, ignore_errors=True)
    steps = _spread(run.checkpoints.steps(), model.checkpoints) if model.checkpoints > 1 else None
    released = release(run, light, steps, figures | further_figures(name, run))
    if run.config().makes == "pictures":
        prepare(released)
    (light / "README.md").write_text(card(name, model, released), encoding="utf-8")
    shutil.rmtree(HERE / name, ignore_errors=True)
    light.replace(HERE / name)
    size = sum(one.stat().st_size for one in (HERE / name).rglob("*") if one.is_file())
    print(f"{HERE / name}: {size / 1e6:.2f} MB")


def _spread(steps: list[int], count: int) -> list[int]:
    """At most `count` of the steps, closer together at the start, where most happens."""
    count = min(count, len(steps))
    places = [round((len(steps) - 1) * (i / (count - 1)) ** 1.5) for i in range(count)]
    return [steps[i] for i in sorted(set(places))]


def prepare(run: "Run") -> None:
    """What the Latent page would have to learn first: directions, and where the classes lie."""
    from aigc_core.inference.latent import direction_store, latent_map

    best = run.checkpoints.marked("best")
    direction_store.list_directions(run, best)
    direction_store.learn_directions(run, best, lambda part, shown: None)
    for step in run.checkpoints.steps():
        latent_map.class_cloud(run, step)


def further_figures(name: str, run: "Run") -> dict[str, float]:
    """What is worth knowing of one model only: the least loss possible, or how often a form is kept."""
    if name == "gpt-stories":
        from aigc_core.data.stories import entropy_per_character

        return {"entropy": entropy_per_character("both")}
    return {"form_kept": form_kept(run)} if name == "gpt-tang" else {}


def form_kept(run: "Run") -> float:
    """The part of 200 poems that have the lines and lengths of the form that was asked for."""
    from aigc_core.data.text import FORMS, keeps_form
    from aigc_core.families.causal_lm import TextRequest
    from aigc_core.inference.text import session

    kept = []
    for form in FORMS:
        for title in ("春日", "送友人", "登高", "夜泊", "山居"):
            prompt = f"《{title}》{form}\n"
            request = TextRequest(max_new_tokens=100, temperature=0.8)
            written = session.generate(run, None, session.Prefix(prompt), request, 10, "\n\n", lambda part, shown: None)
            kept += [keeps_form(prompt + "".join(texts).split("\n\n")[0]) for texts in written.texts]
    return sum(kept) / len(kept)


def card(name: str, model: Model, run: "Run") -> str:
    """The model's README."""
    environment, status, pictures = run.manifest.read()["environment"], run.status(), run.config().makes == "pictures"
    figures = status.figures
    numbers = {key: value for key, value in figures.items() if isinstance(value, int | float)}
    shown = "\n".join(
        f"| {key} | {f'{value:,}' if isinstance(value, int) else f'{value:.{2 if pictures else 4}f}'} |"
        for key, value in numbers.items()
    )
    return f"""# {name}

{model.about}

- **Data:** {model.data_words}
- **Command:** `python checkpoints/train.py {name}`
- **Training:** {status.step} steps, {status.elapsed_s / 60:.0f} minutes on {environment.get("device", "?")}.
- **Licence of the weights:** that of this program; the data's licence is above.
- **Limits:** {model.limits}

| figure on the {figures.get("n", 0):,} {"test pictures" if pictures else "tokens held out"} | |
|---|---|
{shown}

{PICTURE_FIGURES.format(n=f"{figures.get('features_n', 0):,}") if pictures else TEXT_FIGURES}
"""


PICTURE_FIGURES = """`negative_elbo`, `reconstruction`, `kl` and `importance_weighted_nll` are nats a picture.
`frechet_features` is the Fréchet distance of {n} made pictures to as many test pictures in the features of
`checkpoints/features/`; `frechet_features_real` is the same distance for training pictures instead of made ones."""
TEXT_FIGURES = """`loss` is nats a token (here: a character) of text that was held out; `perplexity` is e to the power
of it; `bits_per_byte` counts bytes of UTF-8. `entropy` is the least loss possible for the stories' grammar;
`form_kept` the part of 200 poems with the lines and lengths that were asked for."""


if __name__ == "__main__":
    main()
