"""A lesson with two students, each in a browser context of their own; thirty by `python benchmarks/lesson.py`."""

from pathlib import Path

import pytest

from benchmarks import lesson
from tests.browsing import CHROMIUM


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")
def test_two_students_get_through_a_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesson, "ARRIVING_S", 0.5)
    happened, _ = lesson.play(students=2, seconds=2)
    assert not happened.problems
    expected = {"open the lesson": 2, "start": 2, "a slider": 2 * lesson.MOVES, "a prompt": 2, "from start": 2}
    for action, count in expected.items():
        assert any(name.startswith(action) and len(times) == count for name, times in happened.times.items()), action
    assert any(name.startswith("teacher: open the wall") for name in happened.times)
