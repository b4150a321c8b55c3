"""The only trainer. It orders the steps of every family and knows no algorithm and no screen."""

import math
import time
from functools import partial

import torch
from torch import Tensor

from aigc_core.common.device import choose
from aigc_core.common.errors import DeviceError, message
from aigc_core.common.gradient_step import gradient_step
from aigc_core.common.rng import Stream, derived_seed
from aigc_core.common.running_clock import RunningClock
from aigc_core.common.signals import SignalHandler
from aigc_core.families.base import Loss, Networks, Phase, StepContext
from aigc_core.runs.queue import NoQueue, QueueSlot, StatusCallback, fresh_status, still_waiting, stopped, wait
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status
from aigc_core.training import compile
from aigc_core.training.control import Control
from aigc_core.training.distributed import join_processes, mean_gradients
from aigc_core.training.failures import fail
from aigc_core.training.limits import ClassLimits
from aigc_core.training.lr_schedule import lr_factor
from aigc_core.training.preparation import Halted, Preparation
from aigc_core.training.recorder import Recorder
from aigc_core.training.resume import restore
from aigc_core.training.status_reporter import StatusReporter
from aigc_core.training.threads import Threads

PAUSE_POLL_S = 0.1


def fit(
    run: Run | None,
    *,
    slot: QueueSlot | NoQueue | None = None,
    on_status: StatusCallback = lambda status: None,
) -> Status:
    """Train a run from where it stands to its end, and return its last status.

    Under `torchrun` or `accelerate launch` all processes call this; only the main one has a `run` and writes.

    Args:
        slot: waited for unless the caller has it already, who gives it up afterwards.

    Raises:
        AigcError: bad settings or data, or a training that broke down; the run's status says so, too.
    """
    if run is None:
        return _fit(run, slot or NoQueue(), on_status)
    with run.train_alone():
        try:
            return _fit(run, slot or NoQueue(), on_status)
        except Exception as problem:  # noqa: BLE001  # raised again, once the run says it
            fail(run, on_status, problem)


def _fit(run: Run | None, slot: QueueSlot | NoQueue, on_status: StatusCallback) -> Status:
    """What `fit` does once the run is ours."""
    if run is not None and not wait(run, slot, on_status):
        return run.status()
    # One that still waits for the main process has nothing to lose, and might wait for one that has failed.
    with SignalHandler(later=run is None) as signals, RunningClock() as clock:
        try:
            trainer = Trainer(run, slot, signals, on_status, clock)
        except Halted:
            assert run is not None
            return stopped(run, fresh_status(run), on_status)
        return trainer.train()


class Trainer:
    """The state of one training, and the loop over its steps."""

    def __init__(
        self,
        run: Run | None,
        slot: QueueSlot | NoQueue,
        signals: SignalHandler,
        on_status: StatusCallback,
        clock: RunningClock,
    ) -> None:
        config = run.config() if run is not None else None
        device = choose(config.device, config.precision) if config else None
        processes = join_processes(run, config, device)
        signals.listen()
        run, limits = processes.run, ClassLimits(processes.run)
        self._slot, self._signals, self._on_status, self._clock = slot, signals, on_status, clock
        self.threads = Threads(processes.config, fixed=processes.device.kind != "cpu" or processes.several)
        self._reporter = StatusReporter(processes, on_status, clock)
        self._control = Control(run, signals, limits)
        self.state, notes = Preparation(processes, signals, limits, self._reporter, clock).prepare()
        self.recorder = Recorder(self.state, self._reporter.status, limits, self.threads)
        restore(self.state, self.recorder, self._control, self.threads, self._reporter.status, notes)
        # Listed once: to look through the modules in every step takes as long as a small matmul.
        self._parameters = {name: list(network.parameters()) for name, network in self.state.networks.items()}
        self._phase_parameters = {
            phase.name: [one for name in phase.networks for one in self._parameters[name]]
            for phase in self.state.family.phases
        }
        accelerator = processes.accelerator
        self._reduce = partial(mean_gradients, accelerator=accelerator) if processes.several else None
        self._trainable: tuple[str, ...] | None = None
        self._draw = 0  # which batch of the step comes next
        self._reporter.start_metering()

    # -- the loop -----------------------------------------------------------------------------------------

    def train(self) -> Status:
        """Step after step until the budget is spent or someone says stop."""
        if self.threads.due(self.state.step):
            self._reporter.announce("prepare.fastest", "Measuring which way to compute is the fastest.")
            self.choose_threads()
        with compile.deterministic(self._choose_networks(), self.state.device.kind):
            return self._loop()

    def _loop(self) -> Status:
        state, recorder, control, reporter = self.state, self.recorder, self._control, self._reporter
        reporter.enter("running", state)
        started = self._clock.read() - state.elapsed_s
        while True:
            # look at the clock, and at what people ask
            asked = control.look(state, self._clock.read() - started, log=state.processes.main and recorder.log_due())
            reporter.update(state)
            control.apply(state, asked)
            finished = asked.out_of_time or (not state.config.minutes and state.step >= state.config.steps)
            state.elapsed_s = self._clock.read() - started

            last = finished or asked.stop
            if last or asked.pause:
                reporter.add_energy()
            if last:
                state.processes.part()

            # sample, evaluate and checkpoint
            disk_is_full = recorder.evaluate_and_checkpoint(finished=finished, halting=asked.stop or asked.pause)
            if disk_is_full:
                self._signals.asked = True
            if last:
                break
            if asked.pause:
                self._pause()
                started = self._clock.read() - state.elapsed_s
                continue

            # train, with as many threads as are fast now
            self.threads.replayed(state.step)
            if self.threads.due(state.step):
                self.choose_threads()
            begun = time.monotonic()
            self.train_step()
            self.threads.timed(time.monotonic() - begun)
            state.step += 1
            if asked.log:
                recorder.log()
        reporter.enter("done" if finished else "stopped", state)
        return reporter.status

    def train_step(self) -> None:
        """One step of the family: every phase on batches of its own."""
        state = self.state
        torch.manual_seed(derived_seed(state.config.seed, Stream.DROPOUT, state.step, state.processes.shard.start))
        self._draw = 0
        with state.device.matmul_precision():
            state.family.train_step(self.update, state.step)
        # average the weights
        state.ema.update(state.step)

    def update(self, phase: Phase, loss_of: Loss) -> None:
        """One batch, one gradient and one correction of a phase's networks."""
        state, config = self.state, self.state.config
        optimizer = state.optimizers[phase.name]
        self._set_trainable(phase)
        loss, figures = self._forward(loss_of, self._draw)
        norm = gradient_step(
            loss,
            optimizer,
            lr=phase.lr(config) * lr_factor(config, state.step, state.elapsed_s),
            parameters=self._phase_parameters[phase.name],
            grad_clip=config.grad_clip,
            backward=state.processes.accelerator.backward,
            reduce=self._reduce,
        )
        self.recorder.add_metrics(figures if norm is None else figures | {"grad_norm": norm})
        self._draw += 1
        if state.device.kind == "cpu" and not math.isfinite(float(loss.detach())):
            self.recorder.break_down("loss")  # elsewhere looking costs a wait, so it is done when logging

    def _forward(self, loss_of: Loss, draw: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the `draw`-th batch of this step, and figures for the curves."""
        state = self.state
        batch = state.data.batch(state.step, draw, state.processes.shard)
        context = StepContext(state.config, state.step, draw, state.processes.shard, torch.device(state.device.kind))
        if state.device.kind == "cuda" and state.family.networks is not state.networks:
            torch.compiler.cudagraph_mark_step_begin()  # what the last one computed may be overwritten
        with state.device.autocast():
            return loss_of(batch, context)

    def _set_trainable(self, phase: Phase) -> None:
        """Let gradients reach the phase's networks alone."""
        if self._trainable != phase.networks:
            self._trainable = phase.networks
            for name, parameters in self._parameters.items():
                for one in parameters:
                    one.requires_grad_(name in phase.networks)

    def _pause(self) -> None:
        """Compute nothing, and let others compute, until someone says resume or stop."""
        state, reporter = self.state, self._reporter
        reporter.enter("paused", state)
        self._slot.release()
        while True:
            time.sleep(PAUSE_POLL_S)
            asked = self._control.look_while_paused(state)
            reporter.keep_alive()
            self._control.apply(state, asked)
            if asked.stop or not asked.pause:
                break
        reporter.skip_energy()
        if asked.stop:
            self._signals.asked = True
        elif state.processes.main:
            reporter.enter("queued", state)
            waiting = partial(still_waiting, state.run, reporter.status, self._signals, self._on_status)
            if not self._slot.acquire(state.run, waiting):
                self._signals.asked = True
            reporter.skip_energy()
        reporter.enter("running", state)

    # -- threads and compiled networks --------------------------------------------------------------------------------

    def choose_threads(self) -> None:
        """Measure how many threads are the fastest now, and note in the run's events where the number changes."""
        state = self.state

        def step_s() -> float:
            begun = time.perf_counter()
            self._dry_run(state.family.networks)
            return time.perf_counter() - begun

        with compile.unchanged(state.networks):
            changed = self.threads.choose(step_s, partial(self._control.left_s, state))
        if changed:
            state.run.event_log.append("threads", state.step, threads=self.threads.count)

    def _choose_networks(self) -> str:
        """Give the family compiled networks, if they are asked for or were measured to be faster here; returns how.

        Measured once a run: whoever goes on with it computes as before, and so continues to the last bit on a CPU.
        """
        state, run = self.state, self.state.run
        if state.config.compile == "off" or state.processes.several:
            return compile.EAGER
        if state.family.needs_double_backward:
            if state.config.compile == "on":
                raise DeviceError(
                    "compile.second_order",
                    "This training has a penalty on gradients, which compiled networks cannot compute; set compile to "
                    "auto or off.",
                )
            return compile.EAGER
        environment = run.manifest.read()["environment"]
        backend, gain = compile.choose_backend(
            state.networks,
            state.device.kind,
            measured=environment["networks"],
            wanted=state.config.compile == "on",
            left_s=partial(self._control.left_s, state),
            dry_run=self._dry_run,
            announce=self._reporter.announce,
        )
        if gain and backend != compile.EAGER:
            text = "Compiled networks ({backend}) compute a step {gain} times as fast here, so they are used."
            note = message("compile.used", text, backend=backend, gain=f"{gain:.2f}")
            run.event_log.append("note", state.step, **note)
        run.manifest.set_environment(state.config, environment | {"networks": backend})
        state.family.networks = compile.compiled(state.networks, backend)
        if backend != compile.EAGER:
            self.threads.fix()  # their code is made for the number
        return backend

    def _dry_run(self, networks: Networks) -> None:
        """Compute a step with these networks, one batch a phase, and forget it."""
        state, done = self.state, set[str]()
        before = {name: tensor.clone() for name, tensor in state.family.extra_state().items()}

        def compute(phase: Phase, loss_of: Loss) -> None:
            if phase.name not in done:
                done.add(phase.name)
                self._set_trainable(phase)
                loss, _ = self._forward(loss_of, draw=0)
                state.processes.accelerator.backward(loss)

        state.family.networks = networks
        try:
            with state.device.matmul_precision():
                state.family.train_step(compute, state.step)
            if state.device.kind == "cuda":
                torch.cuda.synchronize()
        finally:
            state.family.networks = state.networks
            state.family.load_extra_state(before)
            for network in state.networks.values():
                network.zero_grad(set_to_none=True)
