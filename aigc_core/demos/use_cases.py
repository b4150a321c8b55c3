"""Is it useful? Small tasks, each measured here in a minute or two, next to what one would do without a model.

Every verdict follows from the figures by a rule that stands here, and may be “no”.
"""

import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from aigc_core.common.errors import ConfigError, message
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data import product_texts
from aigc_core.data.image_dataset import ImageDataset, as_float, spread
from aigc_core.data.sources import Text
from aigc_core.data.text_dataset import TokenDataset
from aigc_core.families import config_class, family_class
from aigc_core.families.causal_lm import TextFamily, TextRequest
from aigc_core.families.config import make_config
from aigc_core.families.image import ImageRequest, sheet_png
from aigc_core.metrics import classifier_features, nearest_neighbors, text_diversity
from aigc_core.runs.init_from import open_trained
from aigc_core.training.quick_fit import prepared, quick_fit

SEEDS = 3


def measure(scenario: str, progress: ProgressCallback = silent) -> dict[str, Any]:
    """Measure one of `SCENARIOS`.

    Returns:
        `rows`: lines of a table, each with a `name` and figures; `verdict`: a sentence; `good`: whether it is a yes;
        `sheet`: a PNG where there is something to see; `seconds` it took.

    Raises:
        ConfigError: no such scenario.
    """
    if scenario not in SCENARIOS:
        raise ConfigError("useful.no_scenario", "There is no scenario “{scenario}”.", scenario=scenario)
    begun = time.monotonic()
    return SCENARIOS[scenario](progress) | {"seconds": time.monotonic() - begun}


# -- more data from a generator -----------------------------------------------------------------------------

LABELLED = (50, 100, 500)
MADE = 1000
CLASSIFIER_STEPS = 120
GAN_STEPS = 300


def augment(progress: ProgressCallback) -> dict[str, Any]:
    """Accuracy of a classifier on 500 held-out digits, from few labelled ones, and with generated ones added.

    The generator is a class-conditional GAN that has seen the same labelled digits and nothing else: one that has seen
    more would bring that knowledge along.
    """
    plan = {"data": "digits", "network": "mlp", "width": 32, "conditional": True, "batch_size": 32}
    rows: list[dict[str, Any]] = []
    done, total = 0, len(LABELLED) * SEEDS
    for count in LABELLED:
        plain, more = [], []
        for seed in range(SEEDS):
            family, data = prepared("gan", plan | {"seed": seed})
            assert data.labels is not None and data.validation_labels is not None
            chosen = _few_of_each(data.labels, count, seed)
            x, labels = data.train[chosen], data.labels[chosen]
            plain.append(_accuracy(x, labels, data, seed))
            data.train, data.labels = x, labels
            quick_fit(family, data, GAN_STEPS, lambda part, _: progress((done + part) / total, None))  # noqa: B023 — used at once
            made = torch.from_numpy(family.sample(family.networks, ImageRequest(MADE, seed))).permute(0, 3, 1, 2)
            given = torch.arange(MADE) % 10
            more.append(_accuracy(torch.cat([x, made]), torch.cat([labels, given]), data, seed))
            done += 1
        rows.append(
            {"name": str(count), "without": statistics.fmean(plain), "without_spread": statistics.stdev(plain),
             "with": statistics.fmean(more), "with_spread": statistics.stdev(more)}
        )  # fmt: skip
    gains = [row["with"] - row["without"] for row in rows]
    sure = [gain > row["without_spread"] + row["with_spread"] for gain, row in zip(gains, rows, strict=True)]
    good = any(sure)
    gain = f"{100 * max(gains):.1f}"
    yes = message(
        "useful.augment.yes",
        "Yes, here: up to {gain} points more than without, and more than chance between the seeds.",
        gain=gain,
    )
    no = message(
        "useful.augment.no",
        "No: the best gain is {gain} points, within what chance between the seeds does. The generator knows nothing "
        "that the labelled digits do not say.",
        gain=gain,
    )
    return {"rows": rows, "verdict": yes if good else no, "good": good}


def _few_of_each(labels: Tensor, count: int, seed: int) -> Tensor:
    random = np.random.default_rng(seed)
    each = [random.choice(np.flatnonzero(labels.numpy() == one), count // 10, replace=False) for one in range(10)]
    return torch.from_numpy(np.concatenate(each))


def _accuracy(x: Tensor, labels: Tensor, data: ImageDataset, seed: int) -> float:
    """Of a small classifier after the same number of steps, however many pictures there are."""
    epochs = math.ceil(CLASSIFIER_STEPS / max(1, len(x) // min(128, len(x))))
    network = classifier_features.train(x, labels, 10, epochs, seed)
    assert data.validation_labels is not None
    told = classifier_features.extract(network, data.validation)[1]
    return float((told == data.validation_labels.numpy()).mean())


# -- what does not belong -----------------------------------------------------------------------------------

LEFT_OUT = (1, 4, 8)
VAE_STEPS = 500


def anomaly(progress: ProgressCallback) -> dict[str, Any]:
    """A VAE trained without one digit: does its −ELBO find that digit among all? Beside it the distance to the nearest
    training picture, which needs no model. Figures: area under the ROC curve."""
    rows: list[dict[str, Any]] = []
    curves: dict[str, Any] = {}
    for number, digit in enumerate(LEFT_OUT):
        family, data = prepared("vae", {"data": "digits", "network": "mlp", "width": 64, "latent_size": 16})
        assert data.labels is not None and data.validation_labels is not None
        kept = data.labels != digit
        data.train, data.labels = data.train[kept], data.labels[kept]
        quick_fit(family, data, VAE_STEPS, lambda part, _: progress((number + part) / len(LEFT_OUT), None))  # noqa: B023 — used at once
        model = family.networks["autoencoder"]
        with torch.inference_mode():
            terms = family.evidence_terms(model, as_float(data.validation), None, 0, False)
        scores = (terms["reconstruction"] + terms["kl_per_dimension"].sum(1)).numpy()
        truth = (data.validation_labels == digit).numpy()
        near = [
            float(one.distance[0]) for one in nearest_neighbors.nearest(data.train.numpy(), data.validation.numpy(), 1)
        ]
        areas = {"model": float(roc_auc_score(truth, scores)), "nearest": float(roc_auc_score(truth, near))}
        rows.append({"name": str(digit), **areas})
        curves[str(digit)] = _roc(truth, scores)
    ours, theirs = (statistics.fmean(row[key] for row in rows) for key in ("model", "nearest"))
    good = ours > 0.8 and ours > theirs
    said = {"ours": f"{ours:.3f}", "theirs": f"{theirs:.3f}"}
    yes = message(
        "useful.anomaly.yes",
        "Yes: an area under the ROC curve of {ours} on average, and {theirs} by the nearest training picture (0.5 is "
        "guessing).",
        **said,
    )
    no = message(
        "useful.anomaly.no",
        "Not good enough: an area under the ROC curve of {ours} on average, and {theirs} by the nearest training "
        "picture (0.5 is guessing).",
        **said,
    )
    return {"rows": rows, "verdict": yes if good else no, "good": good, "curves": curves}


def _roc(truth: np.ndarray, scores: np.ndarray) -> list[list[float]]:
    """False against true alarms as the threshold falls, 50 places."""
    order = np.argsort(-scores)
    hits, alarms = np.cumsum(truth[order]) / truth.sum(), np.cumsum(~truth[order]) / (~truth).sum()
    places = np.linspace(0, len(order) - 1, 50).astype(int)
    return [[0.0, 0.0], *([float(alarms[one]), float(hits[one])] for one in places)]


# -- repair -------------------------------------------------------------------------------------------------

REPAIRED, SHOWN = 200, 5  # as many shown as there are rows: the sheet is square
ROUNDS = 30


def repair(progress: ProgressCallback) -> dict[str, Any]:
    """The lower half of 200 held-out digits is lost. Filled by the training average, by the nearest training picture
    (nearest in what is left), and by a VAE: encode, decode, put back what is known, again. Figures: root mean square
    error of the lost pixels."""
    family, data = prepared("vae", {"data": "digits", "network": "mlp", "width": 64, "latent_size": 16})
    quick_fit(family, data, 2 * VAE_STEPS, lambda part, _: progress(0.9 * part, None))
    truth, train = as_float(spread(data.validation, REPAIRED)), as_float(data.train)
    lost = torch.zeros_like(truth[:1], dtype=torch.bool)
    lost[..., truth.shape[-1] // 2 :, :] = True
    average = train.mean(0, keepdim=True)
    filled = {"average": torch.where(lost, average, truth)}
    left = [torch.where(lost, torch.zeros(()), one) for one in (truth, train)]
    nearest = torch.cdist(left[0].flatten(1), left[1].flatten(1)).argmin(1)
    filled["nearest"] = torch.where(lost, train[nearest], truth)
    with torch.inference_mode():
        x = filled["average"]
        for _ in range(ROUNDS):
            drawn = family.decode(family.networks, family.encode(family.networks, x, None), None)
            x = torch.where(lost, drawn, truth)
    filled["model"] = x
    progress(1.0, None)
    # Mean square error of each picture's lost pixels, by way.
    squares = {
        name: (one - truth).masked_select(lost).view(len(truth), -1).square().mean(1) for name, one in filled.items()
    }
    errors = {name: math.sqrt(float(one.mean())) for name, one in squares.items()}
    rows: list[dict[str, Any]] = [{"name": name, "error": error} for name, error in errors.items()]
    simple = min(("average", "nearest"), key=lambda name: errors[name])
    better = squares[simple] - squares["model"]
    good = float(better.mean()) > 2 * float(better.std()) / math.sqrt(len(better))
    damaged = torch.where(lost, torch.full((), 0.5), truth)
    sheet = torch.cat([spread(one, SHOWN) for one in (truth, damaged, *filled.values())])
    said = {"model": f"{errors['model']:.3f}", "other": f"{errors[simple]:.3f}"}
    yes = message("useful.repair.yes", "Yes: an error of {model}, and {other} by the best simple way.", **said)
    no = message(
        "useful.repair.no",
        "No: an error of {model}, and {other} by the best simple way; no better than by chance.",
        **said,
    )
    return {
        "rows": rows,
        "verdict": yes if good else no,
        "good": good,
        "sheet": sheet_png((sheet * 255).round().byte().permute(0, 2, 3, 1).numpy()),
    }


# -- text ---------------------------------------------------------------------------------------------------

TEXT_STEPS, TEXTS = 150, 40


def copywriting(progress: ProgressCallback) -> dict[str, Any]:
    """Product texts from templates, and from a model that was trained on from the stories that come along with 400 of
    them. Figures: distinct pairs of words, and the share of the model's texts that the templates can make."""
    documents = product_texts.texts(400, seed=0)
    config = make_config(
        config_class("gpt"), None, "text",
        {"init_from": "gpt-stories", "context": 256, "batch_size": 4, "lr": 1e-3, "data_path": "-", "dropout": 0.0},
    )  # fmt: skip
    family_cls = family_class("gpt")
    config, tokenizer = family_cls.resolved(config, open_trained, silent)
    data = TokenDataset(Text(documents), config, torch.device("cpu"), tokenizer)
    family = family_cls(config, data.info)
    assert isinstance(family, TextFamily)
    family.start(open_trained)
    quick_fit(family, data, TEXT_STEPS, lambda part, _: progress(0.8 * part, None))
    made = _generate_texts(family, progress)
    template = product_texts.texts(len(made), seed=1)
    known = sum(product_texts.possible(one) for one in made) / max(len(made), 1)
    rows: list[dict[str, Any]] = [
        {"name": "template", "distinct_2": text_diversity.distinct(template, 2), "possible": 1.0},
        {"name": "model", "distinct_2": text_diversity.distinct(made, 2), "possible": known},
    ]
    good = rows[1]["distinct_2"] > 1.05 * rows[0]["distinct_2"] and known > 0.5
    said = {row["name"]: f"{row['distinct_2']:.2f}" for row in rows} | {"known": f"{100 * known:.0f}"}
    yes = message(
        "useful.copy.yes",
        "More varied than its template ({model} against {template} distinct pairs of words), and mostly sound.",
        **said,
    )
    no = message(
        "useful.copy.no",
        "No: a template makes such texts at once and without mistakes. Of the model's, {known} % are texts that the "
        "template can make; the rest is new or wrong ({model} against {template} distinct pairs of words).",
        **said,
    )
    return {"rows": rows, "verdict": yes if good else no, "good": good, "texts": made[:5]}


def _generate_texts(family: TextFamily, progress: ProgressCallback) -> list[str]:
    """Texts of the model, each up to its end."""
    begun, found = family.encode_prompt(""), [""] * TEXTS
    request = TextRequest(max_new_tokens=product_texts.LONGEST, temperature=0.8)
    rows: list[list[int]] = [[] for _ in range(TEXTS)]
    for place, drawn in enumerate(family.generate(family.networks, begun, request, list(range(TEXTS)))):
        for row, token in zip(rows, drawn.token.tolist(), strict=True):
            row.append(token)
        progress(0.8 + 0.2 * place / product_texts.LONGEST, None)
    for number, row in enumerate(rows):
        found[number] = family.tokenizer.decode(row).strip().split("\n")[0]
    return found


SCENARIOS: dict[str, Callable[[ProgressCallback], dict[str, Any]]] = {
    "augment": augment, "anomaly": anomaly, "repair": repair, "copywriting": copywriting,
}  # fmt: skip
