"""Runs side by side: what differs, curves with their seconds, exports that other programs read."""

import csv
import io
import json
import re
import shutil
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aigc_core.common.errors import RunError
from aigc_core.common.files import write_json
from aigc_core.common.paths import runs_root
from aigc_core.evaluation import quality_gate
from aigc_core.export import tensorboard
from aigc_core.runs.run import Run
from aigc_core.serving.api import compare as api
from aigc_core.serving.api.run_views import job
from tests.helpers.processes import command
from tests.helpers.runs import Trained


@pytest.fixture
def runs(trained: Trained) -> list[Run]:
    """Two VAEs that differ in two settings, one of them judged, and a GPT."""
    found = []
    for name, family in (("first", "vae"), ("second", "vae"), ("writer", "gpt")):
        shutil.copytree(trained(family).path, runs_root() / name)
        found.append(Run(runs_root() / name))
    file = found[1].path / "config.json"
    file.write_text(file.read_text().replace('"beta": 1.0', '"beta": 4.0').replace('"seed": 0', '"seed": 7'))
    quality_gate.judge(found[0])
    return found


def test_what_differs_is_named_and_nothing_else(runs: list[Run]) -> None:
    found = api.compare(["second", "first", "second"])
    assert [one["name"] for one in found["runs"]] == ["second", "first"]  # in the order asked for, each once
    assert set(found["differing"]) == {"beta", "seed"}
    assert [one["settings"]["beta"] for one in found["runs"]] == [4.0, 1.0]
    assert api.compare(["first"])["differing"] == []


def test_figures_are_those_of_the_judgement_where_there_is_one(runs: list[Run]) -> None:
    second, first = api.compare(["second", "first"])["runs"]
    assert first["figures"]["gain"] == quality_gate.judgement(runs[0])["figures"]["gain"]  # type: ignore[index]
    assert "gain" not in second["figures"] and second["figures"]["negative_elbo"] > 0
    assert "kl_per_dimension" not in first["figures"]  # a list is no figure for a table


def test_curves_know_steps_and_seconds(runs: list[Run]) -> None:
    (one,) = api.compare(["first"])["runs"]
    steps, seconds, values = zip(*one["curves"]["loss"], strict=True)
    assert list(steps) == sorted(steps) and list(seconds) == sorted(seconds)
    events = [event for event in runs[0].events()[0] if event["kind"] == "metrics"]
    assert list(values) == [event["values"]["loss"] for event in events]
    assert "val:negative_elbo" in one["curves"] and one["samples"][-1][0] == 12


def test_kinds_of_model_can_stand_side_by_side(runs: list[Run]) -> None:
    found = api.compare(["first", "writer"])
    assert {"data", "batch_size"} <= set(found["differing"])
    assert {"negative_elbo", "perplexity"} <= set(found["figures"])


@pytest.mark.parametrize("names", [[], ["gone"], ["../first"], [f"run{n}" for n in range(9)]])
def test_nonsense_is_a_sentence(names: list[str], runs: list[Run]) -> None:
    for ask in (api.compare, api.table, api.curves, api.tensorboard):
        with pytest.raises(RunError):
            ask(names)


def test_the_table_as_csv(runs: list[Run]) -> None:
    rows = list(csv.DictReader(io.StringIO(api.table(["first", "second"]))))
    assert [row["name"] for row in rows] == ["first", "second"]
    assert float(rows[1]["beta"]) == 4 and float(rows[0]["gain"]) == quality_gate.judgement(runs[0])["figures"]["gain"]  # type: ignore[index]
    points = list(csv.DictReader(io.StringIO(api.curves(["first"]))))
    assert {row["curve"] for row in points} >= {"loss", "kl", "val:negative_elbo"}


def test_no_cell_of_a_table_is_a_formula(runs: list[Run]) -> None:
    formula = "=HYPERLINK(1)"
    evil = Run(runs[0].path.rename(runs_root() / "evil"))
    made = evil.manifest.read()
    settings = made["config"] | dict.fromkeys(("data", "data_path"), formula)
    write_json(evil.path / "config.json", made | {"owner": formula, "config": settings})
    events = [json.loads(line) for line in (evil.path / "events.jsonl").read_text().splitlines()]
    for event in events:
        if event["kind"] == "metrics":
            event["values"][formula] = 1.0
    (evil.path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    for table in (api.table(["evil"]), api.curves(["evil"])):
        assert "HYPERLINK" in table
        for cell in (cell for row in csv.reader(io.StringIO(table)) for cell in row):
            assert not cell.startswith(("=", "+", "@", "\t", "＝")) or is_number(cell), cell


def is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[0-9.e+-]+", cell))


def test_long_curves_are_thinned_but_keep_their_ends(runs: list[Run]) -> None:
    for step in range(13, 5000):
        runs[1].event_log.append("metrics", step, seconds=step / 10, values={"loss": float(step)})
    points = api.compare(["second"])["runs"][0]["curves"]["loss"]
    assert len(points) <= api.MOST_POINTS + 1 and points[-1] == (4999, 499.9, 4999.0)


def test_tensorboard_reads_curves_samples_and_settings(runs: list[Run]) -> None:
    name = api.tensorboard(["first", "writer"])
    end = time.monotonic() + 60
    while (now := job(name))["state"] not in ("done", "failed") and time.monotonic() < end:
        time.sleep(0.1)
    assert now["state"] == "done", now
    read = EventAccumulator(str(Path(now["result"]) / "first"))
    read.Reload()
    expected = [event["values"]["loss"] for event in runs[0].events()[0] if event["kind"] == "metrics"]
    assert [one.value for one in read.Scalars("loss")] == pytest.approx(expected, rel=1e-6)
    assert read.Scalars("held-out/negative_elbo") and read.Images("sample")
    written = EventAccumulator(str(Path(now["result"]) / "writer"))
    written.Reload()
    assert "sample/text_summary" in written.Tags()["tensors"] and "settings/text_summary" in written.Tags()["tensors"]


def test_the_command_line_exports_into_a_new_folder_only(runs: list[Run], tmp_path: Path) -> None:
    to = tmp_path / "board"
    done = command("export", "writer", "--to", str(to), "--format", "tensorboard")
    assert done.returncode == 0, done.stderr
    assert list(to.glob("events.out.tfevents.*"))
    (to / "mine.txt").write_text("keep me")
    refused = command("export", "writer", "--to", str(to), "--format", "tensorboard")
    assert refused.returncode == 2 and "not empty" in refused.stderr and (to / "mine.txt").exists()


def test_without_the_package_there_is_a_sentence(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(RunError, match="pip install tensorboard"):
        tensorboard.tensorboard(runs[0], tmp_path / "board")
    monkeypatch.setitem(sys.modules, "trackio", None)
    monkeypatch.setenv("TRACKIO_DIR", "")  # put back afterwards
    with pytest.raises(RunError, match="pip install trackio"):
        tensorboard.trackio(runs[0], tmp_path / "trackio")


def test_trackio_gets_every_figure(runs: list[Run], tmp_path: Path) -> None:
    pytest.importorskip("trackio", reason="trackio is not installed: pip install trackio")
    done = command("export", "first", "--to", str(tmp_path / "trackio"), "--format", "trackio")
    assert done.returncode == 0, done.stderr
    file = next((tmp_path / "trackio").glob("*.db"))
    with sqlite3.connect(file) as database:
        rows = [json.loads(row[0]) for row in database.execute("SELECT metrics FROM metrics")]
    losses = [event["values"]["loss"] for event in runs[0].events()[0] if event["kind"] == "metrics"]
    assert [row["loss"] for row in rows if "loss" in row] == losses
