"""The clock that stands still while its process is halted."""

import os
import signal
import subprocess
import sys
import time

import pytest

from aigc_core.common.paths import PROJECT
from aigc_core.common.running_clock import LONGEST_S, TICK_S, RunningClock


class Times:
    """A clock and a use of cores that are set by hand."""

    def __init__(self) -> None:
        self.now = self.used = 100.0

    def clock(self) -> RunningClock:
        return RunningClock(lambda: self.now, lambda: self.used)


def test_halted_time_is_left_out_and_time_of_computing_is_not() -> None:
    times = Times()
    clock = times.clock()
    times.now += LONGEST_S  # a busy machine
    assert clock.read() == 102 and clock.halted_s == 0
    times.now += 3600
    assert clock.read() == pytest.approx(102 + TICK_S) and clock.halted_s == 3600 - TICK_S
    times.now, times.used = times.now + 30, times.used + 30  # one call that let no other thread run
    assert clock.read() == pytest.approx(132 + TICK_S)
    times.now += 600
    assert clock.read() == pytest.approx(132 + 2 * TICK_S)
    assert clock.read() == pytest.approx(132 + 2 * TICK_S)


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot halt a process so")
def test_a_stopped_process_does_not_count_its_stop() -> None:
    script = (
        "import time\n"
        "from aigc_core.common.running_clock import RunningClock\n"
        "with RunningClock() as clock:\n"
        "    begun, wall = clock.read(), time.monotonic()\n"
        "    print('ready', flush=True)\n"
        "    input()\n"
        "    print(clock.read() - begun, time.monotonic() - wall)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as process:
        assert process.stdin and process.stdout and process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        process.send_signal(signal.SIGCONT)
        process.stdin.write("\n")
        process.stdin.flush()
        ran, wall = map(float, process.stdout.readline().split())
    assert wall > 3.4 and wall - ran == pytest.approx(3, abs=0.6)
