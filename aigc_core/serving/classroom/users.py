"""Who asks, and what belongs to whom. Without `$AIGC_CLASS` everybody may do everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from aigc_core.common.class_rules import SWITCH, Rules, rules
from aigc_core.common.errors import ClassError
from aigc_core.runs.run import Run


@dataclass(frozen=True)
class User:
    """Someone who has joined."""

    name: str
    teacher: bool = False


_current_user: ContextVar[User | None] = ContextVar("_present", default=None)


def current_user() -> User | None:
    """Who asks for what is being done now; None outside a class, and for whoever has not joined."""
    return _current_user.get()


@contextmanager
def acting_as(user: User | None) -> Iterator[None]:
    """What happens within is asked for by this person."""
    token = _current_user.set(user)
    try:
        yield
    finally:
        _current_user.reset(token)


def may_change(run: Run) -> bool:
    """Whether who asks may stop, steer, pin and delete this run."""
    return not run.shipped and owns(run.manifest.owner)


def owns(owner: str) -> bool:
    """Whether what belongs to `owner` is at the disposal of who asks; outside a class everything is."""
    if rules() is None:
        return True
    user = current_user()
    return user is not None and (user.teacher or (owner != "" and owner == user.name))


def check_may_change(run: Run) -> None:
    """Raises: ClassError: someone else's run. RunError: one that came with the program."""
    if not owns(run.manifest.owner):
        raise ClassError(
            "class.not_yours", "{run} is not yours: you can look at it, and train one like it.", run=run.name
        )
    run.check_own()


def may_teach() -> bool:
    """Whether who asks may do what in a class only a teacher can; outside one everybody may."""
    user = current_user()
    return rules() is None or (user is not None and user.teacher)


def check_teacher() -> None:
    """Raises: ClassError: this is a class, and who asks is no teacher of it."""
    if not may_teach():
        raise ClassError("class.teachers_only", "In this class only a teacher can do this.")


def required_rules() -> Rules:
    """The rules of the class.

    Raises:
        ClassError: there is none.
    """
    allowed = rules()
    if allowed is None:
        raise ClassError("class.none", "This machine holds no class; it is started with {switch}=1.", switch=SWITCH)
    return allowed
