"""Compiled networks: the same results, chosen by measuring, never missed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from aigc_core.common.errors import DeviceError
from aigc_core.families.base import Networks
from aigc_core.runs.run import Run
from aigc_core.training import compile
from aigc_core.training.trainer import fit
from tests.helpers.runs import at_step, tiny, values_of

TOLERANCE = 1e-4  # of a loss; compiled kernels add in another order
# A GAN's Adam has no memory of gradients: its corrections are lr · sign(gradient), lr = 4e-4, and where a gradient is
# nearly 0 rounding decides the sign.
GANS_TOLERANCE = 1e-3


def assert_alike(one: Run, other: Run) -> None:
    tolerance = GANS_TOLERANCE if one.config().family == "gan" else TOLERANCE
    first, second = values_of(one), values_of(other)
    assert first.keys() == second.keys()
    for step, values in first.items():
        assert second[step] == pytest.approx(values, rel=TOLERANCE, abs=tolerance)


# What torch warns of and passes over by itself, as long as warnings are no errors.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning")
@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("vae", {}),
        *(
            pytest.param(*one, marks=pytest.mark.slow)
            for one in (
                ("gpt", {}),
                ("gan", {}),
                ("vae", {"network": "conv"}),
                ("gan", {"network": "dcgan", "conditional": True}),
            )
        ),
    ],
    ids=str,
)
def test_a_compiled_training_is_the_same_training(family: str, settings: dict[str, Any], tmp_path: Path) -> None:
    runs = {how: Run.create(tiny(family, **settings, compile=how), tmp_path / how) for how in ("off", "on")}
    for run in runs.values():
        fit(run)
    assert runs["on"].manifest.read()["environment"]["networks"] == "inductor"
    assert runs["off"].manifest.read()["environment"]["networks"] is None
    assert_alike(runs["off"], runs["on"])
    other = Run.create(tiny(family, **settings, compile="off", seed=1), tmp_path / "other")
    fit(other)
    with pytest.raises(AssertionError):  # the tolerance is no blank cheque
        assert_alike(runs["off"], other)


@pytest.mark.slow
def test_whoever_goes_on_computes_as_before_and_as_nearly_as_may_be_uncompiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def choose(
        networks: Networks, kind: str, whole_s: object, rehearse: Callable[[Networks], None]
    ) -> tuple[str, float]:
        before = [one.clone() for one in networks["gpt"].parameters()]
        rehearse(networks)
        assert all(map(torch.equal, before, networks["gpt"].parameters())), "rehearsing changed a weight"
        asked.append(kind)
        return "inductor", 1.5

    monkeypatch.setattr(compile, "select_backend", choose)
    plain, straight, halting = (
        Run.create(tiny("gpt", steps=40, dropout=0.1, compile=how), tmp_path / name)
        for name, how in (("plain", "off"), ("straight", "auto"), ("halting", "auto"))
    )
    fit(plain)
    fit(straight)
    assert_alike(plain, straight)
    halting.control.request("start")
    at_step(halting, 5, lambda: halting.control.request("stop"))
    assert fit(halting).state == "stopped"
    halting.control.request("start")
    assert fit(halting).state == "done" and asked == ["cpu", "cpu"], "measured anew on going on"
    assert values_of(halting) == values_of(straight)
    assert any(event.get("key") == "compile.used" for event in halting.events()[0])


def test_a_short_training_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda *given, **more: pytest.fail("compiled"))
    run = Run.create(tiny("vae", steps=2), tmp_path / "run")
    fit(run)
    assert run.manifest.read()["environment"]["networks"] == compile.EAGER


@pytest.fixture
def no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without a C++ compiler, and without what one has made before."""
    from torch._inductor import config

    torch.compiler.reset()
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    with config.patch({"cpp.cxx": ("/nowhere/c++",)}):
        yield


def test_without_a_compiler_a_long_training_just_starts(
    no_compiler: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(compile.BACKENDS, "cpu", {"inductor": 0.0})
    run = Run.create(tiny("gpt", steps=2), tmp_path / "run")
    assert fit(run).state == "done"
    assert run.manifest.read()["environment"]["networks"] == compile.EAGER


def test_without_a_compiler_whoever_insists_gets_a_sentence(no_compiler: None, tmp_path: Path) -> None:
    run = Run.create(tiny("gpt", steps=2, compile="on"), tmp_path / "run")
    with pytest.raises(DeviceError, match="set compile to auto or off"):
        fit(run)
    assert run.status().state == "failed"


@pytest.mark.parametrize("penalty", [0.1, 0.0])
def test_a_network_whose_gradient_is_differentiated_is_not_compiled(penalty: float, tmp_path: Path) -> None:
    settings = {"objective": "relativistic", "penalty": penalty, "steps": 2}
    run = Run.create(tiny("gan", **settings, compile="on"), tmp_path / "run")
    with pytest.raises(DeviceError, match="penalty on gradients"):
        fit(run)
    plain = Run.create(tiny("gan", **settings, minutes=60, compile="auto"), tmp_path / "plain")
    at_step(plain, 2, lambda: plain.control.request("stop"))
    assert fit(plain).state == "stopped" and plain.manifest.read()["environment"]["networks"] is None
