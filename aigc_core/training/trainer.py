"""The only training loop. It orders the steps of every family and knows no algorithm and no screen."""

import copy
import errno
import math
import os
import platform
import statistics
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.distributed as dist
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn

from aigc_core.common.device import Device, card_of, choose
from aigc_core.common.energy import Meter
from aigc_core.common.errors import AigcError, ClassError, ConfigError, DeviceError, RunError, TrainingError, message
from aigc_core.common.files import size_mb
from aigc_core.common.rng import Stream, derived_seed
from aigc_core.common.signals import SignalHandler
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.datasets import load_data
from aigc_core.families import family_class
from aigc_core.families.base import Family, Networks, Phase, StepContext, count_parameters
from aigc_core.runs import checkpoint
from aigc_core.runs.queue import NoQueue, QueueSlot, Report, enter, fresh_status, still_waiting, stopped, wait
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status
from aigc_core.training import compile, optim

LOG_INTERVAL_S = 0.25  # between two points of a curve
LEAST_POINTS = 64  # of a curve, however quickly the training is over
STATUS_INTERVAL_S = 0.5
PAUSE_POLL_S = 0.1
ESTIMATE_S = 1.0  # of steps that an estimate times
PACE_WINDOW_S = 20.0  # over which speed and ETA are taken


@dataclass
class ControlSignals:
    """What is decided before a step, by the main process for all."""

    stop: bool = False
    pause: bool = False
    log: bool = False
    out_of_time: bool = False
    changes: list[tuple[dict[str, Any], bool]] = field(default_factory=list)  # settings, and whether they are new


def fit(run: Run | None, *, turn: QueueSlot | NoQueue | None = None, report: Report = lambda status: None) -> Status:
    """Train a run from where it stands to its end, and return its last status.

    Under `torchrun` or `accelerate launch` all processes call this; only the main one has a `run` and writes.

    Args:
        turn: waited for unless the caller has it already, who gives it up afterwards.

    Raises:
        AigcError: bad settings or data, or a training that broke down; the run's status says so, too.
    """
    if run is None:
        return _fit(run, turn or NoQueue(), report)
    with run.train_alone():
        try:
            return _fit(run, turn or NoQueue(), report)
        except AigcError as error:
            raise _failed(run, report, error) from error.__cause__
        except (torch.OutOfMemoryError, MemoryError) as problem:
            raise _failed(run, report, _no_memory()) from problem
        except OSError as problem:
            if problem.errno == errno.ENOMEM:
                raise _failed(run, report, _no_memory()) from problem
            raise _failed(
                run,
                report,
                TrainingError(
                    "train.cannot_write",
                    "A file could not be read or written ({problem}); free some space or mend the folder, then resume.",
                    problem=problem,
                ),
            ) from problem
        except Exception as defect:
            if "DefaultCPUAllocator" in str(defect):  # torch has no error of its own for this
                raise _failed(run, report, _no_memory()) from defect
            _failed(
                run,
                report,
                TrainingError(
                    "train.defect",
                    "The training ended by an error in the program ({problem}); the run's log.txt says more.",
                    problem=f"{type(defect).__name__}: {defect}",
                ),
            )
            raise


def _no_memory() -> TrainingError:
    return TrainingError(
        "train.no_memory", "There is too little memory for this; try a smaller batch_size, width or context."
    )


def _failed(run: Run, report: Report, error: AigcError) -> AigcError:
    """Leave the error's sentence in the run, if its folder still takes one."""
    status = fresh_status(run)
    status.state, status.message, status.eta_s = "failed", error.message, None
    with suppress(OSError):
        run.set_status(status)
    report(status)
    return error


def _fit(run: Run | None, turn: QueueSlot | NoQueue, report: Report) -> Status:
    """What `fit` does once the run is ours."""
    if run is not None and not wait(run, turn, report):
        return run.status()
    with SignalHandler() as interruptions:
        try:
            training = _Training(run, turn, interruptions, report)
        except _Halted:
            assert run is not None
            return stopped(run, fresh_status(run), report)
        status = training.run_to_end()
        if training.accelerator.num_processes > 1:  # else a process that leaves first can die of its open connections
            training.accelerator.end_training()
        return status


class _Halted(Exception):
    """Someone said stop while the data was prepared."""


class _Training:
    """The state of one training, and the loop over its steps."""

    def __init__(
        self, run: Run | None, turn: QueueSlot | NoQueue, interruptions: SignalHandler, report: Report
    ) -> None:
        self.turn, self.interruptions, self.report = turn, interruptions, report
        config = run.config() if run is not None else None
        device = choose(config.device, config.precision) if config else None
        self.accelerator, self.run, self.config, self.device = _together(run, config, device)
        self.main = self.accelerator.is_main_process
        if self.config.batch_size % self.accelerator.num_processes:
            raise ConfigError(
                "config.batch_not_shared",
                "A batch of {batch} cannot be shared evenly by {processes} processes; make it a multiple.",
                batch=self.config.batch_size,
                processes=self.accelerator.num_processes,
            )
        share = self.config.batch_size // self.accelerator.num_processes
        rank = self.accelerator.process_index
        self.part = slice(rank * share, (rank + 1) * share)

        self.status, self.began = fresh_status(self.run), time.monotonic()
        self.step, self.elapsed, self.best = 0, 0.0, math.inf
        self.best_step: int | None = None
        self.most_minutes, self.most_mb = self.run.manifest.limit("minutes"), self.run.manifest.limit("disk_mb")
        self._prepare()
        # Listed once: to look through the modules in every step takes as long as a small product.
        self.parameters = {name: list(network.parameters()) for name, network in self.networks.items()}
        self.optimizers = {
            phase.network: optim.make(self.networks[phase.network], self.config, self.device)
            for phase in self.family.phases
        }
        self.averages: Networks = {}
        if self.config.ema:
            self.averages = {name: copy.deepcopy(self.networks[name]) for name in self.family.inference_networks}
            for network in self.averages.values():
                network.requires_grad_(False).eval()
        self.followed = [_followed(average, self.networks[name]) for name, average in self.averages.items()]
        self.planned: dict[int, list[dict[str, Any]]] = {}
        self.recorded_at = self.saved_at = -1  # the steps whose samples and figures, and whose weights, exist
        self.request_offset = self.run.control.since_start()[1]
        self._restore()

        self.since_log: dict[str, list[Tensor]] = {}
        self.last_log = self.last_status = time.monotonic()
        self.pace: deque[tuple[float, int]] = deque()
        self.meter = Meter(card_of(self.device.kind))
        self.status.energy_how = self.meter.how

    # -- before the first step --------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Data, facts and networks; what only shows now is written into the run."""
        self._announce("prepare.data", "Preparing the data.")
        family_cls = family_class(self.config.family)
        known = self.run.dataset_info()
        if known is None:
            self.config, tokenizer = family_cls.resolved(self.config, self._data_progress)
        else:
            checkpoint.check_before_resuming(self.run, self.config, known)
            tokenizer = known.tokenizer or None
        target = torch.device(self.device.kind)
        # One process after the other, so that a download happens once.
        with self.accelerator.main_process_first():
            self.data = load_data(self.config, target, self._data_progress, tokenizer)
        if known is not None:
            known.check_goes_with(self.data.info, self.config)
        self.notes = [] if self.run.checkpoints.steps() else self.data.info.notes
        if self.main:
            self._set_environment(self.run.manifest.read().get("environment", {}).get("networks"))
            if known is None:
                self.run.set_dataset_info(self.data.info)
            elif known.train_size != self.data.info.train_size:
                self.notes.append(
                    message(
                        "data.changed",
                        "The data has changed since this run began ({before} examples then, {now} now).",
                        before=known.train_size,
                        now=self.data.info.train_size,
                    )
                )
        info = known or self.data.info
        _check_size(family_cls, self.config, info, self.run.manifest.limit("parameters"))
        self.family: Family = family_cls(self.config, info)
        self.networks = self.family.networks  # as they are written; the family may be given compiled ones
        for network in self.networks.values():
            network.to(target)
        if known is None or not self.run.checkpoints.steps():
            self.family.start()

    def _set_environment(self, networks: str | None) -> None:
        """Record what the run runs on, and how its networks are computed, once that is known."""
        self.run.manifest.set_environment(
            self.config, _environment(self.device, self.accelerator) | {"networks": networks}
        )

    def _restore(self) -> None:
        """Go back to the newest whole checkpoint, if there is one, and take back what came after it."""
        problems = []
        for step in reversed(self.run.checkpoints.steps()):
            folder = self.run.checkpoints.folder(step)
            try:
                meta = checkpoint.load(folder, self.networks, self.averages, self.optimizers)
            except RunError as problem:
                problems.append(problem)
                continue
            self.step = self.recorded_at = self.saved_at = meta["step"]
            self.elapsed = meta["elapsed_s"]
            self.best = math.inf if meta["best"] is None else meta["best"]
            self.best_step = meta.get("best_step", self.run.checkpoints.marked("best"))
            self.status.figures = meta.get("figures", self.status.figures)
            self._change(meta["live"])
            break
        else:
            if problems:
                raise problems[0]
        if not self.main:
            return
        self.run.remove_partial_files()
        sets = self.run.event_log.take_back(self.saved_at)
        heard = max((event.get("heard", 0) for event in sets), default=0)
        # Who goes on without a new start knows these already.
        self.request_offset = max(self.request_offset, min(heard, self.run.control.read()[1]))
        for event in sets:
            if event["step"] >= self.saved_at:  # at this very step it may have come after the checkpoint
                self.planned.setdefault(max(event["step"], 0), []).append(event["changes"])
        if self.saved_at >= 0:
            self._mark()  # whoever was killed may have come to the checkpoint, but not to its marks
        self.run.forget_judgement()
        self.status.attempt += 1  # tells readers of the events to start anew
        self.run.set_status(self.status)
        for damage in problems:
            self.run.event_log.append("note", self.step, **damage.message)
        for note in self.notes:
            self.run.event_log.append("note", self.step, **note)

    def _compile(self) -> str:
        """Give the family compiled networks, if they are asked for or were measured to be faster here; returns how.

        Measured once a run: whoever goes on with it computes as before, and so continues to the last bit on a CPU.
        """
        if self.config.compile == "off" or self.accelerator.num_processes > 1:
            return compile.EAGER
        if self.family.needs_double_backward:
            if self.config.compile == "on":
                raise DeviceError(
                    "compile.second_order",
                    "This training has a penalty on gradients, which compiled networks cannot compute; set compile to "
                    "auto or off.",
                )
            return compile.EAGER
        kind, backend = self.device.kind, self.run.manifest.read()["environment"]["networks"]
        possible = compile.BACKENDS.get(kind, {})
        if self.config.compile == "on":
            self._announce("prepare.compile", "Compiling the networks.")
            backend = compile.checked(self.networks, next(reversed(possible), ""), kind, self._rehearse)
        else:
            gain = 0.0
            if backend is None:
                self._announce("prepare.fastest", "Measuring which way to compute is the fastest.")
                backend, gain = compile.select_backend(self.networks, kind, self._whole_s, self._rehearse)
            try:  # outside of the training's time
                if backend in possible:
                    self._announce("prepare.compile", "Compiling the networks.")
                    compile.checked(self.networks, backend, kind, self._rehearse)
                else:  # plain, or the run has moved to another kind of device
                    backend = compile.EAGER
            except DeviceError:  # as on another machine, without a compiler
                backend = compile.EAGER
            if gain and backend != compile.EAGER:
                text = "Compiled networks ({backend}) compute a step {gain} times as fast here, so they are used."
                self.run.event_log.append(
                    "note", self.step, **message("compile.used", text, backend=backend, gain=f"{gain:.2f}")
                )
        self._set_environment(backend)
        self.family.networks = compile.compiled(self.networks, backend)
        return backend

    def _rehearse(self, networks: Networks) -> None:
        """Compute a step with these networks and forget it."""
        self.family.networks = networks
        try:
            with self.device.matmul_precision():
                for phase in self.family.phases:
                    self._hold_all_but(phase.network)
                    loss, _ = self._loss(phase, draw=0)
                    self.accelerator.backward(loss)
            if self.device.kind == "cuda":
                torch.cuda.synchronize()
        finally:
            self.family.networks = self.networks
            for network in self.networks.values():
                network.zero_grad(set_to_none=True)

    def _whole_s(self, step_s: float) -> float:
        """How long the training takes from here, if a step takes so long."""
        steps_s = step_s * (self.config.steps - self.step)
        left_s = 60 * min(self.config.minutes or math.inf, self.most_minutes) - self.elapsed
        return left_s if self.config.minutes else min(steps_s, left_s)

    # -- the loop -----------------------------------------------------------------------------------------

    def run_to_end(self) -> Status:
        """Step after step until the budget is spent or someone says stop."""
        with compile.deterministic(self._compile(), self.device.kind):
            return self._loop()

    def _loop(self) -> Status:
        self._enter("running")
        started = time.monotonic() - self.elapsed
        while True:
            orders = self._agree(time.monotonic() - started)
            self._obey(orders)
            finished = orders.out_of_time or (not self.config.minutes and self.step >= self.config.steps)
            self.elapsed = time.monotonic() - started
            self._record(finished, orders.stop or orders.pause)
            if finished or orders.stop:
                break
            if orders.pause:
                self._pause()
                started = time.monotonic() - self.elapsed
                continue
            self._train_step()
            self.step += 1
            if orders.log:
                self._log()
        self._enter("done" if finished else "stopped")
        return self.status

    def _agree(self, elapsed: float) -> ControlSignals:
        """Look at clock, requests and signals in the main process, and tell the others."""
        orders = ControlSignals()
        if self.main:
            now = time.monotonic()
            orders.log = self._log_due(now)
            orders.out_of_time = bool(self.config.minutes) and elapsed >= 60 * self.config.minutes
            orders.stop = self.interruptions.asked
            if elapsed >= 60 * self.most_minutes:
                text = "The {minutes} minutes that a training may last in this class are over."
                self.run.event_log.append(
                    "note", self.step, **message("class.time_up", text, minutes=f"{self.most_minutes:g}")
                )
                orders.stop = True
            for changes in self.planned.pop(self.step, []):  # noted in the events already
                orders.changes.append((changes, False))
            self._read_requests(orders)
            if now - self.last_status > STATUS_INTERVAL_S:
                self._show_status(now)
        if self.accelerator.num_processes > 1:
            (orders,) = broadcast_object_list([orders])
        return orders

    def _log_due(self, now: float) -> bool:
        if self.config.log_every:
            return (self.step + 1) % self.config.log_every == 0
        if not self.config.minutes and (self.step + 1) % max(1, self.config.steps // LEAST_POINTS) == 0:
            return True
        return now - self.last_log >= LOG_INTERVAL_S or self.step < 2

    def _read_requests(self, orders: ControlSignals) -> None:
        requests, self.request_offset = self.run.control.read(self.request_offset)
        for request in requests:
            match request.get("request"):
                case "stop":
                    orders.stop = True
                case "pause":
                    orders.pause = True
                case "resume":
                    orders.pause = False
                case "set":
                    self._consider(request.get("changes", {}), orders)

    def _consider(self, changes: dict[str, Any], orders: ControlSignals) -> None:
        try:
            self.config.checked_live(changes)
        except ConfigError as error:
            self.run.event_log.append("note", self.step, **error.message)
            return
        orders.changes.append((changes, True))

    def _obey(self, orders: ControlSignals) -> None:
        for changes, new in orders.changes:
            self._change(changes)
            if self.main and new:
                self.run.event_log.append("set", self.step, changes=changes, heard=self.request_offset)

    def _change(self, changes: dict[str, Any]) -> None:
        """Take over settings that may change while training."""
        self.config = self.family.config = self.config.checked_live(changes)

    def _train_step(self) -> None:
        """One round of all phases."""
        torch.manual_seed(derived_seed(self.config.seed, Stream.DROPOUT, self.step, self.part.start))
        draw = 0
        with self.device.matmul_precision():
            for phase in self.family.phases:
                self._hold_all_but(phase.network)
                for _ in range(phase.repeats(self.config)):
                    self._correct(phase, draw)
                    draw += 1
        self._average()

    def _hold_all_but(self, learning: str) -> None:
        for name, parameters in self.parameters.items():
            for one in parameters:
                one.requires_grad_(name == learning)

    def _loss(self, phase: Phase, draw: int) -> tuple[Tensor, dict[str, Tensor]]:
        batch = self.data.batch(self.step, draw, self.part)
        moment = StepContext(self.config, self.step, draw, self.part, torch.device(self.device.kind))
        if self.device.kind == "cuda" and self.family.networks is not self.networks:
            torch.compiler.cudagraph_mark_step_begin()  # what the last one computed may be overwritten
        with self.device.autocast():
            return self.family.loss(phase.network, batch, moment)

    def _correct(self, phase: Phase, draw: int) -> None:
        """One gradient and one correction of a phase's network."""
        optimizer = self.optimizers[phase.network]
        loss, figures = self._loss(phase, draw)
        self.accelerator.backward(loss)
        parameters = [one for one in self.parameters[phase.network] if one.grad is not None]
        if self.accelerator.num_processes > 1:
            _mean_over_processes(parameters, self.accelerator)
        if self.config.grad_clip:
            figures["grad_norm"] = nn.utils.clip_grad_norm_(parameters, self.config.grad_clip)
        rate = phase.lr(self.config) * self._lr_factor()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        for name, value in figures.items():
            self.since_log.setdefault(name, []).append(value)
        if self.device.kind == "cpu" and not math.isfinite(float(loss.detach())):
            self._break_down("loss")  # elsewhere looking costs a wait, so it is done when logging

    def _lr_factor(self) -> float:
        config = self.config
        warm = min(1.0, (self.step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
        if config.lr_schedule == "constant":
            return warm
        part = self.elapsed / (60 * config.minutes) if config.minutes else self.step / config.steps
        part = min(part, 1.0)
        left = 1 - part if config.lr_schedule == "linear" else 0.5 * (1 + math.cos(math.pi * part))
        return warm * (config.lr_end + (1 - config.lr_end) * left)

    def _average(self) -> None:
        """Exponential moving average, with less memory at the start, when weights are still noise."""
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for weights, buffers in self.followed:
                torch._foreach_lerp_(*weights, 1 - decay)
                for mine, new in buffers:
                    mine.copy_(new)

    # -- what is recorded ---------------------------------------------------------------------------------

    def _log(self) -> None:
        """One point of every curve: means since the last one."""
        names = sorted(self.since_log)
        means = torch.stack([torch.stack(self.since_log[name]).float().mean() for name in names])
        if self.accelerator.num_processes > 1:
            means = self.accelerator.reduce(means.to(self.accelerator.device), "mean")
        values = dict(zip(names, means.tolist(), strict=True))
        self.since_log.clear()
        if not all(map(math.isfinite, values.values())):
            self._break_down(next(name for name, value in values.items() if not math.isfinite(value)))
        if self.main:
            rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
            rate = self.optimizers[self.family.phases[0].network].param_groups[0]["lr"]
            seconds = round(self.elapsed, 3)
            eta_s = None if self.status.eta_s is None else round(self.status.eta_s, 1)
            self.run.event_log.append("metrics", self.step, seconds=seconds, eta_s=eta_s, lr=rate, values=rounded)
        self.last_log = time.monotonic()

    def _record(self, finished: bool, halting: bool) -> None:
        """Sample, measure and save where it is time to, each once a step; whoever halts saves in any case."""
        again, self.recorded_at = self.step == self.recorded_at, self.step
        due = finished or self._is_multiple(self.config.checkpoint_every)
        save = (due or halting) and self.step != self.saved_at
        measure = not again and (due or self._is_multiple(self.config.evaluate_every))
        show = not again and (finished or self.step == 0 or self._is_multiple(self.config.sample_every))
        if not self.main or not (save or measure or show):
            return
        if self.step and not _all_finite(self.networks):
            self._break_down("weights")
        networks = self.networks | self.averages
        with _evaluating(networks):
            if show:
                content, ending = self.family.snapshot(networks)
                self.run.event_log.append("sample", self.step, file=self.run.samples.add(self.step, content, ending))
            if measure:
                self._measure(networks)
        if save:
            self._save()

    def _is_multiple(self, interval: int) -> bool:
        return self.step > 0 and self.step % interval == 0

    def _measure(self, networks: Networks) -> None:
        figures = self.family.evaluate(networks, self.data)
        for name, value in figures.items():
            if isinstance(value, float) and not math.isfinite(value):
                self._break_down(name)
        self.status.figures = {"step": self.step, **figures}
        self.run.event_log.append("eval", self.step, seconds=round(self.elapsed, 3), figures=figures)

    def _save(self) -> None:
        figure = self.status.figures.get(self.config.headline, math.inf)
        is_best = self.status.figures.get("step") == self.step and figure < self.best
        if is_best:
            self.best, self.best_step = figure, self.step
        meta: checkpoint.Meta = {
            "step": self.step,
            "elapsed_s": self.elapsed,
            "best": None if math.isinf(self.best) else self.best,
            "best_step": self.best_step,
            "figures": self.status.figures,
            "live": {key: getattr(self.config, key) for key in sorted(self.config.live_keys())},
        }
        self.run.event_log.sync()
        checkpoint.save(self.run.checkpoints.folder(self.step), self.networks, self.averages, self.optimizers, meta)
        self.saved_at = self.step
        self._mark()
        self.run.checkpoints.thin(self.config.keep_checkpoints)
        if self.most_mb < math.inf and size_mb(self.run.path) > self.most_mb:
            text = "This training has used up the {most} MB that were left for it; delete older runs and resume it."
            self.run.event_log.append("note", self.step, **message("class.disk_over", text, most=round(self.most_mb)))
            self.interruptions.asked = True

    def _mark(self) -> None:
        self.run.checkpoints.mark("last", self.saved_at)
        if self.best_step is not None:
            self.run.checkpoints.mark("best", self.best_step)

    def _break_down(self, what: str) -> None:
        """Stop because numbers are no longer numbers; the last good checkpoint stays as it is."""
        good = self.run.checkpoints.steps()
        error = TrainingError(
            "train.not_finite",
            "The {what} was no longer a number at step {step}. Try a smaller learning rate (it was {lr}), a "
            "gradient limit (grad_clip = 1), or precision float32; the last good checkpoint is at step {good}.",
            what=what,
            step=self.step,
            lr=self.config.lr,
            good=good[-1] if good else 0,
        )
        if self.main:
            self.run.event_log.append("finding", self.step, **error.message)
        raise error

    # -- status and pause ---------------------------------------------------------------------------------

    def _show_status(self, now: float) -> None:
        self.pace.append((now, self.step))
        while len(self.pace) > 2 and now - self.pace[0][0] > PACE_WINDOW_S:
            self.pace.popleft()
        (then, step), status = self.pace[0], self.status
        status.step, status.elapsed_s = self.step, self.elapsed
        status.energy_j += self.meter.joules()
        if self.step > step:
            status.steps_per_s = (self.step - step) / (now - then)
            if self.config.minutes:
                left = max(0.0, 60 * self.config.minutes - self.elapsed)
                status.total_steps = self.step + round(left * status.steps_per_s)
                status.eta_s = left
            else:
                status.eta_s = (self.config.steps - self.step) / status.steps_per_s
        self.run.set_status(status)
        self.last_status = now
        self.report(status)

    def _enter(self, state: Any) -> None:
        if not self.main:
            return
        self.status.step, self.status.elapsed_s, self.status.message = self.step, self.elapsed, None
        self.status.energy_j += self.meter.joules()
        self.status.total_steps = self.status.total_steps if self.config.minutes else self.config.steps
        if state in ("done", "stopped"):
            self.status.total_steps = self.step if self.config.minutes else self.config.steps
            self.status.eta_s = 0.0 if state == "done" else None
        self.pace.clear()
        enter(self.run, self.status, state)
        self.report(self.status)

    def _pause(self) -> None:
        """Compute nothing, and let others compute, until someone says resume or stop."""
        self._enter("paused")
        self.turn.release()
        orders = ControlSignals(pause=True)
        while orders.pause and not orders.stop:
            time.sleep(PAUSE_POLL_S)
            orders = ControlSignals(pause=True)
            if self.main:
                orders.stop = self.interruptions.asked
                self._read_requests(orders)
                self._keep_alive()
            if self.accelerator.num_processes > 1:
                (orders,) = broadcast_object_list([orders])
            self._obey(orders)
        self.meter.joules()  # what others used meanwhile is not this training's
        if orders.stop:
            self.interruptions.asked = True
        elif self.main:
            self._enter("queued")
            waiting = self.turn.acquire(
                self.run,
                lambda place, left_s: still_waiting(
                    self.run, self.status, place, left_s, self.interruptions, self.report
                ),
            )
            self.interruptions.asked |= not waiting
            self.meter.joules()
        self._enter("running")

    def _keep_alive(self) -> None:
        if time.monotonic() - self.last_status > STATUS_INTERVAL_S:
            self.run.set_status(self.status)
            self.last_status = time.monotonic()

    def _announce(self, key: str, text: str, **values: Any) -> None:
        if self.main:
            self.status.message = message(key, text, **values)
            enter(self.run, self.status, "running")
            self.report(self.status)

    def _stop_early(self) -> None:
        """Between two pieces of data. Several processes wait for one another there, and stop at the first step."""
        if self.accelerator.num_processes > 1:
            return
        if self.interruptions.asked or self.run.control.stop_requested():
            raise _Halted
        if time.monotonic() - self.began > 60 * self.most_minutes:
            text = "Preparing the data took longer than a training may last in this class; take less of it."
            raise ClassError("class.data_too_slow", text)

    def _data_progress(self, what: str, part: float) -> None:
        if time.monotonic() - getattr(self, "_last_progress", 0.0) > STATUS_INTERVAL_S:
            self._last_progress = time.monotonic()
            self._stop_early()
            percent = f"{100 * part:.0f} %" if part else ""
            self._announce("prepare.progress", "Preparing the data: {what} {percent}", what=what, percent=percent)


def estimate(config: Any, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Time a few steps of a training without making a run.

    Args:
        given: what a class would give the run: see `Run.create`.

    Returns:
        `device` in words, `parameters` of all networks, `step_s`, and `total_s` for the whole budget.

    Raises:
        AigcError: the settings or the data do not allow it.
    """
    device = choose(config.device, config.precision)
    with TemporaryDirectory() as folder:
        run = Run.create(config, Path(folder) / "estimate", given)
        training = _Training(run, NoQueue(), SignalHandler(), lambda status: None)
        times: list[float] = []
        while len(times) < 3 or (sum(times) < ESTIMATE_S and len(times) < 50):
            before = time.monotonic()
            training._train_step()
            training._log()  # waits for the device
            training.step += 1
            times.append(time.monotonic() - before)
    step_s = statistics.median(times[1:])
    return {
        "device": device.describe(),
        "parameters": count_parameters(training.networks),
        "step_s": step_s,
        "total_s": 60 * config.minutes or step_s * config.steps,
    }


def _together(run: Run | None, config: Any, device: Device | None) -> tuple[Accelerator, Run, Any, Device]:
    """The accelerator, and the run, settings and device of the main process in every process.

    `Device` says where and how to compute; the accelerator lets processes talk, and what it is made with stays for all
    the trainings of a process.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        assert run is not None and device is not None
        return Accelerator(cpu=True, mixed_precision="no"), run, config, device
    if not dist.is_initialized():
        gpus = torch.cuda.is_available() and dist.is_nccl_available()
        dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo")
    shared: list[Any] = [str(run.path) if run else None, config, device]
    dist.broadcast_object_list(shared)
    path, config, device = shared
    accelerator = Accelerator(cpu=device.kind == "cpu", mixed_precision="no")
    if accelerator.num_processes != dist.get_world_size():  # each would take itself for the only one
        raise DeviceError(
            "device.not_together",
            "Several processes cannot train together on {device} here; start them with torchrun, or set device to cpu.",
            device=device.kind,
        )
    return accelerator, Run(Path(path)), config, device


def _check_size(family_cls: type[Family], config: Any, info: DatasetInfo, most: float) -> None:
    """Look how large the networks will be, without the memory for them.

    Raises:
        ClassError: larger than a class allows.
    """
    if math.isinf(most):
        return
    with torch.device("meta"):
        networks = family_cls(config, info).networks
    weights = count_parameters(networks)
    if weights > most:
        raise ClassError(
            "class.too_large",
            "This network has {weights} weights, and in this class at most {most} are allowed; make it smaller.",
            weights=f"{weights:,}",
            most=f"{most:,.0f}",
        )


def _mean_over_processes(parameters: list[nn.Parameter], accelerator: Accelerator) -> None:
    """All gradients in one exchange."""
    flat = torch.cat([one.grad.flatten() for one in parameters if one.grad is not None])
    flat = accelerator.reduce(flat, "mean")
    for one, part in zip(parameters, flat.split([one.numel() for one in parameters]), strict=True):
        one.grad = part.view_as(one)


Followed = tuple[tuple[list[Tensor], list[Tensor]], list[tuple[Tensor, Tensor]]]


def _followed(average: nn.Module, network: nn.Module) -> Followed:
    """((averaged weights, weights), [(buffer of the average, buffer), …])."""
    weights = list[Tensor](average.parameters()), list[Tensor](network.parameters())
    return weights, list(zip(average.buffers(), network.buffers(), strict=True))


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


def _environment(device: Device, accelerator: Accelerator) -> dict[str, Any]:
    """What the run ran on, for whoever wants to repeat it."""
    return {
        "device": device.describe(),
        "processes": accelerator.num_processes,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "versions": {"torch": torch.__version__, "accelerate": version("accelerate")},
    }
