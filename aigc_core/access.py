"""Who may see what of a run. Asked by every function that answers a page; nothing else decides it.

Outside a class whoever reaches the port may see everything. In a class:

    samples   what a model makes, its curves and figures: everybody
    data      what it learned from (passages, pictures, the run as a whole): the owner and teachers, unless it is public
    classes   the names of the data's classes: likewise, and everybody where a teacher trained it
    place     where data lies on the machine: the owner and teachers
"""

from pathlib import Path
from typing import Any

from aigc_core import classroom
from aigc_core.data.sources import SOURCES
from aigc_core.errors import AigcError, ClassError, message, without_places
from aigc_core.run import Run

PLACES = ("data_path", "init_from")  # settings that may name one
ABOUT_DATA = "data."  # how the keys of sentences about data begin


def may_see_place(run: Run) -> bool:
    return classroom.owns(run.owner)


def may_see_data(run: Run) -> bool:
    return _is_public(run) or classroom.owns(run.owner)


def check_may_see_data(run: Run) -> None:
    """Raises: ClassError: somebody else's own data."""
    if not may_see_data(run):
        raise ClassError(
            "class.not_your_data",
            "What {run} learned from belongs to someone else, so it cannot be shown; train on data of your own.",
            run=run.name,
        )


def class_names(run: Run, names: list[str]) -> list[str]:
    """The names of a run's classes, or numbers instead."""
    if may_see_data(run) or not run.owner:
        return names
    return [str(number) for number in range(1, len(names) + 1)]


def settings(run: Run, values: dict[str, Any]) -> dict[str, Any]:
    """A run's settings without places that who asks may not see."""
    return values if may_see_place(run) else _settings_for_everybody(values)


def _settings_for_everybody(values: dict[str, Any]) -> dict[str, Any]:
    return {key: "" if key in PLACES and _is_place(value) else value for key, value in values.items()}


def sentence(run: Run, said: dict[str, Any] | None, stranger: bool = False) -> dict[str, Any] | None:
    """What a run says of itself, without places and without what stands in somebody's data.

    Args:
        stranger: for whoever reaches the wall, signed in or not.
    """
    if said is None or (may_see_place(run) and not stranger):
        return said
    if said["key"].startswith(ABOUT_DATA) and not _is_public(run):
        return message("run.about_data", "Something is to be said about its data; its owner can see what.")
    return without_places(said)


def events(run: Run, happened: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A run's events likewise."""
    return happened if may_see_place(run) else for_everybody(run, happened)


def for_everybody(run: Run, happened: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events as whoever holds a copy of the run may see them."""
    return [_event(run, one) for one in happened]


def _event(run: Run, event: dict[str, Any]) -> dict[str, Any]:
    if event["kind"] in ("note", "finding"):
        said = sentence(run, {key: event[key] for key in ("key", "text", "values")}, stranger=True)
        return event | (said or {})
    if event["kind"] == "set":
        return event | {"changes": _settings_for_everybody(event["changes"])}
    return event


def _is_public(run: Run) -> bool:
    """Whether it learned from data that everybody has, and from nothing else."""
    try:
        config = run.made()["config"]
    except AigcError:
        return False
    source = SOURCES.get(config["data"])
    return run.shipped or (source is not None and source.origin != "yours" and not config.get("data_path"))


def _is_place(value: Any) -> bool:
    """Whether a setting names a place on the machine, and no run or model of the Hub."""
    text = str(value)
    if "\\" in text or text.startswith((".", "~", "/")):
        return True
    return "/" in text and (text.count("/") > 1 or Path(text).exists())
