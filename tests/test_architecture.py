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
    "common", "data", "media", "metrics", "families", "locale", "runs", "inference", "training", "evaluation",
    "export", "demos", "serving", "cli",
)  # fmt: skip


def loaded_by_name(path: Path) -> Iterator[str]:
    """Modules of the core that a file names in a text, as `importlib` takes them; docstrings do not count, and neither
    does `module:name`, by which code is shown."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield from re.findall(r"^aigc_core\.[a-z_.]+$", node.value)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in CORE}


def arrows() -> set[tuple[str, str]]:
    """(module, module that it needs), of lazy imports and those by name, too."""
    found = set()
    for module, path in MODULES.items():
        for name in [*imported(path), *loaded_by_name(path)]:
            needed = name if name in MODULES else name.rpartition(".")[0]
            if needed in MODULES and needed != module:
                found.add((module, needed))
    return found


def floor(module: str) -> int:
    """How high a module lies; the package itself and `__main__` lie on top."""
    package = module.split(".")[1] if "." in module else ""
    return FLOORS.index(package) if package in FLOORS else len(FLOORS)


def test_imports_only_go_down() -> None:
    assert not [(above, below) for above, below in arrows() if floor(above) < floor(below)]
    packages = {one.name for one in (PROJECT / "aigc_core").iterdir() if (one / "__init__.py").exists()}
    assert packages | {"cli"} == set(FLOORS)


def test_no_module_needs_itself_by_way_of_others() -> None:
    needs: dict[str, set[str]] = {module: set() for module in MODULES}
    for above, below in arrows():
        needs[above].add(below)
    free: set[str] = set()
    while ready := {module for module, below in needs.items() if module not in free and below <= free}:
        free |= ready
    assert not sorted(set(MODULES) - free)


def test_every_package_says_what_it_holds() -> None:
    for path in CORE:
        if path.name == "__init__.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            assert ast.get_docstring(tree), path


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
    families = {"gan", "vae", "gpt"}
    for path in [*CORE, *PAGES]:
        if {"families", "demos"} & set(path.parts):  # demos show particular ones
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare | ast.MatchValue):
                named = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
                assert not named & families, (path, node.lineno)


def test_only_runs_touch_the_files_of_a_run() -> None:
    touched = re.compile(
        r"\brun\.path /|run\.additions\b|\"(events|control)\.jsonl\"|\"(facts|status|judgement)\.json\""
    )
    for path in [*CORE, *PAGES]:
        if not {"runs", "families"} & set(path.parts):  # a GPT tells a run from a folder of `transformers`
            found = [line for line in path.read_text(encoding="utf-8").splitlines() if touched.search(line)]
            assert not found, path


def test_nothing_is_unpickled_evaluated_or_swallowed() -> None:
    banned = ("torch.load(", "pickle.", "eval(", "exec(", "except:", "allow_pickle=True", "from utils")
    for path in [*CORE, *PAGES]:
        code = path.read_text(encoding="utf-8").replace(".eval()", "")
        assert not [word for word in banned if word in code], path


def test_no_test_module_imports_another() -> None:
    for path in sorted((PROJECT / "tests").rglob("*.py")):
        names = {name for name in imported(path) if name.split(".")[0] == "tests"}
        assert all(name.startswith("tests.helpers.") for name in names), path
