"""What a training says of itself: `status.json` with speed, time left and energy, and whoever listens."""

from collections import deque

from aigc_core.common.device import card_of
from aigc_core.common.energy import Meter
from aigc_core.common.errors import message
from aigc_core.common.running_clock import RunningClock
from aigc_core.runs.queue import StatusCallback, enter, fresh_status
from aigc_core.runs.status import State
from aigc_core.training.distributed import Processes
from aigc_core.training.state import TrainingState

INTERVAL_S = 0.5
PACE_WINDOW_S = 20.0  # over which speed and time left are taken


class StatusReporter:
    """Writes a run's status in the main process; in others it only counts energy, for the main one's sum."""

    def __init__(self, processes: Processes, on_status: StatusCallback, clock: RunningClock) -> None:
        self.status = fresh_status(processes.run)
        self._processes, self._on_status, self._clock = processes, on_status, clock
        self._run, self._main = processes.run, processes.main
        self._last, self._halted_s = clock.read(), clock.halted_s
        self._pace: deque[tuple[float, int]] = deque()
        self._meter: Meter | None = None
        self._handed_over = 0.0  # joules of the other processes that are counted already

    def start_metering(self) -> None:
        """Count energy from now on, that of all processes."""
        self._meter = Meter(card_of(self._processes.device.kind), machine=self._processes.first_here)
        self.status.energy_how = "measured" if self._processes.agree(self._meter.how == "measured") else "estimated"

    def announce(self, key: str, text: str, **values: object) -> None:
        """Say what is being prepared."""
        if self._main:
            self.status.message = message(key, text, **values)
            self._enter("running")

    def enter(self, state: State, training: TrainingState) -> None:
        """The training has come to another state."""
        if not self._main:
            return
        self.add_energy()
        status, config = self.status, training.config
        status.step, status.elapsed_s, status.message = training.step, training.elapsed_s, None
        status.total_steps = status.total_steps if config.minutes else config.steps
        if state in ("done", "stopped"):
            status.total_steps = training.step if config.minutes else config.steps
            status.eta_s = 0.0 if state == "done" else None
        self._pace.clear()
        self._enter(state)

    def update(self, training: TrainingState) -> None:
        """Say how far it is, where it is time to."""
        now = self._clock.read()
        if now - self._last <= INTERVAL_S:
            return
        self._last = now
        self.add_energy()
        if not self._main:
            return
        self._pace.append((now, training.step))
        while len(self._pace) > 2 and now - self._pace[0][0] > PACE_WINDOW_S:
            self._pace.popleft()
        (then, step), status, config = self._pace[0], self.status, training.config
        status.step, status.elapsed_s = training.step, training.elapsed_s
        if training.step > step:
            status.steps_per_s = (training.step - step) / (now - then)
            if config.minutes:
                left = max(0.0, 60 * config.minutes - training.elapsed_s)
                status.total_steps = training.step + round(left * status.steps_per_s)
                status.eta_s = left
            else:
                status.eta_s = (config.steps - training.step) / status.steps_per_s
        self._run.set_status(status)
        self._on_status(status)

    def keep_alive(self) -> None:
        """While nothing changes, say that the process still exists."""
        now = self._clock.read()
        if self._main and now - self._last > INTERVAL_S:
            self._run.set_status(self.status)
            self._last = now

    def add_energy(self) -> None:
        """Count what was used since the last time; the main process adds what the others have told of."""
        if self._meter is None:
            return
        joules = self._meter.joules()
        if self._clock.halted_s > self._halted_s:  # the machine's counters went on, for others
            joules, self._halted_s = 0.0, self._clock.halted_s
        if self._main:
            others = self._processes.handed_over()
            self.status.energy_j += joules + others - self._handed_over
            self._handed_over = others
        else:
            self._processes.hand_over(joules)

    def skip_energy(self) -> None:
        """What others used meanwhile is not this training's."""
        if self._meter is not None:
            self._meter.joules()

    def _enter(self, state: State) -> None:
        enter(self._run, self.status, state)
        self._on_status(self.status)
