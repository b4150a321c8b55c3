"""The page “Class”: what a student may do and has used; for a teacher all students and trainings, and lesson links."""

from typing import Any

from aigc_core.serving.api import classroom as classroom_api
from aigc_core.serving.api import forms, run_actions
from pages.server_functions import answering, text
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("classroom", [me, overview, stop, stop_all, resume_all, forget, sweep, lessons])


@answering
def me(values: dict[str, Any]) -> dict[str, Any]:
    return classroom_api.me()


@answering
def overview(values: dict[str, Any]) -> dict[str, Any]:
    return classroom_api.overview()


@answering
def stop(values: dict[str, Any]) -> bool:
    run_actions.ask(text(values, "run"), "stop")
    return True


@answering
def stop_all(values: dict[str, Any]) -> int:
    return classroom_api.stop_all()


@answering
def resume_all(values: dict[str, Any]) -> int:
    return classroom_api.resume_all()


@answering
def forget(values: dict[str, Any]) -> bool:
    classroom_api.forget(text(values, "name"))
    return True


@answering
def sweep(values: dict[str, Any]) -> list[str]:
    return classroom_api.sweep()


@answering
def lessons(values: dict[str, Any]) -> dict[str, Any]:
    """What a lesson link can say."""
    return {"families": forms.families(), "groups": forms.groups()}
