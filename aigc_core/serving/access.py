"""Who may see what of a run. Asked by every function that answers a page; nothing else decides it.

Outside a class whoever reaches the port may see everything. In a class:

    samples   what a model makes, its curves and figures: everybody
    data      what it learned from (passages, pictures, the run as a whole): the owner and teachers, unless it is public
    classes   the names of the data's classes: likewise, and everybody where a teacher trained it
    place     where data lies on the machine: the owner and teachers
"""

from collections.abc import Callable
from typing import Any, TypeVar

from aigc_core.common.errors import ClassError
from aigc_core.runs.listing import run_named
from aigc_core.runs.public_view import is_public, public_events, public_sentence, public_settings
from aigc_core.runs.run import Run
from aigc_core.serving.classroom import users

Answer = TypeVar("Answer")


def for_everybody(question: Callable[..., Answer], *parsers: Callable[[object], object]) -> Callable[..., Answer]:
    """A question to a model that anybody may ask of any run, because the answer shows only what the model makes.

    Args:
        question: called with a run, a step and more.
        parsers: of what stands after the step, in its order; what has none is passed on as it comes.

    Returns:
        The same, to be called with the run's name and what a page has sent.
    """

    def ask(name: str, step: int | None, *given: object) -> Answer:
        run, rest = run_named(name), given[len(parsers) :]
        return question(run, step, *(parse(one) for parse, one in zip(parsers, given, strict=False)), *rest)

    return ask


def may_see_place(run: Run) -> bool:
    return users.owns(run.manifest.owner)


def may_see_data(run: Run) -> bool:
    return is_public(run) or users.owns(run.manifest.owner)


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
    if may_see_data(run) or not run.manifest.owner:
        return names
    return [str(number) for number in range(1, len(names) + 1)]


def settings(run: Run, values: dict[str, Any]) -> dict[str, Any]:
    """A run's settings without places that who asks may not see."""
    return values if may_see_place(run) else public_settings(values)


def sentence(run: Run, said: dict[str, Any] | None, stranger: bool = False) -> dict[str, Any] | None:
    """What a run says of itself, without places and without what stands in somebody's data.

    Args:
        stranger: for whoever reaches the wall, signed in or not.
    """
    if said is None or (may_see_place(run) and not stranger):
        return said
    return public_sentence(run, said)


def events(run: Run, happened: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A run's events likewise."""
    return happened if may_see_place(run) else public_events(run, happened)
