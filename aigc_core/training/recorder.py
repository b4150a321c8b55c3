"""What a training leaves in its run: points of curves, samples, held-out figures, and checkpoints."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from aigc_core.common.errors import TrainingError
from aigc_core.families.base import Networks
from aigc_core.runs import checkpoint
from aigc_core.runs.status import Status
from aigc_core.training.limits import ClassLimits
from aigc_core.training.state import TrainingState
from aigc_core.training.threads import Threads

LOG_INTERVAL_S = 0.25  # between two points of a curve
LEAST_POINTS = 64  # of a curve, however quickly the training is over


class Recorder:
    """Writes what the training at `state` has come to; the main process does, others take part in averages."""

    def __init__(self, state: TrainingState, status: Status, limits: ClassLimits, threads: Threads) -> None:
        self._state, self._status, self._limits, self._threads = state, status, limits, threads
        self._metric_buffer: dict[str, list[Tensor]] = {}  # since the last point of the curves
        self._last_log = time.monotonic()
        self._fixed_inputs: object = None
        self.best = math.inf  # headline figure of the best checkpoint
        self.best_step: int | None = None
        self.recorded_at = self.saved_at = -1  # the steps whose samples and figures, and whose weights, exist

    # -- curves -------------------------------------------------------------------------------------------

    def add_metrics(self, values: Mapping[str, Tensor]) -> None:
        """Keep a step's figures (detached scalars) for the next point of the curves."""
        for name, value in values.items():
            self._metric_buffer.setdefault(name, []).append(value)

    def log_due(self) -> bool:
        """Whether the step that comes next is to be a point of the curves."""
        config, step = self._state.config, self._state.step
        if config.log_every:
            return (step + 1) % config.log_every == 0
        if not config.minutes and (step + 1) % max(1, config.steps // LEAST_POINTS) == 0:
            return True
        return time.monotonic() - self._last_log >= LOG_INTERVAL_S or step < 2

    def log(self) -> None:
        """One point of every curve: means since the last one."""
        state = self._state
        names = sorted(self._metric_buffer)
        means = torch.stack([torch.stack(self._metric_buffer[name]).float().mean() for name in names])
        if state.processes.several:
            means = state.processes.accelerator.reduce(means.to(state.processes.accelerator.device), "mean")
        values = dict(zip(names, means.tolist(), strict=True))
        self._metric_buffer.clear()
        if not all(map(math.isfinite, values.values())):
            self.break_down(next(name for name, value in values.items() if not math.isfinite(value)))
        if state.processes.main:
            rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
            rate = state.optimizers[state.family.phases[0].name].param_groups[0]["lr"]
            seconds = round(state.elapsed_s, 3)
            eta_s = None if self._status.eta_s is None else round(self._status.eta_s, 1)
            state.run.event_log.append("metrics", state.step, seconds=seconds, eta_s=eta_s, lr=rate, values=rounded)
        self._last_log = time.monotonic()

    # -- samples, figures and checkpoints -----------------------------------------------------------------

    def evaluate_and_checkpoint(self, *, finished: bool, halting: bool) -> bool:
        """Sample, evaluate and save where it is time to, each once a step; whoever halts saves in any case.

        Returns:
            Whether the run has used up its place on the disk.
        """
        state, config = self._state, self._state.config
        again, self.recorded_at = state.step == self.recorded_at, state.step
        due = finished or self._is_multiple(config.checkpoint_every)
        save = (due or halting) and state.step != self.saved_at
        evaluate = not again and (due or self._is_multiple(config.evaluate_every))
        sample = not again and (finished or state.step == 0 or self._is_multiple(config.sample_every))
        if not state.processes.main or not (save or evaluate or sample):
            return False
        if state.step and not _all_finite(state.networks):
            self.break_down("weights")
        networks = state.networks | state.ema.networks
        with _evaluating(networks):
            if sample:
                self._sample(networks)
            if evaluate:
                self._evaluate(networks)
        return save and self._checkpoint()

    def mark(self) -> None:
        """Name the newest and the best checkpoint in the run."""
        checkpoints = self._state.run.checkpoints
        checkpoints.mark("last", self.saved_at)
        if self.best_step is not None:
            checkpoints.mark("best", self.best_step)

    def break_down(self, what: str) -> None:
        """Stop because numbers are no longer numbers; the last good checkpoint stays as it is.

        Raises:
            TrainingError: always.
        """
        state = self._state
        good = state.run.checkpoints.steps()
        error = TrainingError(
            "train.not_finite",
            "The {what} was no longer a number at step {step}. Try a smaller learning rate (it was {lr}), a "
            "gradient limit (grad_clip = 1), or precision float32; the last good checkpoint is at step {good}.",
            what=what,
            step=state.step,
            lr=state.config.lr,
            good=good[-1] if good else 0,
        )
        if state.processes.main:
            state.run.event_log.append("finding", state.step, **error.message)
        raise error

    def _is_multiple(self, interval: int) -> bool:
        return self._state.step > 0 and self._state.step % interval == 0

    def _sample(self, networks: Networks) -> None:
        state = self._state
        if self._fixed_inputs is None:
            self._fixed_inputs = state.family.fixed_inputs(state.data)
        content, suffix = state.family.snapshot(networks, self._fixed_inputs)
        state.run.event_log.append("sample", state.step, file=state.run.samples.add(state.step, content, suffix))

    def _evaluate(self, networks: Networks) -> None:
        state = self._state
        figures = state.family.evaluate(networks, state.data)
        for name, value in figures.items():
            if isinstance(value, float) and not math.isfinite(value):
                self.break_down(name)
        self._status.figures = {"step": state.step, **figures}
        state.run.event_log.append("eval", state.step, seconds=round(state.elapsed_s, 3), figures=figures)

    def _checkpoint(self) -> bool:
        state, config = self._state, self._state.config
        figure = self._status.figures.get(config.headline, math.inf)
        is_best = self._status.figures.get("step") == state.step and figure < self.best
        if is_best:
            self.best, self.best_step = figure, state.step
        meta: checkpoint.Meta = {
            "step": state.step,
            "elapsed_s": state.elapsed_s,
            "best": None if math.isinf(self.best) else self.best,
            "best_step": self.best_step,
            "figures": self._status.figures,
            "live": {key: getattr(config, key) for key in sorted(config.live_keys())},
        }
        if self._threads.count:
            meta["threads"] = self._threads.count
        if self._threads.fastest_s is not None:
            meta["step_s"] = self._threads.fastest_s
        state.run.event_log.sync()
        checkpoint.save(
            state.run.checkpoints.folder(state.step),
            state.networks,
            state.ema.networks,
            state.optimizers,
            meta,
            state.family.extra_state(),
        )
        self.saved_at = state.step
        self.mark()
        state.run.checkpoints.thin(config.keep_checkpoints)
        if full := self._limits.disk_is_full():
            state.run.event_log.append("note", state.step, **full)
        return full is not None


def _all_finite(networks: Networks) -> bool:
    return all(bool(torch.isfinite(one).all()) for net in networks.values() for one in net.parameters())


@contextmanager
def _evaluating(networks: Networks) -> Iterator[None]:
    """Networks in evaluation mode, and back as they were."""
    before = {name: network.training for name, network in networks.items()}
    for network in networks.values():
        network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for name, network in networks.items():
            network.train(before[name])
