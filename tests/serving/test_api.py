"""The door for pages: starting, queueing, following, and what it does not let in."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from aigc_core.common.errors import AigcError, ConfigError, DataError, RunError
from aigc_core.families import FAMILIES
from aigc_core.families.config import RunConfig
from aigc_core.runs.run import Run
from aigc_core.serving.api import estimates, forms, picture_report, run_actions, run_views, uploads
from tests.helpers.pictures import HEIC, packed, picture
from tests.helpers.runs import RECORDS, TINY, Trained

Found = TypeVar("Found")


def wait_for(ready: Callable[[], Found | None], seconds: float = 60) -> Found:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ready():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def state(name: str) -> str:
    return str(run_views.follow(name)["status"]["state"])


def test_forms_have_what_they_need() -> None:
    for family in FAMILIES:
        for field in forms.fields(family):
            assert field["help"] and field["group"] in ("basic", "network", "data", "optimiser", "judge", "record")
            assert field["kind"] in ("choice", "int", "float", "bool", "str"), field
        assert forms.settings(family)["family"] == family
    lr = next(field for field in forms.fields("gan") if field["name"] == "lr")
    assert lr["limits"] == {"gt": 0, "le": 10} and lr["live"]


def test_a_run_is_started_followed_queued_and_stopped() -> None:
    slow = {
        **TINY["vae"],
        **RECORDS,
        "steps": 10**6,
        "compile": "off",
        "log_every": 50,
        "checkpoint_every": 10**6,
        "sample_every": 500,
        "evaluate_every": 10**6,
    }
    first = run_actions.start("vae", slow)
    try:
        wait_for(lambda: run_views.follow(first)["status"]["step"] > 10)
        second = run_actions.start("vae", slow)
        place = wait_for(lambda: (run_views.follow(second)["status"]["message"] or {}).get("values"))
        assert place["place"] == 1 and place["minutes"] > 1 and state(second) == "queued"

        seen = run_views.follow(first)
        newer = wait_for(lambda: run_views.follow(first, seen["cursor"])["events"])
        assert newer[0]["step"] > seen["events"][-1]["step"]
        assert run_views.sample_file(first, "step_000000.png").startswith(b"\x89PNG")

        run_actions.request(first, "set", {"lr": 0.001})
        with pytest.raises(ConfigError, match="cannot change"):
            run_actions.request(first, "set", {"width": 64})
        run_actions.request(first, "stop")
        wait_for(lambda: state(first) == "stopped")
        wait_for(lambda: state(second) == "running")
        listed = {run["name"]: run for run in run_views.runs()}
        assert listed[first]["state"] == "stopped" and listed[second]["family"] == "vae"
        with pytest.raises(AigcError, match="nothing to pause"):
            run_actions.request(first, "pause")

        run_actions.request(first, "resume")  # waits, because the second one trains
        wait_for(lambda: (run_views.follow(first)["status"]["message"] or {}).get("key") == "queue.place")
        run_actions.request(second, "pause")  # and a paused one lets it through
        wait_for(lambda: state(first) == "running")
        assert run_views.describe(first)["device"]
    finally:
        for run in run_views.runs():
            if run["state"] in ("queued", "running", "paused"):
                run_actions.request(run["name"], "stop")
        wait_for(lambda: not {run["state"] for run in run_views.runs()} & {"queued", "running", "paused"})


def test_a_stop_before_the_first_step_is_honoured() -> None:
    name = run_actions.start("vae", TINY["vae"] | {"steps": 10**6, "compile": "off"})
    run_actions.request(name, "stop")
    wait_for(lambda: state(name) == "stopped")
    assert run_views.follow(name)["status"]["step"] <= 1


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.zip", "data.zip"])
def test_a_page_cannot_name_a_path(path: str) -> None:
    with pytest.raises(ConfigError, match="uploading"):
        forms.check("gan", {"data": "folder", "data_path": path})
    with pytest.raises(ConfigError, match="no run and no model name"):
        forms.check("gpt", {"init_from": "/etc" if path[0] == "/" else "../models/gpt2"})


def test_an_upload_is_kept_under_a_name_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "my $(rm -rf) text.txt"
    file.write_text("hello " * 1000)
    kept = uploads.save_upload(file)
    assert Path(kept).parent == Path(os.environ["AIGC_RUNS"]) / ".uploads" and kept == uploads.save_upload(file)
    assert forms.check("gpt", {"data": "text", "data_path": kept}).model_dump()["data_path"] == kept
    (tmp_path / "a.exe").write_text("x")
    with pytest.raises(DataError, match="neither"):
        uploads.save_upload(tmp_path / "a.exe")


def test_uploaded_pictures_are_looked_at_before_the_start(tmp_path: Path) -> None:
    files = {f"{name}/{i}.jpg": picture(i + 10 * len(name), format="JPEG") for name in ("猫", "小狗") for i in range(2)}
    kept = uploads.save_upload(packed(tmp_path / "a.zip", files | {"猫/9.heic": HEIC}, "gbk"))
    report = picture_report.judge_pictures("vae", {"data": "folder", "data_path": kept})
    assert report is not None and report["classes"] == {"小狗": 2, "猫": 2}
    assert [one["key"] for one in report["notes"]] == ["data.left_out_format"]
    assert picture_report.judge_pictures("vae", {"data": "digits"}) is None
    with pytest.raises(ConfigError, match="uploading"):
        picture_report.judge_pictures("vae", {"data": "folder", "data_path": str(tmp_path)})
    from pages import i18n, train

    for language, shown in (("en", ("Far too few pictures", "(1 HEIC)")), ("zh", ("图片远远不够", "（1 HEIC）"))):
        drawn = train._report(report, i18n.catalogue(language))
        assert all(one in drawn for one in (*shown, "小狗 2", "猫 2", "32×32"))


def test_names_of_folders_cannot_draw_on_the_page(tmp_path: Path) -> None:
    from pages import i18n, train

    files = {f"<img src=x onerror=alert({i})>/{i}.png": picture(i) for i in range(4)} | {"<b>/1.png": b"no"}
    kept = uploads.save_upload(packed(tmp_path / "a.zip", files))
    report = picture_report.judge_pictures("vae", {"data": "folder", "data_path": kept})
    assert report is not None
    for language in i18n.LANGUAGES:
        drawn = train._report(report, i18n.catalogue(language))
        assert "<img" not in drawn and "<b>" not in drawn and "&lt;img" in drawn and "&lt;b&gt;" in drawn


def test_long_curves_are_thinned_for_a_new_viewer_and_keep_their_end(trained: Trained) -> None:
    run = Run.create(trained("vae").config())
    for step in range(1, 10_001):
        run.event_log.append("metrics", step, values={"loss": 1.0})
    run.event_log.append("eval", 10_000, figures={})
    events = run_views.follow(run.name)["events"]
    assert run_views.MOST_POINTS * 0.8 < len(events) <= run_views.MOST_POINTS + 2
    assert [event["kind"] for event in events[-2:]] == ["metrics", "eval"] and events[-2]["step"] == 10_000


def test_damaged_runs_are_listed_as_such() -> None:
    run = Run.create(forms.check("vae", TINY["vae"]))
    (run.path / "status.json").write_text("{")
    assert run_views.runs()[0]["state"] == "interrupted"  # and can be resumed
    (run.path / "config.json").write_text("{")
    assert run_views.runs()[0]["state"] == "damaged"
    with pytest.raises(RunError):
        run_views.describe(run.name)


def test_an_estimate_is_measured_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(estimates, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(estimates, "BUSY_PERCENT", 101)  # also beside other work
    first = estimates.estimate("vae", TINY["vae"] | {"steps": 100})
    before = time.monotonic()
    second = estimates.estimate("vae", TINY["vae"] | {"steps": 200})
    assert time.monotonic() - before < 0.5 and second["total_s"] == pytest.approx(2 * first["total_s"])
    with pytest.raises(ConfigError, match="more than the context of 8000"):
        estimates.estimate("gpt", {"data": "docs", "context": 8000, "validation": 0.0001})


def test_an_estimate_beside_other_work_is_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(estimates, "cache_folder", lambda: tmp_path)
    measure, work = estimates._measure, [sys.executable, "-c", "while True: pass"]
    others: list[subprocess.Popen[bytes]] = []

    def measured_beside_work(config: RunConfig) -> dict[str, Any]:
        others.extend(subprocess.Popen(work) for _ in range(psutil.cpu_count() or 1))
        return measure(config)

    monkeypatch.setattr(estimates, "_measure", measured_beside_work)
    try:
        assert estimates.estimate("vae", TINY["vae"] | {"batch_size": 6})["step_s"] > 0
        assert not list(tmp_path.glob("estimates/*.json"))
    finally:
        for one in others:
            one.kill()
            one.wait()
