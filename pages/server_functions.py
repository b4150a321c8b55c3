"""Server functions for our widgets: one JSON argument in, {"ok", "value"} or {"ok", "error"} out."""

import base64
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from aigc_core.common.errors import AigcError, disk_in_words
from aigc_core.serving.api import run_actions, run_views

log = logging.getLogger(__name__)


def answering(function: Callable[[dict[str, Any]], Any]) -> Callable[[Any], dict[str, Any]]:
    """Turn what a person can cause into a sentence, and anything else into a line in our log."""

    @wraps(function)
    def answer(values: Any = None) -> dict[str, Any]:
        try:
            with disk_in_words():
                return {"ok": True, "value": function(values if isinstance(values, dict) else {})}
        except AigcError as error:
            return {"ok": False, "error": error.message}
        except Exception:  # a defect of ours: the page gets a sentence, the log the details
            log.exception("%s failed", function.__name__)
            return {
                "ok": False,
                "error": {
                    "key": "unexpected",
                    "text": "Something went wrong in the program itself; its log says more.",
                    "values": {},
                },
            }

    return answer


def which(values: dict[str, Any]) -> tuple[str, int | None]:
    """The run and the checkpoint that a request is about; None is the best one."""
    step = whole(values.get("step"), -1)
    return text(values, "run"), step if step >= 0 else None


def whole(value: Any, otherwise: int) -> int:
    """A whole number of a request, or what counts instead of anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31 else otherwise


def number(value: Any, otherwise: float) -> float:
    """Likewise any number."""
    return float(value) if isinstance(value, int | float) and abs(value) < 1e9 else otherwise


def language(values: dict[str, Any]) -> Any:
    """The language of the label that is asked for: "en", "zh", or None for no label."""
    return text(values, "label") if text(values, "label") in ("en", "zh") else None


def serializable(value: Any) -> Any:
    """Bytes as base64, wherever they are."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: serializable(one) for key, one in value.items()}
    return value


def text(values: dict[str, Any], name: str) -> str:
    """A text among the values of a request, without what no file can hold; anything else counts as empty."""
    value = values.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


@answering
def runs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return run_views.runs()


@answering
def describe(values: dict[str, Any]) -> dict[str, Any]:
    return run_views.describe(text(values, "run"))


@answering
def follow(values: dict[str, Any]) -> dict[str, Any]:
    return run_views.follow(text(values, "run"), text(values, "cursor"))


@answering
def sample(values: dict[str, Any]) -> dict[str, str]:
    file = text(values, "file")
    content = run_views.sample_file(text(values, "run"), file)
    if file.endswith(".txt"):
        return {"kind": "text", "content": content.decode("utf-8", errors="replace")}
    return {"kind": "picture", "content": "data:image/png;base64," + base64.b64encode(content).decode()}


@answering
def ask(values: dict[str, Any]) -> bool:
    changes = values.get("changes")
    what: Any = text(values, "what")
    run_actions.ask(text(values, "run"), what, changes if isinstance(changes, dict) else {})
    return True


@answering
def examine(values: dict[str, Any]) -> dict[str, Any]:
    per_kwh, per_hour = (max(0.0, number(values.get(name), 0.0)) for name in ("per_kwh", "per_hour"))
    return run_views.examine(text(values, "run"), per_kwh, per_hour)


@answering
def again(values: dict[str, Any]) -> str:
    changes = values.get("changes")
    return run_actions.again(text(values, "run"), changes if isinstance(changes, dict) else {})


@answering
def pin(values: dict[str, Any]) -> bool:
    run_actions.pin(text(values, "run"), values.get("keep") is True)
    return True


@answering
def remove(values: dict[str, Any]) -> bool:
    run_actions.delete(text(values, "run"))
    return True


@answering
def job(values: dict[str, Any]) -> Any:
    return serializable(run_views.job(text(values, "job")))


@answering
def cancel(values: dict[str, Any]) -> bool:
    run_views.cancel(text(values, "job"))
    return True
