"""A lesson with three students, each in a browser context of their own; thirty by `python benchmarks/lesson.py`."""

from benchmarks import lesson


def test_three_students_get_through_a_lesson() -> None:
    happened, _ = lesson.play(students=3, seconds=3)
    assert not happened.problems
    for action, count in (
        ("join", 3),
        ("start", 3),
        ("a slider", 3 * lesson.MOVES),
        ("a prompt", 3),
        ("from start", 3),
    ):
        assert any(name.startswith(action) and len(times) == count for name, times in happened.times.items()), action
    assert any(name.startswith("teacher: open the wall") for name in happened.times)
