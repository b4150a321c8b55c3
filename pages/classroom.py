"""The page “Class”: what a student may do and has used; for a teacher all students and trainings, and lesson links."""

from typing import Any

from aigc_core.serving import api
from aigc_core.serving.api import people as door
from pages.answers import answering, text
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("classroom", [me, overview, stop, stop_all, resume_all, forget, sweep, lessons])


@answering
def me(values: dict[str, Any]) -> dict[str, Any]:
    return door.me()


@answering
def overview(values: dict[str, Any]) -> dict[str, Any]:
    return door.overview()


@answering
def stop(values: dict[str, Any]) -> bool:
    api.ask(text(values, "run"), "stop")
    return True


@answering
def stop_all(values: dict[str, Any]) -> int:
    return door.stop_all()


@answering
def resume_all(values: dict[str, Any]) -> int:
    return door.resume_all()


@answering
def forget(values: dict[str, Any]) -> bool:
    door.forget(text(values, "name"))
    return True


@answering
def sweep(values: dict[str, Any]) -> list[str]:
    return door.sweep()


@answering
def lessons(values: dict[str, Any]) -> dict[str, Any]:
    """What a lesson link can say."""
    return {"families": api.families(), "groups": api.groups()}
