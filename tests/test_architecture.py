"""The walls of the house: pages do not compute, the core knows no screen, nothing happens at import."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigc_core.common.paths import PROJECT

CORE = sorted((PROJECT / "aigc_core").rglob("*.py"))
PAGES = [PROJECT / "app.py", PROJECT / "board.py", *sorted((PROJECT / "pages").rglob("*.py"))]
SCRIPTS = [*sorted((PROJECT / "benchmarks").glob("*.py")), PROJECT / "checkpoints" / "train.py"]
HEAVY = {"torch", "torchvision", "accelerate", "transformers", "matplotlib", "sklearn", "mlxtend"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_knows_no_screen(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & {"gradio", "streamlit", "pages"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_compute_nothing(path: Path) -> None:
    names = set(imported(path))
    assert not {name.split(".")[0] for name in names} & (HEAVY | {"numpy"})
    for name in names:
        assert not name.startswith("aigc_core") or name.startswith(("aigc_core.serving.api", "aigc_core.common.errors"))


FLOORS = (
    "common", "data", "media", "metrics", "families", "runs", "inference", "training", "evaluation", "export", "demos",
    "serving", "cli",
)  # fmt: skip


def test_imports_only_go_down() -> None:
    up: set[tuple[str, str]] = set()
    for path in CORE:
        parts = path.relative_to(PROJECT / "aigc_core").with_suffix("").parts
        if parts[0] not in FLOORS:  # __init__ and __main__
            continue
        for name in imported(path):
            package = name.split(".")[1] if name.startswith("aigc_core.") else ""
            if package in FLOORS and FLOORS.index(package) > FLOORS.index(parts[0]):
                up.add(("/".join(parts) + ".py", package))
    assert not up
    assert {one.name for one in (PROJECT / "aigc_core").iterdir() if (one / "__init__.py").exists()} <= set(FLOORS)


@pytest.mark.parametrize("module", ["aigc_core.serving.api", "aigc_core.cli", "pages.layout"])
def test_importing_loads_no_torch_and_leaves_no_trace(module: str, tmp_path: Path) -> None:
    code = (
        "import sys, os\n"
        f"sys.path.insert(0, {str(PROJECT)!r})\n"
        f"import {module}\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}), os.listdir('.'))"
    )
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] []"


def test_no_module_asks_which_family_it_is() -> None:
    for path in CORE:
        if "families" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert 'family == "' not in text, path


def test_nothing_is_unpickled_evaluated_or_swallowed() -> None:
    banned = ("torch.load(", "pickle.", "eval(", "exec(", "except:", "allow_pickle=True", "from utils")
    for path in [*CORE, *PAGES]:
        code = path.read_text(encoding="utf-8").replace(".eval()", "")
        assert not [word for word in banned if word in code], path


def test_no_test_module_imports_another() -> None:
    for path in sorted((PROJECT / "tests").rglob("*.py")):
        names = {name for name in imported(path) if name.split(".")[0] == "tests"}
        assert all(name.startswith("tests.helpers.") for name in names), path


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_finds_the_project_before_it_imports_it(path: Path) -> None:
    before, _, _ = path.read_text(encoding="utf-8").partition("\nsys.path.insert(")
    assert not re.search(r"^(from|import) (aigc_core|benchmarks|tests)\b", before, re.M)
