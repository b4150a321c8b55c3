"""Before the first step: data, networks and optimizers; what only shows now is written into the run."""

import math
import platform
import time
from importlib.metadata import version

import torch

from aigc_core.common.errors import Message, message
from aigc_core.common.running_clock import RunningClock
from aigc_core.common.signals import SignalHandler
from aigc_core.data.datasets import load_data
from aigc_core.families import family_class
from aigc_core.runs import checkpoint
from aigc_core.runs.init_from import open_trained
from aigc_core.training import optim
from aigc_core.training.distributed import Processes
from aigc_core.training.ema import EMA
from aigc_core.training.limits import ClassLimits
from aigc_core.training.state import TrainingState
from aigc_core.training.status_reporter import INTERVAL_S, StatusReporter


class Halted(Exception):
    """Someone said stop while the data was prepared."""


class Preparation:
    """Makes a run ready to be trained, shows what is read or fetched, and hears a stop meanwhile."""

    def __init__(
        self,
        processes: Processes,
        signals: SignalHandler,
        limits: ClassLimits,
        reporter: StatusReporter,
        clock: RunningClock,
    ) -> None:
        self._processes, self._signals, self._limits, self._reporter = processes, signals, limits, reporter
        self._clock, self._began, self._last_shown = clock, clock.read(), -math.inf

    def prepare(self) -> tuple[TrainingState, list[Message]]:
        """The training before it goes back to a checkpoint, and notes on its data.

        Raises:
            AigcError: bad settings or data. Halted: somebody said stop.
        """
        processes, run, config = self._processes, self._processes.run, self._processes.config
        self._reporter.announce("prepare.data", "Preparing the data.")
        family_cls = family_class(config.family)
        known = run.dataset_info()
        if known is None:
            config, tokenizer = family_cls.resolved(config, open_trained, self._progress)
        else:
            checkpoint.check_before_resuming(run, config, known)
            tokenizer = known.tokenizer or None
        target = torch.device(processes.device.kind)
        # One process after the other, so that a download happens once.
        with processes.accelerator.main_process_first():
            data = load_data(config, target, self._progress, tokenizer)
        if known is not None:
            known.check_goes_with(data.info, config)
        begun = bool(run.checkpoints.steps())
        notes = [] if begun else list(data.info.notes)
        if processes.main:
            networks_how = run.manifest.read().get("environment", {}).get("networks")
            run.manifest.set_environment(config, _environment(processes) | {"networks": networks_how})
            if known is None:
                run.set_dataset_info(data.info)
            elif known.train_size != data.info.train_size:
                text = "The data has changed since this run began ({before} examples then, {now} now)."
                notes.append(message("data.changed", text, before=known.train_size, now=data.info.train_size))
        info = known or data.info
        self._limits.check_parameters(family_cls, config, info)
        family = family_cls(config, info)
        networks = family.networks
        for network in networks.values():
            network.to(target)
        if not begun:
            family.start(open_trained)
        optimizers = optim.for_phases(family, processes.device)
        ema = EMA(networks, family.inference_networks, config.ema)
        return TrainingState(processes, data, family, networks, optimizers, ema), notes

    def _progress(self, part: float, what: str) -> None:
        if time.monotonic() - self._last_shown <= INTERVAL_S:
            return
        self._last_shown = time.monotonic()
        if not self._processes.several:  # several wait for one another here, and stop at the first step
            if self._signals.asked or self._processes.run.control.stop_requested():
                raise Halted
            self._limits.check_preparation(self._clock.read() - self._began)
        percent = f"{100 * part:.0f} %" if part else ""
        self._reporter.announce("prepare.progress", "Preparing the data: {what} {percent}", what=what, percent=percent)


def _environment(processes: Processes) -> dict[str, object]:
    """What the run runs on, for whoever wants to repeat it."""
    return {
        "device": processes.device.describe(),
        "processes": processes.accelerator.num_processes,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "versions": {"torch": torch.__version__, "accelerate": version("accelerate")},
    }
