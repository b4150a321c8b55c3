"""What of a run anybody may see: no place on the machine, and nothing of somebody's own data."""

import re
from pathlib import Path
from typing import Any

from aigc_core.common.errors import AigcError, message, without_places
from aigc_core.data.sources import SOURCES
from aigc_core.runs.run import Run

MODEL_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)  # of a model on the Hub; no path has this form
PLACES = ("data_path", "init_from")  # settings that may name one
ABOUT_DATA = "data."  # how the keys of sentences about data begin


def public_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Settings without places."""
    return {key: "" if key in PLACES and _is_place(value) else value for key, value in values.items()}


def public_sentence(run: Run, said: dict[str, Any]) -> dict[str, Any]:
    """What a run says of itself, without places and without what stands in somebody's data."""
    if said["key"].startswith(ABOUT_DATA) and not is_public(run):
        return message("run.about_data", "Something is to be said about its data; its owner can see what.")
    return without_places(said)


def public_events(run: Run, happened: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events as whoever holds a copy of the run may see them."""
    return [_event(run, one) for one in happened]


def _event(run: Run, event: dict[str, Any]) -> dict[str, Any]:
    if event["kind"] in ("note", "finding"):
        return event | public_sentence(run, {key: event[key] for key in ("key", "text", "values")})
    if event["kind"] == "set":
        return event | {"changes": public_settings(event["changes"])}
    return event


def is_public(run: Run) -> bool:
    """Whether it learned from data that everybody has, and from nothing else."""
    try:
        config = run.manifest.read()["config"]
    except AigcError:
        return False
    source = SOURCES.get(config["data"])
    return run.shipped or (source is not None and source.origin != "yours" and not config.get("data_path"))


def _is_place(value: object) -> bool:
    """Whether a setting names a place on the machine, and no run or model of the Hub."""
    text = str(value)
    if "\\" in text or text.startswith((".", "~", "/")):
        return True
    return "/" in text and (text.count("/") > 1 or Path(text).exists())
