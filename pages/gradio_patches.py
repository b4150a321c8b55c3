"""What Gradio does that the studio has no use for, left out: at the start, and all the time."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr


@contextmanager
def without_stubs() -> Iterator[None]:
    """Import Gradio without its writing a stub file for editors for every component, two fifths of the import's time.

    It passes over a class of which no source file is known; here that is so for each of its own.
    """
    with _patched(inspect, "getfile", _no_file_of_gradio(inspect.getfile)):
        yield


@contextmanager
def without_servers() -> Iterator[None]:
    """Build pages without Gradio's making a web server after each of them: `launch` makes the one that serves."""
    from gradio.routes import App

    with _patched(App, "create_app", staticmethod(lambda *given, **named: None)):
        yield


@contextmanager
def guarded(guard: type) -> Iterator[None]:
    """Launch with `guard` as the outermost middleware, where Gradio puts its own for CORS."""
    from gradio import routes

    with _patched(routes, "CustomCORSMiddleware", guard):
        yield


def poll_rarely(demo: "gr.Blocks") -> None:
    """Let Gradio's queue look for work as rarely as it does on Windows, instead of a thousand times a second, which
    takes a fifteenth of a core from whatever trains beside it."""
    demo._queue.sleep_when_free = 0.05
    demo._queue.progress_update_sleep_when_free = 0.1


def _no_file_of_gradio(getfile: Callable[..., str]) -> Callable[..., str]:
    def found(thing: object) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("not looked for")
        return getfile(thing)

    return found


@contextmanager
def _patched(owner: object, name: str, other: object) -> Iterator[None]:
    usual = inspect.getattr_static(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, usual)
