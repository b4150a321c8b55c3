"""What the documentation and docstrings name is there."""

import re
import subprocess
from pathlib import Path

from aigc_core.common.paths import PROJECT

FILES = r"(?:aigc_core|pages|tests|benchmarks|docs|checkpoints)/[\w./-]+\.(?:py|js|md|html|toml|json)\b"


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=PROJECT, capture_output=True, text=True, check=True)
    return [PROJECT / name for name in listed.stdout.split()]


def test_files_that_the_documentation_names_are_there() -> None:
    named = {(path.name, name) for path in tracked("*.md") for name in re.findall(FILES, path.read_text("utf-8"))}
    assert len(named) > 100
    assert not [(where, name) for where, name in named if not (PROJECT / name).exists()]


def test_modules_that_docstrings_name_are_there() -> None:
    for path in tracked("*.py"):
        for name in re.findall(r"`(aigc_core\.[A-Za-z_.]+)`", path.read_text("utf-8")):
            parts = name.split(".")
            file, rest = PROJECT / parts[0], parts[1:]
            while rest and ((file / rest[0]).is_dir() or (file / f"{rest[0]}.py").is_file()):
                file, rest = file / rest[0], rest[1:]
            source = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
            assert not rest or rest[0] in source.read_text("utf-8"), f"{path.name}: {name}"
