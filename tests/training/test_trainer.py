"""The loop: budget, requests, resuming exactly, breaking down cleanly, several processes."""

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from aigc_core.common import device
from aigc_core.common.errors import ConfigError, RunError, TrainingError
from aigc_core.common.paths import PROJECT
from aigc_core.families.config import RunConfig
from aigc_core.families.gan.family import Family
from aigc_core.runs.run import Run
from aigc_core.runs.sample_store import SampleStore
from aigc_core.training.estimate import estimate
from aigc_core.training.trainer import fit
from tests.helpers.processes import command
from tests.helpers.runs import (
    GAN_AND_SLOWLY_ALL,
    TINY,
    Trained,
    assert_same_events,
    assert_same_marks,
    assert_same_weights,
    at_step,
    info_of,
    message_of,
    pairs_of,
    tiny,
    values_of,
    weights,
)

FAMILIES = tuple(TINY)


# -- a whole training -------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_a_training_leaves_everything_a_run_should_have(family: str, trained: Trained) -> None:
    run = trained(family)
    status, config = run.status(), run.config()
    assert (status.state, status.step, status.eta_s) == ("done", 12, 0.0)
    assert set(values_of(run)) == set(range(1, 13))
    assert [event["step"] for event in run.events()[0] if event["kind"] == "eval"] == [4, 6, 8, 12]
    assert run.samples.names() == [f"step_{step:06d}.{'txt' if family == 'gpt' else 'png'}" for step in (0, 6, 12)]
    assert run.checkpoints.steps() == [4, 8, 12] and run.checkpoints.marked("last") == 12
    evals = {
        event["step"]: event["figures"][config.headline]
        for event in run.events()[0]
        if event["kind"] == "eval" and event["step"] % 4 == 0
    }
    assert run.checkpoints.marked("best") == min(evals, key=lambda step: evals[step])
    assert status.figures[config.headline] == evals[12]
    environment = run.manifest.read()["environment"]
    assert environment["device"] and environment["versions"]["torch"] == torch.__version__


EVERY_GAME = [
    {"objective": name}
    for name in ("non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic")
]


@pytest.mark.parametrize(
    "settings",
    [
        *EVERY_GAME,
        {"spectral_norm": False, "conditional": True, "d_steps": 2, "g_steps": 2},
        {"network": "dcgan", "image_size": 28},
        {"network": "dcgan", "image_size": 32, "conditional": True},
        {"network": "dcgan", "data": "shapes", "image_size": 64, "objective": "relativistic"},
        {"data": "points", "pattern": "grid", "objective": "relativistic"},
        {"standardise": True, "rotate": 10, "scale": 0.1},
    ],
    ids=str,
)
def test_every_gan_trains(settings: dict[str, Any], tmp_path: Path) -> None:
    run = Run.create(tiny("gan", **settings, steps=2), tmp_path / "run")
    status = fit(run)
    assert math.isfinite(status.figures["frechet_pixels"])
    assert all(map(math.isfinite, values_of(run)[2].values()))


@pytest.mark.parametrize(
    "settings",
    [
        {"network": "conv"},
        {"network": "conv", "data": "shapes", "likelihood": "gaussian", "image_size": 64},
        {"conditional": True, "standardise": True},
        {"latent_size": 128, "beta": 4, "beta_warmup_steps": 2},
        {"data": "points", "pattern": "moons", "likelihood": "gaussian"},
    ],
    ids=str,
)
def test_every_vae_trains(settings: dict[str, Any], tmp_path: Path) -> None:
    run = Run.create(tiny("vae", **settings, steps=2), tmp_path / "run")
    figures = fit(run).figures
    assert figures["negative_elbo"] == pytest.approx(figures["reconstruction"] + figures["kl"])
    assert len(figures["kl_per_dimension"]) == run.config().latent_size
    assert figures["kl"] == pytest.approx(sum(figures["kl_per_dimension"]))


@pytest.mark.parametrize(
    "settings",
    [
        {"tokenizer": "bpe", "vocabulary": 300},
        {"data": "stories", "language": "zh", "dropout": 0.1},
        {"ema": 0.9},
    ],
    ids=str,
)
def test_every_gpt_trains(settings: dict[str, Any], tmp_path: Path) -> None:
    run = Run.create(tiny("gpt", **settings, steps=2), tmp_path / "run")
    figures = fit(run).figures
    assert figures["perplexity"] == pytest.approx(math.exp(figures["loss"]))
    assert 0 < figures["bits_per_byte"] < 12


def test_a_class_conditional_model_of_data_without_classes_is_a_sentence(tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    (tmp_path / "mine").mkdir()
    for i in range(4):
        noise = np.random.default_rng(i).integers(0, 255, (28, 28), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "mine" / f"{i}.png")
    for family in ("gan", "vae"):
        config = tiny(family, data="folder", data_path=str(tmp_path / "mine"), conditional=True)
        run = Run.create(config, tmp_path / family)
        with pytest.raises(ConfigError, match="has no classes"):
            fit(run)
        assert run.status().state == "failed" and "has no classes" in message_of(run)["text"]


def test_they_learn() -> None:
    """A few hundred steps must move each family's own figure far from where it began."""
    for family, settings, factor in (
        (
            "gan",
            {
                "data": "points",
                "objective": "relativistic",
                "spectral_norm": False,
                "penalty": 0.1,
                "width": 32,
                "latent_size": 2,
                "batch_size": 128,
                "lr": 1e-3,
            },
            0.3,
        ),
        ("vae", {"lr": 3e-3, "width": 16}, 0.7),
        ("gpt", {"lr": 5e-3, "data": "stories", "language": "en"}, 0.7),
    ):
        whole = {"steps": 300, "evaluate_every": 300, "checkpoint_every": 300, "sample_every": 300, "log_every": 100}
        run = Run.create(tiny(family, **settings | whole))
        start = Run.create(tiny(family, **settings, steps=1))
        name = run.config().headline
        assert fit(run).figures[name] < factor * fit(start).figures[name], family


def test_a_budget_of_minutes_is_kept(tmp_path: Path) -> None:
    run = Run.create(tiny("vae", minutes=0.05, log_every=0, checkpoint_every=10**6), tmp_path / "run")
    status = fit(run)
    events = [event for event in run.events()[0] if event["kind"] == "metrics"]
    assert status.state == "done" and 2.9 < status.elapsed_s < 4 and 1.5 < events[-1]["t"] - events[0]["t"] < 4
    assert status.total_steps == status.step > 12


# -- requests ---------------------------------------------------------------------------------------------


def test_a_stop_is_honoured_within_one_step_and_resume_ends_as_if_there_had_been_none(tmp_path: Path) -> None:
    whole = Run.create(tiny("gan", steps=40), tmp_path / "whole")
    fit(whole)
    run = Run.create(tiny("gan", steps=40), tmp_path / "stopped")
    stopped_at: list[int] = []

    def stop() -> None:
        run.control.request("stop")
        stopped_at.append(run.events()[0][-1]["step"])

    at_step(run, 10, stop)
    status = fit(run)
    assert status.state == "stopped" and run.checkpoints.marked("last") == status.step < 40
    assert status.step <= stopped_at[0] + 2  # the step under way when the request was written, and its event
    run.control.request("start")
    assert fit(run).state == "done"
    assert_same_weights(run, whole)
    assert_same_events(run, whole)


def test_pause_computes_nothing_and_changes_nothing(tmp_path: Path) -> None:
    whole = Run.create(tiny("vae", steps=30), tmp_path / "whole")
    fit(whole)
    run = Run.create(tiny("vae", steps=30), tmp_path / "paused")
    seen: list[tuple[str, int]] = []

    def pause() -> None:
        run.control.request("pause")
        for _ in range(2):
            time.sleep(0.8)
            seen.append((run.status().state, len(run.events()[0])))
        run.control.request("resume")

    at_step(run, 5, pause)
    status = fit(run)
    assert [state for state, _ in seen] == ["paused", "paused"] and seen[0][1] == seen[1][1] < 30
    assert status.state == "done" and status.elapsed_s < 1.5
    assert_same_weights(run, whole)


def test_a_stop_while_paused_keeps_everything(tmp_path: Path) -> None:
    whole = Run.create(tiny("vae", steps=30, checkpoint_every=10**6), tmp_path / "whole")
    fit(whole)
    run = Run.create(whole.config(), tmp_path / "paused")

    def pause() -> None:
        run.control.request("pause")
        while run.status().state != "paused":
            time.sleep(0.02)
        assert run.checkpoints.steps()  # a kill while paused would lose nothing either
        run.control.request("stop")

    at_step(run, 5, pause)
    status = fit(run)
    assert status.state == "stopped" and run.checkpoints.marked("last") == status.step
    run.control.request("start")
    fit(run)
    assert_same_weights(run, whole)
    assert_same_events(run, whole)


@pytest.mark.parametrize("by", ["a person", "a cluster"])  # which goes on without a new start
def test_settings_change_while_training_and_again_after_a_resume(by: str, tmp_path: Path) -> None:
    run = Run.create(tiny("vae", steps=30, checkpoint_every=100, lr_schedule="constant"), tmp_path / "run")

    def change() -> None:
        run.control.request("set", lr=0.5)  # first refused settings, then good ones
        run.control.request("set", width=64)
        run.control.request("set", lr=0.01, beta=3.0)

    at_step(run, 5, change)
    fit(run)
    events = run.events()[0]
    sets = [event for event in events if event["kind"] == "set"]
    assert [event["changes"] for event in sets] == [{"lr": 0.5}, {"lr": 0.01, "beta": 3.0}]
    assert any("width" in event.get("text", "") for event in events if event["kind"] == "note")
    rates = {event["step"]: event["lr"] for event in events if event["kind"] == "metrics"}
    assert rates[30] == 0.01 and rates[1] == 0.002 and values_of(run)[30]["beta"] == 3.0

    # The run goes back to its beginning, as after a kill: the change happens again at the same step.
    changed = weights(run)
    for step in run.checkpoints.steps():
        for file in run.checkpoints.folder(step).iterdir():
            file.unlink()
        run.checkpoints.folder(step).rmdir()
    if by == "a person":
        run.control.request("start")
    fit(run)
    assert [event["step"] for event in run.events()[0] if event["kind"] == "set"] == [one["step"] for one in sets]
    assert all(torch.equal(changed[name], tensor) for name, tensor in weights(run).items())


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("gan", {"network": "style", "conditional": True, "lr_schedule": "cosine", "ema": 0.99}),
        ("vae", {"network": "conv", "optimizer": "muon", "lr_schedule": "linear", "ema": 0.98, "warmup_steps": 30}),
        ("gpt", {"layers": 2, "optimizer": "muon", "lr_end": 0.0, "lr_schedule": "linear", "warmup_steps": 20}),
    ],
    ids=str,
)
def test_what_the_quick_recipes_use_is_resumed_exactly(family: str, settings: dict[str, Any], tmp_path: Path) -> None:
    config = tiny(family, **settings, steps=60, sample_every=30, evaluate_every=30, checkpoint_every=30)
    whole, run = (Run.create(config, tmp_path / name) for name in ("whole", "run"))
    fit(whole)
    at_step(run, 10, lambda: run.control.request("stop"))
    assert fit(run).state == "stopped"
    run.control.request("start")
    assert fit(run).state == "done"
    assert_same_weights(run, whole)
    assert_same_events(run, whole)


def test_a_run_whose_status_is_damaged_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    whole = Run.create(tiny("vae", steps=40), tmp_path / "whole")
    fit(whole)
    run = Run.create(tiny("vae", steps=40), tmp_path / "run")
    at_step(run, 10, lambda: run.control.request("stop"))
    fit(run)
    (run.path / "status.json").write_text("{")
    damaged = run.status()
    assert damaged.state == "interrupted" and damaged.step == run.checkpoints.steps()[-1] and damaged.attempt == 1
    run.control.request("start")
    assert fit(run).state == "done"
    assert_same_weights(run, whole)
    assert_same_events(run, whole)
    assert_same_marks(run, whole)


def test_a_bit_that_flips_in_a_checkpoint_sends_the_run_to_the_one_before(tmp_path: Path) -> None:
    whole, run = (Run.create(tiny("vae"), tmp_path / name) for name in ("whole", "flipped"))
    fit(whole)
    fit(run)
    file = run.checkpoints.folder(12) / "optimizer.safetensors"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    run.control.request("start")
    fit(run)
    assert any("have changed" in event.get("text", "") for event in run.events()[0])
    assert_same_weights(run, whole)
    assert_same_marks(run, whole)


def test_an_interrupt_is_a_stop(tmp_path: Path) -> None:
    run = Run.create(tiny("vae", steps=10**6, checkpoint_every=10**6, compile="off"), tmp_path / "run")
    at_step(run, 5, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert fit(run).state == "stopped"
    assert run.checkpoints.steps()


# -- breaking down ----------------------------------------------------------------------------------------


def test_numbers_that_are_none_stop_the_run_and_spare_the_last_good_checkpoint(tmp_path: Path) -> None:
    # AdamW multiplies weights by 1 − lr · decay: 0.98 at first, −99 after the change.
    config = tiny("vae", steps=500, weight_decay=10, lr_schedule="constant", sample_every=500, evaluate_every=500)
    run = Run.create(config, tmp_path / "run")
    at_step(run, 9, lambda: run.control.request("set", lr=10))
    with pytest.raises(TrainingError, match=r"no longer a number at step \d+.*smaller learning rate"):
        fit(run)
    status = run.status()
    assert status.state == "failed" and message_of(run)["key"] == "train.not_finite"
    finding = run.events()[0][-1]
    assert finding["kind"] == "finding" and finding["values"]["good"] == run.checkpoints.steps()[-1]
    for tensor in weights(run).values():
        assert torch.isfinite(tensor).all()


def test_a_full_disk_fails_the_run_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(tiny("vae"), tmp_path / "run")
    add = SampleStore.add
    full: list[int] = []

    def add_once_full(self: SampleStore, step: int, content: bytes, suffix: str) -> str:
        if step and not full:
            full.append(step)
            raise OSError(28, "No space left on device")
        return add(self, step, content, suffix)

    monkeypatch.setattr(SampleStore, "add", add_once_full)
    with pytest.raises(TrainingError, match="No space left on device"):
        fit(run)
    assert run.status().state == "failed" and message_of(run)["key"] == "train.cannot_write"
    assert fit(run).state == "done"  # there is room again: it goes on from its last checkpoint


def test_data_that_changed_meanwhile_is_noted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some words to learn from " * 60)
    config = tiny("gpt", data="text", data_path=str(tmp_path / "a.txt"), steps=4)
    run = Run.create(config, tmp_path / "run")
    fit(run)
    (tmp_path / "a.txt").write_text("some words to learn from " * 90)
    fit(run)
    notes = [event for event in run.events()[0] if event.get("key") == "data.changed"]
    assert len(notes) == 1 and info_of(run).train_size < notes[0]["values"]["now"]


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    whole = Run.create(tiny("gan"), tmp_path / "whole")
    fit(whole)
    run = Run.create(tiny("gan"), tmp_path / "run")
    fit(run)
    (run.checkpoints.folder(12) / "model.safetensors").write_bytes(b"nonsense")
    fit(run)
    assert_same_weights(run, whole)
    assert any("cannot be read" in event.get("text", "") for event in run.events()[0])


@pytest.mark.parametrize("content", ["{}", "[]", "5", '{"step": "x"}'])
def test_a_checkpoint_without_its_facts_is_damaged(content: str, tmp_path: Path) -> None:
    run = Run.create(tiny("vae"), tmp_path / "run")
    fit(run)
    (run.checkpoints.folder(12) / "meta.json").write_text(content)
    assert fit(run).step == 12
    assert any("step_000012" in event.get("text", "") for event in run.events()[0])


def test_a_gan_of_two_pictures_trains(tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    (tmp_path / "two").mkdir()
    for i in range(2):
        noise = np.random.default_rng(i).integers(0, 255, (28, 28), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "two" / f"{i}.png")
    run = Run.create(tiny("gan", data="folder", data_path=str(tmp_path / "two"), image_size=28), tmp_path / "run")
    assert math.isfinite(fit(run).figures["frechet_pixels"])


def test_only_damaged_checkpoints_are_an_error_and_nothing_is_overwritten(tmp_path: Path) -> None:
    run = Run.create(tiny("vae"), tmp_path / "run")
    fit(run)
    for step in run.checkpoints.steps():
        (run.checkpoints.folder(step) / "meta.json").write_text("{")
    before = run.events()[0]
    with pytest.raises(RunError, match="cannot be read"):
        fit(run)
    assert run.events()[0] == before


def test_a_pickle_in_place_of_weights_is_not_opened(tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "executed",))

    run = Run.create(tiny("vae"), tmp_path / "run")
    fit(run)
    for step in run.checkpoints.steps():
        (run.checkpoints.folder(step) / "model.safetensors").write_bytes(pickle.dumps(Evil()))
    from aigc_core.families.image import ImageRequest
    from aigc_core.inference import model_cache

    with pytest.raises(RunError, match="cannot be read"):
        model_cache.pictures(run, ImageRequest(4))
    assert not (tmp_path / "executed").exists()


# -- killed -----------------------------------------------------------------------------------------------


def kill_at(run_path: Path, family: str, settings: list[str], step: int) -> Run:
    """Train in a process of its own and SIGKILL it a random moment after it has come to `step`."""
    pairs = [word for pair in settings for word in ("--set", pair)]
    process = subprocess.Popen(
        [sys.executable, "-m", "aigc_core", "train", family, "--out", str(run_path), *pairs],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout and process.stdout.readline().strip() == str(run_path)
    run = Run(run_path)
    while process.poll() is None and not any(event["step"] >= step for event in run.events()[0]):
        time.sleep(0.002)
    time.sleep(random.random() * 0.02)
    process.kill()
    process.wait()
    process.stdout.close()
    return run


@pytest.mark.slow  # tests/trouble kills by default
@pytest.mark.parametrize("family", FAMILIES)
def test_killed_and_resumed_ends_with_the_same_weights_and_events(family: str, tmp_path: Path) -> None:
    config = tiny(family, steps=60, ema=0.9)
    killed = kill_at(tmp_path / "killed", family, pairs_of(config), step=17)
    assert killed.status().state == "interrupted"
    assert command("resume", str(killed.path)).returncode == 0
    whole = Run.create(config, tmp_path / "whole")
    assert command("resume", str(whole.path)).returncode == 0
    assert_same_weights(killed, whole)
    assert_same_events(killed, whole)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_killed_ten_times_at_any_moment(family: str, tmp_path: Path) -> None:
    config = tiny(family, steps=200, ema=0.9, checkpoint_every=3, sample_every=2)
    whole = Run.create(config, tmp_path / "whole")
    assert command("resume", str(whole.path)).returncode == 0
    run = kill_at(tmp_path / "killed", family, pairs_of(config), step=random.randrange(40))
    for _ in range(9):
        process = subprocess.Popen(
            [sys.executable, "-m", "aigc_core", "resume", str(run.path)],
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        attempt = run.status().attempt
        while run.status().attempt == attempt and process.poll() is None:
            time.sleep(0.01)
        time.sleep(random.random() * 0.5)
        process.kill()
        process.wait()
    assert command("resume", str(run.path)).returncode == 0
    assert_same_weights(run, whole)
    assert_same_events(run, whole)


# -- several processes ------------------------------------------------------------------------------------


def together(config: RunConfig, folder: Path) -> Run:
    """A run trained by two processes."""
    pairs = [word for pair in pairs_of(config) for word in ("--set", pair)]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--nproc_per_node=2",
            "--standalone",
            "-m",
            "aigc_core",
            "train",
            config.family,
            "--out",
            str(folder),
            *pairs,
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return Run(folder)


@pytest.mark.parametrize("family", GAN_AND_SLOWLY_ALL)
def test_two_processes_learn_as_one(family: str, tmp_path: Path) -> None:
    config = tiny(family, steps=8, precision="float32", device="cpu")
    one, two = Run.create(config, tmp_path / "one"), together(config, tmp_path / "two")
    fit(one)
    assert two.manifest.read()["environment"]["processes"] == 2
    first, second = values_of(one), values_of(two)
    assert first.keys() == second.keys()
    # Adam's first corrections are lr · sign(gradient), so where a gradient is nearly 0 its rounding decides.
    for step in first:
        assert second[step] == pytest.approx(first[step], rel=2e-3, abs=2e-4), step
    other = Run.create(config.changed({"seed": 1}), tmp_path / "other")  # the tolerance is no blank cheque
    fit(other)
    assert any(second[step] != pytest.approx(values_of(other)[step], rel=2e-3, abs=2e-4) for step in first)


def test_each_process_computes_in_the_number_format_that_is_asked_for(tmp_path: Path) -> None:
    config = tiny("gpt", steps=1, precision="bf16", device="cpu")
    one, two = Run.create(config, tmp_path / "one"), together(config, tmp_path / "two")
    fit(one)
    exact = Run.create(config.changed({"precision": "float32"}), tmp_path / "exact")
    fit(exact)
    # The first loss and its gradient: each row is rounded alike in any batch, unlike after an update of a GAN.
    assert values_of(two)[1] == pytest.approx(values_of(one)[1], rel=5e-5)
    assert values_of(two)[1] != pytest.approx(values_of(exact)[1], rel=5e-5), "bf16 makes no difference here"


def precisions() -> tuple[str, str]:
    """In what products and convolutions are computed by this process."""
    mkldnn: Any = torch.backends.mkldnn  # torch's types do not know these
    return mkldnn.matmul.fp32_precision, mkldnn.conv.fp32_precision


def test_bf16_may_be_within_products_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    can = device._bf16_matmul_works()
    monkeypatch.setattr(device, "_bf16_matmul_works", lambda: True)
    seen: set[tuple[str, str, bool, torch.dtype]] = set()
    usual = Family.loss

    def loss(self: Family, network: str, *given: Any) -> Any:
        now = precisions()
        found = usual(self, network, *given)
        seen.add((*now, torch.is_autocast_enabled("cpu"), found[0].dtype))
        return found

    monkeypatch.setattr(Family, "loss", loss)
    before = precisions()
    run = Run.create(tiny("gan", device="cpu"), tmp_path / "within")
    fit(run)
    assert seen == {("bf16", "bf16", False, torch.float32)}
    assert precisions() == before
    assert run.manifest.read()["environment"]["device"].endswith("bf16 matmuls")
    exact = Run.create(tiny("gan", device="cpu", precision="float32"), tmp_path / "exact")
    fit(exact)
    if not can:  # then nothing is rounded to bf16, only summed in another order
        for step, values in values_of(exact).items():
            assert values_of(run)[step] == pytest.approx(values, rel=1e-4), step
    assert values_of(run)[1] == pytest.approx(values_of(exact)[1], rel=0.05, abs=0.05)


def test_a_batch_that_cannot_be_shared_is_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--nproc_per_node=2",
            "--standalone",
            "-m",
            "aigc_core",
            "train",
            "vae",
            "--data",
            "digits8",
            "--steps",
            "1",
            "--set",
            "batch_size=3",
            "--set",
            "device=cpu",
            "--out",
            str(tmp_path / "two"),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode != 0 and "shared evenly by 2 processes" in done.stderr


# -- estimates --------------------------------------------------------------------------------------------


def test_an_estimate_times_steps_and_leaves_no_run() -> None:
    found = estimate(tiny("vae", steps=1000))
    assert found["total_s"] == pytest.approx(1000 * found["step_s"]) and 0 < found["step_s"] < 1
    assert found["parameters"] > 1000 and "," in found["device"]
    assert json.dumps(found)


# -- sampling ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["gan", "vae"])
def test_a_picture_depends_on_its_own_seed_only(family: str, trained: Trained) -> None:
    from aigc_core.families.image import ImageRequest
    from aigc_core.inference import model_cache

    run = trained(family)
    many, one = (model_cache.pictures(run, ImageRequest(count=count, seed=5)) for count in (70, 1))
    assert many.shape == (70, 28, 28, 1) and many.dtype.name == "uint8"
    assert (many[:1] == one).all() and (many[0] != many[1]).any()
    assert (model_cache.pictures(run, ImageRequest(count=1, seed=6)) != one).any()
