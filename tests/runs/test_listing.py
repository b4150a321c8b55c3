"""The names of runs: shown everywhere, or refused."""

from pathlib import Path

import pytest

from aigc_core.common.errors import RunError
from aigc_core.runs.listing import LONGEST_NAME, check_name, list_runs, open_run, run_named
from aigc_core.runs.run import Run
from aigc_core.serving.api import run_views
from tests.helpers.processes import Command
from tests.helpers.runs import tiny
from tests.helpers.tally import Tally

GOOD = [
    "my first run", "run (copy)", "第一次训练", "数字 2", "跑🏃", "é", "a.b.c", "1", "_x", "a-b",
    "run, the second", "x" * LONGEST_NAME, "字" * (LONGEST_NAME // 3), "(old) run", "run+1", "run=2", "[x]", "run; rm",
]  # fmt: skip
BAD = [
    ".hidden", "..", "-x", " before", "behind ", "dot.", "a/b", "a\\b", "a:b", "a?b", "a*b", "<b>", 'a"b', "a'b", "a|b",
    "a&b", "50%", "a#b", "tab\tbed", "line\nbreak", "\u202egnp", "x" * (LONGEST_NAME + 1), "字" * 67, "",
]  # fmt: skip


def test_a_folder_renamed_by_hand_is_shown_everywhere(tmp_path: Path, cli: Command, tally: Tally) -> None:
    for name in GOOD:
        run = Run.create(tiny("vae"))
        run.path.rename(run.path.with_name(name))
        assert [one.name for one in list_runs()] == [name] == [one["name"] for one in run_views.runs()]
        assert run_named(name).name == open_run(name).name == name
        assert run_views.describe(name)["name"] == name
        assert "not_found" not in cli("runs").stderr
        run_named(name).delete()
    tally("names of a run's folder: shown on the pages and by the command line", len(GOOD))


def test_a_folder_that_is_not_shown_is_named(cli: Command) -> None:
    run = Run.create(tiny("vae"))
    run.path.rename(run.path.with_name("a&b"))
    done = cli("runs")
    assert "a&b" not in done.stdout and "Not shown because of its name: 'a&b'" in done.stderr


def test_a_name_that_would_be_shown_nowhere_is_refused(cli: Command, tmp_path: Path, tally: Tally) -> None:
    for name in BAD:
        with pytest.raises(RunError, match="cannot be the name of a run"):
            check_name(name)
        with pytest.raises(RunError, match="There is no run"):
            run_named(name)
    for name in (".hidden", "behind ", "a&b"):
        done = cli("train", "vae", "--data", "digits8", "--steps", "1", "--out", str(tmp_path / name))
        assert done.returncode == 2 and "cannot be the name of a run" in done.stderr
    assert not list(tmp_path.iterdir())
    tally("names of a run that are refused with a sentence", len(BAD))
