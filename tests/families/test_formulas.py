"""The formulas beside the live numbers: their code exists, their figures are really recorded, and they are true."""

import math
import shutil

import pytest
import torch

from aigc_core.common.paths import PROJECT, runs_root
from aigc_core.families import formulas
from aigc_core.families.formulas import Term
from aigc_core.families.gan.formulas import GAMES
from aigc_core.families.gan.losses import OBJECTIVES
from aigc_core.serving.api import run_views
from tests.helpers.runs import Trained, tiny

# How a formula is written, and the same in Python.
WRITTEN = {"log σ": "ln_sigmoid", "σ": "sigmoid", "log": "math.log", "−": "-", "½": "0.5 *", "²": "**2"}


@pytest.mark.parametrize("objective", list(OBJECTIVES))
def test_every_game_is_written_down_and_its_code_is_the_code_that_runs(objective: str) -> None:
    found = tiny("gan", objective=objective).formulas()
    assert set(GAMES) == set(OBJECTIVES)
    game = OBJECTIVES[objective]
    assert [one.code.split(":")[1] for one in found[:2]] == [game.discriminator.__name__, game.generator.__name__]
    assert (len(found) == 3) == (game.penalty != "none")


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("objective", list(OBJECTIVES))
def test_the_formula_gives_what_the_code_gives(objective: str, side: int) -> None:
    names = {"d_real": "(real)", "d_fake": "(fake)"}
    parts = [part if isinstance(part, str) else names[part.figure] for part in GAMES[objective][side]]
    text = "".join(parts)
    for written, meant in WRITTEN.items():
        text = text.replace(written, meant)
    real, fake = 0.7, -0.4
    known = {
        "real": real, "fake": fake, "math": math, "max": max,
        "ln_sigmoid": lambda t: -math.log(1 + math.exp(-t)),
        "sigmoid": lambda t: 1 / (1 + math.exp(-t)), "softplus": lambda t: math.log(1 + math.exp(t)),
    }  # fmt: skip
    said = eval(text, known)  # noqa: S307 — our own formula, as it stands in the program
    game = OBJECTIVES[objective]
    computed = (game.discriminator, game.generator)[side](torch.tensor([real]), torch.tensor([fake]))
    assert said == pytest.approx(float(computed), rel=1e-5)


@pytest.mark.parametrize("family", ["gan", "vae", "gpt"])
def test_what_stands_under_a_term_is_recorded(family: str, trained: Trained) -> None:
    run = trained(family)
    events = run.events()[0]
    recorded = {name for event in events if event["kind"] == "metrics" for name in event["values"]}
    recorded |= {f"val:{name}" for event in events if event["kind"] == "eval" for name in event["figures"]}
    terms = [part for one in run.config().formulas() for part in one.parts if isinstance(part, Term)]
    assert terms and {one.figure for one in terms} <= recorded


def test_the_lines_of_code_are_those_of_the_file() -> None:
    for config in (tiny("gan", objective="wasserstein"), tiny("vae"), tiny("vae", likelihood="gaussian"), tiny("gpt")):
        for one in formulas.plain(config.formulas()):
            code = one["code"]
            lines = (PROJECT / code["file"]).read_text(encoding="utf-8").splitlines()
            assert lines[code["line"] - 1].lstrip().startswith("def ")
            assert code["text"].splitlines()[0] == lines[code["line"] - 1]


def test_pages_get_them_as_plain_values(trained: Trained) -> None:
    shutil.copytree(trained("gan").path, runs_root() / "shown")
    first = run_views.describe("shown")["formulas"][0]
    assert first["parts"][0] == {"symbol": "L_D", "figure": "d_loss"} and first["code"]["text"].startswith("def ")
