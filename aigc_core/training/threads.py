"""How many of a processor's threads to compute with: measured, because other programs may use the same cores.

Beside another program two threads can be twenty times slower than one: each waits for the other at every layer, and the
other may not run just then. So a thread more is tried only while cores stand idle, which leaves a core to each of
several trainings and to the app, and stays only if it makes a step faster.

Sums depend on the count in their last digits. So every change is an event, a checkpoint holds the count, and a training
that is resumed changes it at the same steps again.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

import torch

from aigc_core.common.cores import IdleMeter, given_threads, share_of_cores
from aigc_core.families.config import RunConfig

LARGEST = 1024
COST = 0.02  # of the time, that measuring may take
SHORT_S = 5.0  # of a training that is left, below which nothing is measured
GAIN = 1.1  # times as fast, or more threads are not worth it
HOPELESS = 3.0  # times as slow: a step or two tell enough
PREPARED_S = 0.25  # in which a first step has prepared what it needs
FELL = 1.5  # times as slow as it was: somebody else has come
IDLE = 0.5  # of the cores that more threads would take
WINDOW_S = 1.0  # over which speed and idle cores are taken
LEAST_S = 0.1  # of steps with one thread, before idle cores are believed
ROUNDS, MOST_ROUNDS = 2, 10
MOST_PATIENCE = 64  # times longer until the next try, after some that changed nothing

StepTimer = Callable[[], float]  # computes a step, forgets it, and returns its seconds


class Threads:
    """The count of a training, and when to measure it anew.

    Args:
        fixed: it is not ours to choose: on a GPU, or where several processes share a training.
    """

    def __init__(self, config: RunConfig, *, fixed: bool) -> None:
        given = config.threads or given_threads()
        self.most = min(LARGEST, share_of_cores())
        self.measured = not (fixed or given) and self.most > 1
        self.count = (given or (1 if self.measured else torch.get_num_threads())) if not fixed else 0
        self._planned: dict[int, int] = {}
        self._free_from = 0
        self._due, self._next, self._patience = True, 0.0, 1
        self._fastest_s = math.inf
        self._preparing: IdleMeter | None = IdleMeter()
        self._idle, self._began, self._spent, self._steps = IdleMeter(), 0.0, 0.0, 0
        self._set(self.count)

    def fix(self) -> None:
        """Stay with the count, as networks that were compiled for it must."""
        self.measured = False

    # -- going back to a checkpoint -----------------------------------------------------------------------

    @property
    def fastest_s(self) -> float | None:
        """Seconds of a step with this count when it was at its fastest; None before that was measured."""
        return self._fastest_s if math.isfinite(self._fastest_s) else None

    def restore(self, count: int | None, fastest_s: float | None) -> None:
        """Compute as the checkpoint did that a training goes on from, as long as it is about as fast as it was."""
        if self.measured and count:
            self._set(count)
            self._due, self._fastest_s = False, fastest_s or math.inf

    def replay(self, events: Iterable[dict[str, Any]], step: int, until: int) -> None:
        """Make the changes from `step` on again that a run had made before it was resumed, and no others `until` it
        stands where it stood."""
        if self.measured:
            self._free_from = until
            self._planned = {
                max(one["step"], 0): one["threads"]
                for one in events
                if one["kind"] == "threads" and one["step"] >= step and 1 <= one["threads"] <= LARGEST
            }
            self._due &= not self._planned

    def replayed(self, step: int) -> None:
        """Before a step: change as planned."""
        if step in self._planned:
            self._set(self._planned.pop(step))
            self._fastest_s = math.inf

    # -- choosing -----------------------------------------------------------------------------------------

    def timed(self, seconds: float) -> None:
        """Take note of a step of the training."""
        if not self._began:  # the first steps are slow
            self._begin_window()
            return
        self._spent += seconds
        self._steps += 1
        now = time.monotonic()
        if not self.measured or now - self._began < WINDOW_S or self._steps < 3:
            return
        step_s, idle = self._spent / self._steps, self._idle.cores()
        self._fastest_s = min(self._fastest_s, step_s)
        slower = self.count > 1 and step_s > FELL * self._fastest_s
        self._due |= now >= self._next and (slower or self._has_room(self.count, idle))
        self._begin_window()

    def due(self, step: int) -> bool:
        """Whether to `choose` before this step."""
        return self.measured and self._due and step >= self._free_from

    def choose(self, step_timer: StepTimer, left_s: Callable[[float], float]) -> bool:
        """Measure which count is the fastest now, and compute with it; whether that is another one.

        Args:
            left_s: from the seconds of a step to those of the training; a short one stays as it is, so that it is not
                held up and has the same last digits each time.
        """
        before, began = self.count, time.monotonic()
        self._set(1)
        idle, preparing = IdleMeter(), self._preparing
        self._preparing = None
        step_timer()  # slow where nothing has been computed yet
        times = [step_timer()]
        if left_s(times[0]) < SHORT_S:
            self._set(before)
        else:
            while sum(times) < LEAST_S:
                times.append(step_timer())
            step_s, free = statistics.fmean(times), idle.cores()
            if preparing:  # over the seconds in which the data was read: others may have paused just now
                free = min(free, preparing.cores())
            while self._has_room(self.count, free) and (faster_s := self._faster(step_s, step_timer)):
                step_s, free = faster_s, free - self.count // 2
        now = time.monotonic()
        self._patience = 1 if self.count != before else min(2 * self._patience, MOST_PATIENCE)
        self._next = now + max(WINDOW_S, self._patience * (now - began) / COST)
        self._due, self._fastest_s, self._began = False, math.inf, 0.0
        return self.count != before

    def _begin_window(self) -> None:
        self._idle, self._began, self._spent, self._steps = IdleMeter(), time.monotonic(), 0.0, 0

    def _faster(self, step_s: float, step_timer: StepTimer) -> float | None:
        """Try more threads against the present ones, in turn; seconds of a step if they stay."""
        few, more = self.count, self._more(self.count)
        self._set(more)
        first_s = step_timer()  # it may have to prepare something
        hopeless = first_s > HOPELESS * step_s and (first_s > PREPARED_S or step_timer() > HOPELESS * step_s)
        if not hopeless:
            rounds = max(ROUNDS, min(MOST_ROUNDS, math.ceil(LEAST_S / step_s)))
            times = {few: 0.0, more: 0.0}
            for _ in range(rounds):
                for count in times:
                    self._set(count)
                    times[count] += step_timer()
            if times[few] > GAIN * times[more]:
                self._set(more)
                return times[more] / rounds
        self._set(few)
        return None

    def _more(self, count: int) -> int:
        return min(2 * count, self.most)

    def _has_room(self, count: int, idle: float) -> bool:
        """Whether more threads than `count` would find cores of which nobody makes use."""
        more = self._more(count) - count
        return more > 0 and idle >= IDLE * more

    def _set(self, count: int) -> None:
        self.count = count
        if count:
            torch.set_num_threads(count)
