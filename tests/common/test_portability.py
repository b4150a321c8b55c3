"""What differs between systems, as far as one of them can show it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aigc_core.common import files
from aigc_core.common.files import patiently, text_by_hand, write_atomic
from aigc_core.common.paths import PROJECT
from aigc_core.runs.run import Run
from aigc_core.serving.launch.local import detached
from tests.helpers.runs import tiny


def test_on_windows_a_file_that_is_being_read_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, tries = tmp_path / "status.json", []
    usual = Path.replace

    def replace(self: Path, to: Path) -> Path:
        tries.append(self)
        if len(tries) < 4:
            raise PermissionError(13, "used by another process")
        return usual(self, to)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(PermissionError):  # elsewhere it says that one may not
        write_atomic(file, "new")
    assert len(tries) == 1 and not list(tmp_path.iterdir())
    monkeypatch.setattr(files.sys, "platform", "win32")
    write_atomic(file, "new")
    assert file.read_text() == "new" and len(tries) == 4


def test_on_windows_one_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.sys, "platform", "win32")
    monkeypatch.setattr(files, "PATIENCE_S", 0.1)

    def never() -> None:
        raise PermissionError(13, "Access is denied")

    with pytest.raises(PermissionError):
        patiently(never)


def test_a_run_is_deleted_without_removing_a_file_that_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(tiny("vae"), tmp_path / "run")
    usual = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        assert self.name != ".lock" or not run.claim._lock.is_locked
        usual(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    run.delete()
    assert not run.path.exists()


def test_a_training_belongs_to_no_terminal_on_any_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detached() == {"start_new_session": True}
    for name, number in (("DETACHED_PROCESS", 8), ("CREATE_NEW_PROCESS_GROUP", 512)):
        monkeypatch.setattr(subprocess, name, number, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert detached() == {"creationflags": 520}


def test_a_console_that_lacks_letters_gets_others() -> None:
    words = [sys.executable, "-m", "aigc_core", "resume", "没有“这个”"]
    for encoding in ("ascii", "cp437", "gbk"):
        given = os.environ | {"PYTHONIOENCODING": encoding}
        done = subprocess.run(words, cwd=PROJECT, env=given, capture_output=True, check=False, timeout=120)
        assert done.returncode == 2 and done.stderr.startswith(b"Error: There is no run"), done.stderr


def test_text_by_hand_is_read_by_its_mark_or_its_letters(tmp_path: Path) -> None:
    file = tmp_path / "list"
    for text, encodings in {
        "Zoë,1\r\n王芳,2\n": ("utf-8", "utf-8-sig", "utf-16", "gb18030"),
        "Müller;Ångström;ß;œuvre;señor": ("utf-8", "utf-8-sig", "utf-16", "cp1252"),
        "plain": ("ascii", "utf-16"),
        "": ("ascii",),
        "喆,镕,王": ("gbk",),  # two of the three are no usual characters
    }.items():
        for encoding in encodings:
            if "Zoë" in text and encoding == "gb18030":
                text = text.replace("ë", "e")
            file.write_bytes(text.encode(encoding))
            assert text_by_hand(file) == text, encoding
    file.write_bytes(b"\x81")
    with pytest.raises(ValueError, match="codec"):
        text_by_hand(file)


def test_the_public_hosts_checks_name_tests_that_exist() -> None:
    made = yaml.safe_load((PROJECT / ".github" / "workflows" / "tests.yml").read_text())
    (job,) = made["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"] and matrix["python"] == ["3.11", "3.13"]
    (line,) = [step["run"] for step in job["steps"] if "pytest" in step.get("run", "")]
    named = re.findall(r"tests/\S+", line)
    assert named and all((PROJECT / one).exists() for one in named)
    quick = re.search(r'quick_tests := "(.*)"', (PROJECT / "justfile").read_text())
    assert quick and named == quick[1].split()
