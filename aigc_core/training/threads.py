"""How many of a processor's threads to compute with: measured, because other programs may use the same cores.

Beside another program two threads can be twenty times slower than one: each waits for the other at every layer, and the
other may not run just then. So a thread more is tried only while cores stand idle, which leaves a core to each of
several trainings and to the app, and stays only if it makes a step faster.

Sums depend on the count in their last digits. So every change is an event, a checkpoint holds the count, and a training
that is resumed changes it at the same steps again.
"""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import torch

from aigc_core.common.cores import IdleMeter, given_threads, share_of_cores
from aigc_core.families.config import RunConfig

LARGEST = 1024
COST = 0.02  # of the time, that measuring may take
GAIN = 1.1  # times as fast, or more threads are not worth it
HOPELESS = 3.0  # times as slow: one step tells enough
FELL = 1.5  # times as slow as it was: somebody else has come
IDLE = 0.5  # of the cores that more threads would take
WINDOW_S = 1.0  # over which speed and idle cores are taken
LEAST_S = 0.05  # of steps with one thread, before idle cores are believed
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
        self._idle, self._began, self._spent, self._steps, self._fastest_s = IdleMeter(), 0.0, 0.0, 0, math.inf
        self._set(self.count)

    def fix(self) -> None:
        """Stay with the count, as networks that were compiled for it must."""
        self.measured = False

    # -- going back to a checkpoint -----------------------------------------------------------------------

    def restore(self, count: int | None) -> None:
        """Compute as the checkpoint did that a training goes on from."""
        if self.measured and count:
            self._set(count)

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

    def replayed(self, step: int) -> None:
        """Before a step: change as planned."""
        if step in self._planned:
            self._set(self._planned.pop(step))

    # -- choosing -----------------------------------------------------------------------------------------

    def timed(self, seconds: float) -> None:
        """Take note of a step of the training."""
        self._spent += seconds
        self._steps += 1
        now = time.monotonic()
        if not self.measured or now - self._began < WINDOW_S or self._steps < 3:
            return
        step_s, idle = self._spent / self._steps, self._idle.cores()
        self._fastest_s = min(self._fastest_s, step_s)
        slower = self.count > 1 and step_s > FELL * self._fastest_s
        self._due |= now >= self._next and (slower or self._has_room(self.count, idle))
        self._began, self._spent, self._steps = now, 0.0, 0

    def due(self, step: int) -> bool:
        """Whether to `choose` before this step."""
        return self.measured and self._due and step >= self._free_from

    def choose(self, step_timer: StepTimer, left_s: Callable[[float], float]) -> bool:
        """Measure which count is the fastest now, and compute with it; whether that is another one.

        Args:
            left_s: from the seconds of a step to those of the training; a short one is not held up by measuring.
        """
        before, began = self.count, time.monotonic()
        self._set(1)
        idle = IdleMeter()
        times = [step_timer()]  # the first one is slow where nothing has been computed yet
        while len(times) < 2 or sum(times) < min(LEAST_S, COST * left_s(min(times))):
            times.append(step_timer())
        step_s, free = min(times), idle.cores()
        if (2 * ROUNDS + 1) * step_s > COST * left_s(step_s):
            if self._has_room(1, free, self.most):
                self._set(self.most)
        else:
            while self._has_room(self.count, free) and (faster_s := self._faster(step_s, step_timer)):
                step_s, free = faster_s, free - self.count // 2
        now = time.monotonic()
        self._patience = 1 if self.count != before else min(2 * self._patience, MOST_PATIENCE)
        self._next = now + max(WINDOW_S, self._patience * (now - began) / COST)
        self._due, self._fastest_s = False, math.inf
        self._idle, self._began, self._spent, self._steps = IdleMeter(), now, 0.0, 0
        return self.count != before

    def _faster(self, step_s: float, step_timer: StepTimer) -> float | None:
        """Try more threads against the present ones, in turn; seconds of a step if they stay."""
        few, more = self.count, self._more(self.count)
        self._set(more)
        if step_timer() < HOPELESS * step_s:
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

    def _has_room(self, count: int, idle: float, wanted: int | None = None) -> bool:
        """Whether more threads than `count` would find cores of which nobody makes use."""
        more = (wanted or self._more(count)) - count
        return more > 0 and idle >= IDLE * more

    def _set(self, count: int) -> None:
        self.count = count
        if count:
            torch.set_num_threads(count)
