"""A lesson with two students, each in a browser context of their own; thirty by `python benchmarks/lesson.py`."""

import subprocess
import sys
from pathlib import Path

import pytest

from aigc_core.common.paths import PROJECT
from tests.helpers.browser import CHROMIUM


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")
def test_two_students_get_through_a_lesson() -> None:
    command = [sys.executable, "benchmarks/lesson.py", "--students", "2", "--seconds", "2"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for action, count in {"open the lesson's link": 2, "start, until": 2, "a slider": 20, "from start": 2}.items():
        (line,) = (one for one in done.stdout.splitlines() if one.strip().startswith(action))
        assert f" {count} " in line, line
    assert "teacher: open the wall" in done.stdout
