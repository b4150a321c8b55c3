"""Whether to compute with networks as they are written or translated for this machine: measured, not guessed.

A compiled network has the weights of the one it was made of and computes the same up to rounding; random draws
(dropout) are the same ones too.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch

from aigc_core.common.errors import DeviceError
from aigc_core.families.base import Networks

EAGER = "plain"
# Backends of torch.compile by kind of device, the cheapest to prepare first, each with the seconds of training below
# which preparing it takes longer than it can save. "cudagraphs" replays the kernels without Python between them;
# "inductor" writes new ones, on a GPU replayed likewise.
BACKENDS: dict[str, dict[str, float]] = {"cpu": {"inductor": 1800.0}, "cuda": {"cudagraphs": 60.0, "inductor": 600.0}}
LEAST_GAIN = 1.05  # times as fast, or it is not worth other roundings
WARM = 3  # CUDA graphs warm up, record, and only then replay
ROUNDS = 5
CANNOT = (RuntimeError, ImportError, OSError, AssertionError)  # what torch.compile raises

DryRun = Callable[[Networks], None]


def compiled(networks: Networks, backend: str) -> Networks:
    """The same networks, compiled when first called; `EAGER` gives them as they are."""
    if backend == EAGER:
        return networks
    options: dict[str, Any] | None = None
    if backend == "inductor":
        options = {"fallback_random": True, "triton.cudagraphs": True}
    made: dict[str, Any] = {
        name: torch.compile(one, backend=backend, dynamic=False, options=options) for name, one in networks.items()
    }
    return made


def checked(networks: Networks, backend: str, device: str, dry_run: DryRun) -> str:
    """The backend, once it has computed a step; `device` and `dry_run` as in `select_backend`.

    Raises:
        DeviceError: it cannot, on this machine or for one of these networks.
    """
    with unchanged(networks):
        try:
            _warmed(networks, backend, device, dry_run)
        except CANNOT as problem:
            raise DeviceError(
                "compile.impossible",
                "The networks could not be compiled here ({problem}); set compile to auto or off.",
                problem=str(problem).strip().partition("\n")[0],
            ) from problem
    return backend


def choose_backend(
    networks: Networks,
    device: str,
    *,
    measured: str | None,
    wanted: bool,
    left_s: Callable[[float], float],
    dry_run: DryRun,
    announce: Callable[[str, str], None],
) -> tuple[str, float]:
    """The backend to train with, once it has computed a step, and its gain if it was measured now (else 0).

    Args:
        measured: what was found when the run began, which holds for all of it.
        wanted: take the last backend of this kind of device, whether it pays or not.
        announce: told what is done, as the key and the text of a sentence.

    Raises:
        DeviceError: it is wanted and cannot be.
    """
    possible = BACKENDS.get(device, {})
    if wanted:
        announce("prepare.compile", "Compiling the networks.")
        return checked(networks, next(reversed(possible), ""), device, dry_run), 0.0
    backend, gain = measured, 0.0
    if backend is None:
        announce("prepare.fastest", "Measuring which way to compute is the fastest.")
        backend, gain = select_backend(networks, device, left_s, dry_run)
    if backend not in possible:  # eager, or the run has moved to another kind of device
        return EAGER, gain
    announce("prepare.compile", "Compiling the networks.")
    try:  # outside of the training's time
        return checked(networks, backend, device, dry_run), gain
    except DeviceError:  # as on another machine, without a compiler
        return EAGER, gain


def select_backend(
    networks: Networks, device: str, left_s: Callable[[float], float], dry_run: DryRun
) -> tuple[str, float]:
    """The backend that computes a step fastest on this kind of device, and how many times as fast as `EAGER`.

    A backend that cannot work here, for want of a C++ compiler or of what a network needs, is passed over. What was
    compiled is forgotten again, and the memory that replayed kernels hold is free.

    Args:
        left_s: from the seconds of a step to those of the training; a short one is left as it is.
        dry_run: computes a step with these networks, forwards and backwards, waits for it, and changes no weight.
    """
    with unchanged(networks):
        dry_run(networks)  # the first one is always slow
        training_s = left_s(_seconds(dry_run, networks))
        worth = [backend for backend, pays_from_s in BACKENDS.get(device, {}).items() if training_s >= pays_from_s]
        if not worth:
            return EAGER, 1.0
        try:
            medians = _medians(networks, worth, device, dry_run)
        except CANNOT:  # all at once they may not fit into memory
            return EAGER, 1.0
        finally:
            torch.compiler.reset()
    best = min(medians, key=medians.__getitem__)
    gain = medians[EAGER] / medians[best]
    return (best, gain) if gain >= LEAST_GAIN else (EAGER, 1.0)


def _warmed(networks: Networks, backend: str, device: str, dry_run: DryRun) -> Networks:
    """The networks, compiled, and past what is slow at first."""
    candidate = compiled(networks, backend)
    with deterministic(backend, device):
        for _ in range(WARM):
            dry_run(candidate)
    return candidate


def _medians(networks: Networks, backends: list[str], device: str, dry_run: DryRun) -> dict[str, float]:
    """Seconds of a step with `EAGER` and with each backend that works, in turn."""
    ready = {EAGER: networks}
    for backend in backends:
        with suppress(*CANNOT):
            ready[backend] = _warmed(networks, backend, device, dry_run)
    times: dict[str, list[float]] = {backend: [] for backend in ready}
    for _ in range(ROUNDS):
        for backend, candidate in ready.items():
            with deterministic(backend, device):
                times[backend].append(_seconds(dry_run, candidate))
    return {backend: statistics.median(seconds) for backend, seconds in times.items()}


@contextmanager
def deterministic(backend: str, device: str) -> Iterator[None]:
    """Within this, what a compiled network computes on a CPU is the same every time.

    Inductor adds up an embedding's gradient from several threads, in whatever order they come, unless torch is told
    to be deterministic.
    """
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    if backend == "inductor" and device == "cpu":
        torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


@contextmanager
def unchanged(networks: Networks) -> Iterator[None]:
    """Buffers, such as the estimates of spectral norms, as they were before."""
    kept = [(buffer, buffer.clone()) for one in networks.values() for buffer in one.buffers()]
    try:
        yield
    finally:
        for buffer, before in kept:
            buffer.copy_(before)


def _seconds(dry_run: DryRun, networks: Networks) -> float:
    before = time.perf_counter()
    dry_run(networks)
    return time.perf_counter() - before
