"""Trainings of seconds, and whether two of them have come to the same."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from aigc_core.common.files import write_json
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.families import config_class
from aigc_core.families.causal_lm import TextFamily
from aigc_core.families.config import RunConfig, make_config
from aigc_core.families.gpt.config import Config as GPTConfig
from aigc_core.inference import model_cache
from aigc_core.runs.run import Run
from aigc_core.runs.status import State

Trained = Callable[[str], Run]  # the fixture that has a finished run of each family

# The smallest training of each family that still has all its parts.
TINY: dict[str, dict[str, Any]] = {
    "gan": {"data": "digits8", "network": "mlp", "width": 8, "latent_size": 4, "batch_size": 16},
    "vae": {"data": "digits8", "network": "mlp", "width": 8, "latent_size": 2, "batch_size": 16},
    "gpt": {"data": "docs", "layers": 1, "heads": 2, "width": 16, "context": 16, "batch_size": 4, "sample_tokens": 20},
}
RECORDS = {"steps": 12, "log_every": 1, "sample_every": 6, "evaluate_every": 6, "checkpoint_every": 4}
# One with two networks and an average is the hardest; the others take as long again.
GAN_AND_SLOWLY_ALL = ["gan", *(pytest.param(one, marks=pytest.mark.slow) for one in ("vae", "gpt"))]


def tiny(family: str, **settings: Any) -> RunConfig:
    """A config for a training of about a second."""
    return make_config(config_class(family), settings=TINY[family] | RECORDS | settings)


def pairs_of(config: RunConfig) -> list[str]:
    return [f"{key}={value}" for key, value in config.model_dump().items() if key not in ("family", "preset")]


def gpt_config(**settings: object) -> GPTConfig:
    """A tiny GPT's settings."""
    config = tiny("gpt", **settings)
    assert isinstance(config, GPTConfig)
    return config


def message_of(run: Run) -> dict[str, Any]:
    """What the run says to a person."""
    message = run.status().message
    assert message is not None, "it says nothing"
    return message


def text_family_of(run: Run) -> TextFamily:
    """Its loaded family, which writes."""
    family = model_cache.load(run).family
    assert isinstance(family, TextFamily), run.config().family
    return family


def values_of(run: Run, kind: str = "metrics") -> dict[int, dict[str, float]]:
    return {event["step"]: event["values"] for event in run.events()[0] if event["kind"] == kind}


def at_step(run: Run, step: int, act: Callable[[], object]) -> None:
    """Call `act` from another thread as soon as the run's events have come to `step`."""

    def wait() -> None:
        while not any(event["step"] >= step for event in run.events()[0]):
            time.sleep(0.002)
        act()

    threading.Thread(target=wait, daemon=True).start()


def weights(run: Run) -> dict[str, torch.Tensor]:
    step = run.checkpoints.steps()[-1]
    return {
        f"{file.name}/{name}": tensor
        for file in sorted(run.checkpoints.folder(step).glob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


def assert_same_weights(one: Run, other: Run) -> None:
    first, second = weights(one), weights(other)
    assert one.checkpoints.steps()[-1] == other.checkpoints.steps()[-1] and first.keys() == second.keys()
    different = [name for name in first if not torch.equal(first[name], second[name])]
    assert not different, different


def assert_same_events(one: Run, other: Run) -> None:
    """All but the clock: each event once, in the same order, with the same numbers."""
    clock = ("t", "seconds", "eta_s")
    first, second = (
        [{key: value for key, value in event.items() if key not in clock} for event in run.events()[0]]
        for run in (one, other)
    )
    assert first == second


def assert_same_marks(one: Run, other: Run) -> None:
    """What is used of a run: its best and last checkpoint, and its figures."""
    first, second = (
        (run.checkpoints.marked("best"), run.checkpoints.marked("last"), run.status().figures) for run in (one, other)
    )
    assert first == second


def run_of_student(
    owner: str, state: State, figure: float | None, ready: bool = False, place: Path | None = None
) -> Run:
    run = Run.create(tiny("vae"), place, {"owner": owner})
    status = run.status()
    status.state, status.step = state, 7
    status.figures = {} if figure is None else {"negative_elbo": figure}
    run.set_status(status)
    for step in (1, 2):
        run.event_log.append("metrics", step, values={"loss": 10.0 / step})
    run.event_log.append("eval", 2, figures={"negative_elbo": figure or 0.0, "n": 3})
    if ready:
        cost = {"train_s": 1.0, "train_j": 9.0, "how": "estimated", "use_s": 1.0, "use_j": 9.0}
        met = {"figure": "kl", "sign": "<", "limit": 9.0, "value": 1.0, "passed": True, "applies": True}
        judged = {"conditions": [met], "findings": [], "figures": {}, "changes": {}, "cost": cost}
        write_json(run.path / "judgement.json", judged)
    return run


def info_of(run: Run) -> DatasetInfo:
    """What a run that was started knows of its data."""
    info = run.dataset_info()
    assert info is not None
    return info
