"""What people ask of a training while it runs, and the clock: looked at before every step, by one process for all."""

import math
from dataclasses import dataclass, field
from typing import Any

from accelerate.utils import broadcast_object_list

from aigc_core.common.errors import ConfigError
from aigc_core.common.signals import SignalHandler
from aigc_core.runs.event_log import Event
from aigc_core.runs.run import Run
from aigc_core.training.limits import ClassLimits
from aigc_core.training.state import TrainingState


@dataclass
class ControlSignals:
    """What is decided before a step."""

    stop: bool = False
    pause: bool = False
    log: bool = False
    out_of_time: bool = False
    changes: list[tuple[dict[str, Any], bool]] = field(default_factory=list)  # settings, and whether they are new


class Control:
    """Reads a run's requests where the last look ended."""

    def __init__(self, run: Run, signals: SignalHandler, limits: ClassLimits) -> None:
        self._run, self._signals, self._limits = run, signals, limits
        self._offset = run.control.since_start()[1]
        self._planned: dict[int, list[dict[str, Any]]] = {}

    def replay(self, changes: list[Event], step: int) -> None:
        """Take over the changes of settings that a run heard before it was resumed at `step`, to make them again."""
        changes = [event for event in changes if event["kind"] == "set"]
        heard = max((event.get("heard", 0) for event in changes), default=0)
        # Who goes on without a new start knows these already.
        self._offset = max(self._offset, min(heard, self._run.control.read()[1]))
        for event in changes:
            if event["step"] >= step:  # at this very step it may have come after the checkpoint
                self._planned.setdefault(max(event["step"], 0), []).append(event["changes"])

    def look(self, state: TrainingState, elapsed_s: float, *, log: bool) -> ControlSignals:
        """Look at clock, requests and signals in the main process, and tell the others."""
        signals = ControlSignals(log=log)
        if state.processes.main:
            signals.out_of_time = bool(state.config.minutes) and elapsed_s >= 60 * state.config.minutes
            signals.stop = self._signals.asked
            if time_up := self._limits.time_is_up(elapsed_s):
                self._run.event_log.append("note", state.step, **time_up)
                signals.stop = True
            for changes in self._planned.pop(state.step, []):  # noted in the events already
                signals.changes.append((changes, False))
            self._read_requests(state, signals)
        return share(state, signals)

    def look_while_paused(self, state: TrainingState) -> ControlSignals:
        """Likewise, while nothing is computed until someone says resume or stop."""
        signals = ControlSignals(pause=True)
        if state.processes.main:
            signals.stop = self._signals.asked
            self._read_requests(state, signals)
        return share(state, signals)

    def apply(self, state: TrainingState, signals: ControlSignals) -> None:
        """Take over settings that may change while training, and note those that are new."""
        for changes, new in signals.changes:
            state.family.config = state.config.checked_live(changes)
            if state.processes.main and new:
                self._run.event_log.append("set", state.step, changes=changes, heard=self._offset)

    def left_s(self, state: TrainingState, step_s: float) -> float:
        """How long the training takes from here, if a step takes so long."""
        steps_s = step_s * (state.config.steps - state.step)
        left_s = min(60 * state.config.minutes or math.inf, self._limits.seconds) - state.elapsed_s
        return left_s if state.config.minutes else min(steps_s, left_s)

    def _read_requests(self, state: TrainingState, signals: ControlSignals) -> None:
        requests, self._offset = self._run.control.read(self._offset)
        for request in requests:
            match request.get("request"):
                case "stop":
                    signals.stop = True
                case "pause":
                    signals.pause = True
                case "resume":
                    signals.pause = False
                case "set":
                    self._consider(state, request.get("changes", {}), signals)

    def _consider(self, state: TrainingState, changes: dict[str, Any], signals: ControlSignals) -> None:
        try:
            state.config.checked_live(changes)
        except ConfigError as error:
            self._run.event_log.append("note", state.step, **error.message)
            return
        signals.changes.append((changes, True))


def share(state: TrainingState, signals: ControlSignals) -> ControlSignals:
    """The main process's signals, in every process."""
    if state.processes.several:
        (signals,) = broadcast_object_list([signals])
    return signals
