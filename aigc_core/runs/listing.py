"""Runs by name: those of the person, and the models that came with the program."""

from collections.abc import Iterator
from pathlib import Path

from aigc_core.common import paths
from aigc_core.common.errors import RunError
from aigc_core.runs.run import Run

NOT_IN_NAMES = "/\\<>:\"'|?*&%#`$"  # what systems, addresses and pages take for something else
LONGEST_NAME = 200  # bytes; a system takes 255, and files that come into being have longer ones


def is_name(name: str) -> bool:
    """Whether a folder of this name is shown as a run, and pages may ask for it; nothing that could be a path."""
    return (
        name.isprintable()
        and name == name.strip().rstrip(".")
        and not name.startswith((".", "-"))
        and not any(one in NOT_IN_NAMES for one in name)
        and 0 < len(name.encode()) <= LONGEST_NAME
    )


def check_name(name: str) -> None:
    """Raises: RunError: a run in a folder of this name would be shown nowhere."""
    if not is_name(name):
        raise RunError(
            "run.bad_name",
            "“{name}” cannot be the name of a run: at most {most} bytes, none of {others} in it, and neither a dot or "
            "dash before it nor a dot or blank behind.",
            name=name[:80],
            most=LONGEST_NAME,
            others=" ".join(NOT_IN_NAMES),
        )


def list_runs() -> list[Run]:
    """All runs, the newest first, then the models that came with the program."""
    return [*_runs_in(paths.runs_root(), newest_first=True), *_runs_in(paths.shipped_root(), newest_first=False)]


def open_run(reference: str | Path) -> Run:
    """The run in a directory, or the one whose name contains `reference`: yours before those that came along.

    Raises:
        RunError: none, or several.
    """
    path = paths.absolute(reference)
    if (path / "config.json").is_file():
        return Run(path)
    found = [run for run in list_runs() if str(reference) in run.name]
    exact = [run for run in found if run.name == str(reference)]
    found = [run for run in found if not run.shipped] or found
    if len(found) == 1 or exact:
        return (exact or found)[0]
    if found:
        raise RunError(
            "run.ambiguous",
            "“{name}” could be {count} runs: {found}; write more of the name.",
            name=reference,
            count=len(found),
            found=", ".join(run.name for run in found[:5]),
        )
    raise RunError("run.not_found", "There is no run “{name}”; “python -m aigc_core runs” lists them.", name=reference)


def run_named(name: str) -> Run:
    """The run of exactly this name. For names that come from a page: never taken as a path.

    Raises:
        RunError: there is none.
    """
    if is_name(name):
        for root in (paths.runs_root(), paths.shipped_root()):
            if (root / name / "config.json").is_file():
                return Run(root / name)
    raise RunError("run.gone", "There is no run “{name}” any more.", name=name[:80])


def misnamed() -> list[str]:
    """Folders of the person's that would be runs, were it not for their names; the program's own begin with a dot."""
    root = paths.runs_root()
    if not root.is_dir():
        return []
    found = (one for one in root.iterdir() if not one.name.startswith(".") and not is_name(one.name))
    return sorted(one.name for one in found if (one / "config.json").is_file())


def _runs_in(root: Path, newest_first: bool) -> Iterator[Run]:
    if not root.is_dir():
        return
    for path in sorted(root.iterdir(), reverse=newest_first):
        if is_name(path.name) and (path / "config.json").is_file():
            yield Run(path)
