"""The door for the Text page: prompts, texts and what is inside a GPT, in plain values. torch is loaded when needed.

A beginning is {"prompt": text, "chosen": [token numbers after it]}. Knobs are those of
`aigc_core.families.base.TextRequest`. `step` None is the best checkpoint. Whatever a person can get wrong raises
`AigcError`.
"""

from typing import TYPE_CHECKING, Any

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.runs.listing import run_named
from aigc_core.serving import access, classroom, jobs

if TYPE_CHECKING:
    from aigc_core.common.progress import Look
    from aigc_core.families.base import TextRequest
    from aigc_core.inference.text.session import Beginning

KNOBS = ("max_new_tokens", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed")
WHOLE_KNOBS = {"max_new_tokens", "top_k", "seed"}
MOST_TOKENS = 2000  # written at once
MOST_CHOSEN = 100_000  # tokens


def describe(name: str, step: int | None) -> dict[str, Any]:
    """Size, context, vocabulary, languages and checkpoints of a model."""
    from aigc_core.inference.text import session

    return session.describe(run_named(name), step)


def spell(name: str, step: int | None, beginning: Any) -> list[dict[str, Any]]:
    """The tokens of a beginning, with the text that each adds."""
    from aigc_core.inference.text import session

    return session.spelled(run_named(name), step, _beginning(beginning))


# -- writing --------------------------------------------------------------------------------------------


def write(name: str, step: int | None, beginning: Any, knobs: Any, count: int, stop: str) -> str:
    """Start writing `count` texts; returns the job. `written` says how far they are, `studio.cancel` stops."""
    run, begun, request = run_named(name), _beginning(beginning), _request(knobs)

    def work(look: "Look") -> Any:
        from aigc_core.inference.text import session

        return session.write(run, step, begun, request, count, stop, look)

    return jobs.begin(work)


def written(job: str, seen: int) -> dict[str, Any]:
    """What has grown since `seen` tokens were read: {"state", "part", "from", "seen", "samples", "unknown", "cut",
    "error"}; `seen` is what to ask for next.

    Each sample: {"tokens", "texts", "chances"}, from token number `from` on. When the work is done, `from` is 0 and
    everything is there once more, because the end of a text may only then be spelled out.
    """
    now = jobs.state(job)
    shown = now["result"] or now["shown"]
    start = 0 if now["state"] == "done" else max(0, seen)
    answer = {"state": now["state"], "part": now["part"], "from": start, "seen": start, "samples": []}
    if shown is not None:
        end = shown.whole  # all that stands before it is there for certain, in every sample
        answer |= {"seen": max(start, end), "unknown": shown.unknown, "cut": shown.cut}
        answer["samples"] = [
            {"tokens": tokens[start:end], "texts": texts[start:end], "chances": chances[start:end]}
            for tokens, texts, chances in zip(shown.tokens, shown.texts, shown.chances, strict=True)
        ]
    return answer | {"error": now["error"]}


def alternatives(name: str, step: int | None, beginning: Any, knobs: Any, chosen: int | None) -> dict[str, Any]:
    """What could come next, before and after the knobs."""
    from aigc_core.inference.text import session

    return session.alternatives(run_named(name), step, _beginning(beginning), _request(knobs), chosen)


def history(name: str, beginning: Any, knobs: Any) -> str:
    """Start writing the same continuation with every checkpoint; returns the job."""
    run, begun, request = run_named(name), _beginning(beginning), _request(knobs)

    def work(look: "Look") -> Any:
        from aigc_core.inference.text import session

        return session.history(run, begun, request, look)

    return jobs.begin(work)


# -- looking at texts and into the model ----------------------------------------------------------------


def token_nll(name: str, step: int | None, text: str) -> dict[str, Any]:
    """How well the model foresees a text, token by token."""
    from aigc_core.inference.text import session

    return session.token_nll(run_named(name), step, text)


def copied(name: str, step: int | None, text: str) -> str:
    """Start looking for the longest passage that stands in the training text; returns the job.

    Raises:
        ClassError: the text is someone else's.
    """
    run = run_named(name)
    access.check_may_see_data(run)

    def work(look: "Look") -> Any:
        from aigc_core.inference.text import session

        return session.copied(run, step, text, look)

    return jobs.begin(work)


def attention(name: str, step: int | None, beginning: Any) -> dict[str, Any]:
    """Where each head looks: {"tokens", "layers", "heads", "weights": bytes (L · H · T · T)}."""
    from aigc_core.inference.text import session

    found = session.attention(run_named(name), step, _beginning(beginning))
    return found | {"weights": found["weights"].tobytes()}


def attention_numbers(name: str, step: int | None, beginning: Any, layer: int, head: int, at: int) -> dict[str, Any]:
    """The numbers of the attention formula for one token of one head."""
    from aigc_core.inference.text import session

    return session.attention_numbers(run_named(name), step, _beginning(beginning), layer, head, at)


def logit_lens(name: str, step: int | None, beginning: Any) -> dict[str, Any]:
    """What each layer would say next."""
    from aigc_core.inference.text import session

    return session.logit_lens(run_named(name), step, _beginning(beginning))


# -- fetching and taking away ---------------------------------------------------------------------------


def bring(source: str) -> str:
    """Start fetching a GPT-2 from the Hugging Face Hub, by its name there; returns the job, whose result is the
    run's name.

    Raises:
        ClassError: in a class only a teacher can.
    """
    classroom.check_teacher()

    def work(look: "Look") -> Any:
        from aigc_core.export import transformers_layout

        return transformers_layout.bring(source, lambda what, part: look(part, {"what": what})).name

    return jobs.begin(work, "fetch")


def saved(text: str, label: Any) -> dict[str, Any]:
    """A text as a file, with the notice that a machine wrote it: {"name", "type", "content"}."""
    from aigc_core.media import provenance

    return {"name": "text.txt", "type": "text/plain;charset=utf-8", "content": provenance.noted(text, label).encode()}


# -------------------------------------------------------------------------------------------------------


def _beginning(value: Any) -> "Beginning":
    from aigc_core.inference.text.session import Beginning

    value = value if isinstance(value, dict) else {}
    prompt, chosen = value.get("prompt", ""), value.get("chosen", [])
    whole = isinstance(chosen, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in chosen)
    if not isinstance(prompt, str) or not whole or len(chosen) > MOST_CHOSEN:
        raise DataError("writing.no_such_token", "A token that was chosen does not exist in this model; start anew.")
    return Beginning(prompt.encode("utf-8", "replace").decode(), tuple(chosen))


def _request(knobs: Any) -> "TextRequest":
    from aigc_core.families.base import TextRequest

    given = {key: value for key, value in (knobs if isinstance(knobs, dict) else {}).items() if key in KNOBS}
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**31:
            raise ConfigError("config.needs_float", "“{name}” needs a number, not “{given}”.", name=key, given=value)
    for key in WHOLE_KNOBS & given.keys():
        given[key] = int(given[key])
    precision = knobs.get("precision", "float32") if isinstance(knobs, dict) else "float32"
    request = TextRequest(**given, precision=str(precision)[:20])
    if request.max_new_tokens > MOST_TOKENS or request.seed < 0:
        raise ConfigError(
            "writing.knobs",
            "Up to {limit} tokens can be written at once, from a seed of at least 0.",
            limit=MOST_TOKENS,
        )
    return request
