"""Places that people write, and those that cannot be written."""

from pathlib import Path

import pytest

from aigc_core.common import paths
from aigc_core.data import download
from aigc_core.families import config_class
from aigc_core.families.config import make_config
from aigc_core.runs.init_from import open_trained
from aigc_core.runs.listing import open_run
from tests.helpers.processes import Command
from tests.helpers.runs import TINY, Trained

TINY_TEXT = [
    "--data", "text", "--steps", "2",
    *(word for key, value in TINY["gpt"].items() if key != "data" for word in ("--set", f"{key}={value}")),
]  # fmt: skip


@pytest.mark.parametrize("written", ["a.txt", "./a.txt", "../here/a.txt", "~/a.txt"])
def test_a_place_in_settings_is_absolute(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "here"))
    config = make_config(config_class("gpt"), None, "text", {"data_path": written})
    assert config.model_dump()["data_path"] == str(tmp_path / "here" / "a.txt")
    assert make_config(config_class("gpt"), None, "text", {"data_path": ""}).model_dump()["data_path"] == ""


def test_a_model_to_start_from_is_a_folder_or_stays_a_name(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained("gpt")
    monkeypatch.chdir(run.path.parent)
    monkeypatch.setenv("HOME", str(run.path.parent))

    def began(name: str) -> str:
        return str(make_config(config_class("gpt"), None, None, {"init_from": name}).model_dump()["init_from"])

    assert began(run.name) == began(f"./{run.name}") == began(f"~/{run.name}") == str(run.path)
    assert began("openai-community/gpt2") == "openai-community/gpt2" and began("gpt-stories") == "gpt-stories"
    monkeypatch.chdir(tmp_path)
    assert open_trained(str(run.path)).name == run.name


def test_a_run_is_judged_and_goes_on_from_any_folder(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "book.txt").write_text("The cat sat on the mat. " * 400)
    monkeypatch.chdir(tmp_path)
    done = cli("train", "gpt", *TINY_TEXT, "--set", "data_path=book.txt", "--out", "mine")
    assert done.returncode == 0, done.stderr
    monkeypatch.chdir("/")
    assert cli("evaluate", str(tmp_path / "mine")).returncode == 0
    more = cli("resume", str(tmp_path / "mine"), "--steps", "4")
    assert more.returncode == 0 and "done at step 4" in more.stdout
    monkeypatch.chdir(tmp_path / "mine")
    assert open_run(".").name == "mine"


def test_a_run_does_not_land_in_a_folder_called_tilde(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIGC_RUNS", "~/runs")
    assert paths.runs_root() == tmp_path / "home" / "runs"
    words = [word for word in TINY_TEXT if word not in ("--data", "text")]
    assert cli("train", "gpt", "--data", "docs", *words, "--set", "steps=1", "--out=~/mine").returncode == 0
    assert (tmp_path / "home" / "mine" / "config.json").is_file() and not (tmp_path / "~").exists()


@pytest.mark.parametrize("home", ["/proc/nobody", "/dev/null", ""])
def test_without_a_home_prepared_data_lies_beside_the_runs(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(download, "user_cache_path", lambda name: Path(home or "~", ".cache", name))
    download._say_once.cache_clear()
    assert download.cache_folder() == download.cache_folder() == tmp_path / "runs" / ".cache"
    assert [one.getMessage() for one in caplog.records] == [
        f"{Path(home or '~', '.cache', 'aigc-studio')} cannot be written, so prepared data is kept in "
        f"{tmp_path / 'runs' / '.cache'}."
    ]
    assert [one.name for one in tmp_path.iterdir()] == ["runs"]


def test_a_filled_cache_is_read_though_it_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = tmp_path / "cache"
    monkeypatch.setattr(download, "user_cache_path", lambda name: usual)
    monkeypatch.setattr("os.access", lambda path, how: False)
    assert download.cache_folder() == tmp_path / "runs" / ".cache"
    (usual / "book.txt").touch()
    assert download.cache_folder() == usual
