"""The Text page: a prompt becomes text, token by token, and one may look inside."""

from typing import Any

from aigc_core.serving.api import run_views
from aigc_core.serving.api import text as text_api
from pages.server_functions import answering, cancel, job, language, sample, serializable, text, which, whole
from pages.widget import widget


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget(
        "text",
        [
            runs, sample, describe, spell, write, written, alternatives, history, surprise, copied, attention,
            attention_numbers, lens, bring, saved, job, cancel,
        ],
    )  # fmt: skip


# -- what the page asks: each takes one JSON object ---------------------------------------------------------


@answering
def runs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return run_views.models("text")


@answering
def describe(values: dict[str, Any]) -> dict[str, Any]:
    return text_api.describe(*which(values))


@answering
def spell(values: dict[str, Any]) -> Any:
    return text_api.spell(*which(values), values.get("beginning"))


@answering
def write(values: dict[str, Any]) -> str:
    count, stop = whole(values.get("count"), 1), text(values, "stop")[:20]
    return text_api.write(*which(values), values.get("beginning"), values.get("knobs"), count, stop)


@answering
def written(values: dict[str, Any]) -> dict[str, Any]:
    return text_api.written(text(values, "job"), whole(values.get("seen"), 0))


@answering
def alternatives(values: dict[str, Any]) -> dict[str, Any]:
    chosen = whole(values.get("chosen"), -1)
    return text_api.alternatives(
        *which(values), values.get("beginning"), values.get("knobs"), chosen if chosen >= 0 else None
    )


@answering
def history(values: dict[str, Any]) -> str:
    return text_api.history(text(values, "run"), values.get("beginning"), values.get("knobs"))


@answering
def surprise(values: dict[str, Any]) -> dict[str, Any]:
    return text_api.token_nll(*which(values), text(values, "text"))


@answering
def copied(values: dict[str, Any]) -> str:
    return text_api.copied(*which(values), text(values, "text"))


@answering
def attention(values: dict[str, Any]) -> Any:
    return serializable(text_api.attention(*which(values), values.get("beginning")))


@answering
def attention_numbers(values: dict[str, Any]) -> dict[str, Any]:
    layer, head, at = (whole(values.get(key), -1) for key in ("layer", "head", "at"))
    return text_api.attention_numbers(*which(values), values.get("beginning"), layer, head, at)


@answering
def lens(values: dict[str, Any]) -> dict[str, Any]:
    return text_api.logit_lens(*which(values), values.get("beginning"))


@answering
def bring(values: dict[str, Any]) -> str:
    return text_api.bring(text(values, "source"))


@answering
def saved(values: dict[str, Any]) -> Any:
    return serializable(text_api.saved(text(values, "text"), language(values)))
