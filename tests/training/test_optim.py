"""Muon: judged by singular values, by torch's own AdamW, and by what it learns."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from aigc_core.common.device import choose
from aigc_core.runs.checkpoint import _into_optimizers, _optimizer_tensors
from aigc_core.runs.run import Run
from aigc_core.training import optim
from aigc_core.training.trainer import fit
from tests.helpers.runs import tiny


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 12, 48), (2, 48, 12)])
def test_singular_values_come_near_one(shape: tuple[int, ...]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    made = optim.orthogonal(matrices)
    before = torch.linalg.svdvals(matrices) / matrices.norm(dim=(1, 2))[:, None]
    expected = before
    a, b, c = optim.NEWTON_SCHULZ
    for _ in range(optim.NEWTON_SCHULZ_STEPS):
        expected = a * expected + b * expected**3 + c * expected**5
    values = torch.linalg.svdvals(made)
    torch.testing.assert_close(values, expected.sort(descending=True).values, atol=1e-4, rtol=0)
    brought = expected[before >= 0.02]
    assert made.shape == shape and len(brought) and float(brought.min()) > 0.6 and float(values.max()) < 1.21
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)  # the nearest orthogonal matrix points the same way
    assert float((made * (u @ v)).sum() / (made.norm() * (u @ v).norm())) > 0.95


@pytest.mark.parametrize("rank", [1, 3, 12])
def test_wide_matrices_are_made_orthogonal_either_way_alike(rank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = torch.Generator().manual_seed(0)
    matrices = torch.randn(2, 12, rank, generator=random) @ torch.randn(2, rank, 96, generator=random)
    by_square = optim.orthogonal(matrices)
    monkeypatch.setattr(optim, "WIDE", 1000)
    torch.testing.assert_close(by_square, optim.orthogonal(matrices), atol=1e-4, rtol=0)


def test_a_convolution_is_corrected_as_the_matrix_of_its_patches() -> None:
    torch.manual_seed(0)
    convolution, dense = nn.Conv2d(4, 6, 3, bias=False), nn.Linear(36, 6, bias=False)
    dense.weight.data = convolution.weight.detach().flatten(1).clone()
    config = tiny("vae", lr=1e-2, optimizer="muon", weight_decay=0.0)
    for network in (convolution, dense):
        network.weight.grad = torch.arange(216.0).sin().view(network.weight.shape)
        optim.make(network, config, choose("cpu", "float32")).step()
    torch.testing.assert_close(convolution.weight.flatten(1), dense.weight, atol=0, rtol=0)


def test_a_standing_matrix_is_corrected_as_the_lying_one() -> None:
    torch.manual_seed(0)
    lying, standing = nn.Linear(48, 6, bias=False), nn.Linear(6, 48, bias=False)
    standing.weight.data = lying.weight.detach().mT.clone()
    both = nn.ModuleList([standing, lying])
    lying.weight.grad = torch.arange(288.0).sin().view(6, 48)
    standing.weight.grad = lying.weight.grad.mT.clone()
    optim.make(both, tiny("vae", lr=1e-2, optimizer="muon", weight_decay=0.0), choose("cpu", "float32")).step()
    torch.testing.assert_close(standing.weight.mT, lying.weight, atol=1e-7, rtol=0)


MakeOptimizer = Callable[[nn.Module], torch.optim.Optimizer]


def stepped(make_optimizer: MakeOptimizer, network: nn.Module, steps: int = 5) -> list[torch.Tensor]:
    optimizer = make_optimizer(network)
    random = torch.Generator().manual_seed(1)
    for _ in range(steps):
        network(torch.randint(0, 7, (4, 5), generator=random)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return [one.detach().clone() for one in network.parameters()]


def test_what_is_no_matrix_of_a_layer_is_corrected_as_by_adamw() -> None:
    def network() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Embedding(7, 6), nn.LayerNorm(6))

    config = tiny("gpt", lr=1e-2, weight_decay=0.1, optimizer="muon")
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []

    def ours(net: nn.Module) -> torch.optim.Optimizer:
        for one in net.parameters():
            (others if one.dim() < 2 else matrices).append(one)
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
        return optim.Muon(groups, config.lr, (config.beta1, config.beta2))

    theirs = stepped(lambda net: optim.make(net, config.changed({"optimizer": "adamw"}), choose("cpu", "float32")),
                     network())  # fmt: skip
    for mine, their in zip(stepped(ours, network()), theirs, strict=True):
        torch.testing.assert_close(mine, their, atol=1e-6, rtol=1e-5)


def test_it_goes_on_from_its_saved_state_bit_for_bit() -> None:
    config = tiny("gpt", lr=1e-2, optimizer="muon")

    def network() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Embedding(7, 6), nn.Linear(6, 8), nn.LayerNorm(8))

    def correct(net: nn.Module, optimizer: torch.optim.Optimizer, seed: int) -> None:
        net(torch.randint(0, 7, (4, 5), generator=torch.Generator().manual_seed(seed))).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    whole, part = network(), network()
    first, second = (optim.make(net, config, choose("cpu", "float32")) for net in (whole, part))
    for seed in range(3):
        correct(whole, first, seed)
        correct(part, second, seed)
    resumed = optim.make(part, config, choose("cpu", "float32"))
    _into_optimizers({"net": resumed}, _optimizer_tensors({"net": second}))
    for seed in range(3, 6):
        correct(whole, first, seed)
        correct(part, resumed, seed)
    for a, b in zip(whole.parameters(), part.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_gpt_learns_more_by_muon_in_as_many_steps(tmp_path: Path) -> None:
    settings = {"data": "stories", "width": 64, "steps": 120, "lr": 5e-3, "batch_size": 8, "context": 64}
    losses = {}
    for name in ("adamw", "muon"):
        config = tiny("gpt", optimizer=name, layers=2, **{k: v for k, v in settings.items() if k != "layers"}).changed(
            {"evaluate_every": 120, "checkpoint_every": 120, "sample_every": 120}
        )
        losses[name] = fit(Run.create(config, tmp_path / name)).figures["loss"]
    assert losses["muon"] < losses["adamw"] - 0.05
