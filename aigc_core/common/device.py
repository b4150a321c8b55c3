"""Where to compute, and in which number format. Nothing is chosen at import."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

from aigc_core.common.cores import cores, given_threads
from aigc_core.common.errors import DeviceError

SMALL = 4_000_000  # weights times rows up to which one thread is the fastest


@dataclass(frozen=True)
class Device:
    """A choice that this machine can carry out. `name` is for a person: "CPU, 2 cores".

    `bf16_matmul`: only matmuls run in bf16; all tensors stay float32, so nothing is converted between them.
    """

    kind: Literal["cpu", "cuda", "mps"]
    precision: Literal["float32", "bf16"]
    name: str
    bf16_matmul: bool = False

    def describe(self) -> str:
        return f"{self.name}, {self.precision}{' matmuls' if self.bf16_matmul else ''}"

    def autocast(self) -> AbstractContextManager[Any]:
        """Within this a loss is computed in the precision."""
        return torch.autocast(self.kind, torch.bfloat16, enabled=self.precision == "bf16" and not self.bf16_matmul)

    def matmul_precision(self) -> AbstractContextManager[None]:
        """Within this, float32 matmuls run in bf16 where the device was chosen so."""
        return _bf16_matmuls() if self.bf16_matmul else nullcontext()


def device_of(networks: dict[str, nn.Module]) -> torch.device:
    """Where a model's networks are."""
    return next(next(iter(networks.values())).parameters()).device


def choose(device: str, precision: str) -> Device:
    """Resolve `auto` for both.

    Raises:
        DeviceError: asked for by name, but this machine has none.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        device = next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    if not available[device]:
        raise DeviceError(
            "device.missing", "This machine has no {device}; choose the device “auto” or “cpu”.", device=device
        )
    bf16_matmul = device == "cpu" and precision != "float32" and _bf16_matmul_works()
    if precision == "bf16":
        refuse_bf16(device)
    if precision == "auto":
        precision = "bf16" if bf16_matmul or _bf16_is_fast(device) else "float32"
    return Device(device, precision, _name(device), bf16_matmul)  # type: ignore[arg-type]


def card_of(kind: str) -> str | None:
    """The graphics card that is computed on, as NVIDIA's management library names it."""
    return f"GPU-{torch.cuda.get_device_properties().uuid}" if kind == "cuda" else None


def refuse_bf16(device: str) -> None:
    """
    Raises:
        DeviceError: this kind of device has no bf16.
    """
    if device == "mps":
        raise DeviceError("device.no_bf16", "bf16 is not available on {device}; choose float32.", device=device)


def best_num_threads(network: nn.Module, rows: int) -> int:
    """How many threads compute so many rows of one token fastest: all cores (or $OMP_NUM_THREADS), or one.

    A small network leaves a second thread so little to do that waiting for it takes longer than it saves; ten times
    longer where another program trains on the same cores.
    """
    small = rows * sum(weight.numel() for weight in network.parameters()) <= SMALL
    return 1 if small else given_threads() or cores()


def to_device(x: Tensor, device: torch.device) -> Tensor:
    """A small tensor from the processor's memory on a device, without waiting for what a GPU is still doing."""
    return x.to(device, non_blocking=device.type == "cuda")


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let this thread compute with so many of torch's."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _bf16_is_fast(device: str) -> bool:
    """Whether the hardware multiplies in bf16, instead of imitating it."""
    if device == "cuda":
        return torch.cuda.get_device_capability() >= (8, 0)
    if device == "cpu":
        cpu = torch.cpu
        return bool(cpu._is_avx512_bf16_supported() or cpu._is_amx_tile_supported())
    return False


@cache
def _bf16_matmul_works() -> bool:
    """Whether this processor makes products of float32 numbers in bf16 if it may, which shows in their digits."""
    nearly_one = torch.full((64, 64), 1 + 2**-10)  # in bf16 it is 1
    with _bf16_matmuls():
        return bool((nearly_one @ nearly_one).max() <= 64)


@contextmanager
def _bf16_matmuls() -> Iterator[None]:
    """Of all threads of the process: only one that trains and does nothing else may enter it."""
    mkldnn: Any = torch.backends.mkldnn  # torch's types lack `matmul` and `conv` of it
    kinds = (mkldnn.matmul, mkldnn.conv)
    before = [kind.fp32_precision for kind in kinds]
    for kind in kinds:
        kind.fp32_precision = "bf16"
    try:
        yield
    finally:
        for kind, usual in zip(kinds, before, strict=True):
            kind.fp32_precision = usual


def _name(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    if device == "mps":
        return "Apple GPU"
    return f"CPU, {cores()} cores"
