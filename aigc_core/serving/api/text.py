"""What the Text page asks of a run: prompts, texts and what is inside a GPT, in plain values. torch is loaded when
first needed.

A prefix is {"prompt": text, "chosen": [token numbers after it]}. Sampling parameters are those of
`aigc_core.families.causal_lm.TextRequest`. `step` None is the best checkpoint. Whatever a person can get wrong raises
`AigcError`.
"""

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.common.progress import ProgressCallback
from aigc_core.runs.listing import run_named
from aigc_core.serving import access, jobs
from aigc_core.serving.api import run_views
from aigc_core.serving.api.plain_values import File
from aigc_core.serving.classroom import users
from aigc_core.serving.lazy import LazyFunctions

if TYPE_CHECKING:
    from aigc_core.export import transformers_layout
    from aigc_core.families import causal_lm
    from aigc_core.inference.text import introspection, scoring, session
    from aigc_core.media import provenance
else:
    transformers_layout = LazyFunctions("aigc_core.export.transformers_layout")
    causal_lm = LazyFunctions("aigc_core.families.causal_lm")
    introspection = LazyFunctions("aigc_core.inference.text.introspection")
    scoring = LazyFunctions("aigc_core.inference.text.scoring")
    session = LazyFunctions("aigc_core.inference.text.session")
    provenance = LazyFunctions("aigc_core.media.provenance")

SAMPLING_PARAMS = ("max_new_tokens", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed")
WHOLE_NUMBERS = {"max_new_tokens", "top_k", "seed"}
MOST_TOKENS = 2000  # written at once
MOST_CHOSEN = 100_000  # tokens


# -- what comes from a page -------------------------------------------------------------------------------


def _prefix(value: object) -> "session.Prefix":
    value = value if isinstance(value, dict) else {}
    prompt, chosen = value.get("prompt", ""), value.get("chosen", [])
    whole = isinstance(chosen, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in chosen)
    if not isinstance(prompt, str) or not whole or len(chosen) > MOST_CHOSEN:
        raise DataError("writing.no_such_token", "A token that was chosen does not exist in this model; start anew.")
    return session.Prefix(prompt.encode("utf-8", "replace").decode(), tuple(chosen))


def _request(sampling_params: object) -> "causal_lm.TextRequest":
    params = sampling_params if isinstance(sampling_params, dict) else {}
    given = {key: value for key, value in params.items() if key in SAMPLING_PARAMS}
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**31:
            raise ConfigError("config.needs_float", "“{name}” needs a number, not “{given}”.", name=key, given=value)
    for key in WHOLE_NUMBERS & given.keys():
        given[key] = int(given[key])
    request = causal_lm.TextRequest(**given, precision=str(params.get("precision", "float32"))[:20])
    if request.max_new_tokens > MOST_TOKENS or request.seed < 0:
        raise ConfigError(
            "writing.knobs",
            "Up to {limit} tokens can be written at once, from a seed of at least 0.",
            limit=MOST_TOKENS,
        )
    return request


def models() -> list[dict[str, Any]]:
    """The models that write."""
    return run_views.models("continues_text")


# -- what is asked of any model, by anybody ----------------------------------------------------------------

describe = access.for_everybody(session.describe)
token_texts = access.for_everybody(session.token_texts, _prefix)
next_token_candidates = access.for_everybody(session.next_token_candidates, _prefix, _request)
token_nll = access.for_everybody(scoring.token_nll)
attention_numbers = access.for_everybody(introspection.attention_numbers, _prefix)
logit_lens = access.for_everybody(introspection.logit_lens, _prefix)


class Attention(TypedDict):
    """Where each head looks; `weights` are bytes of (L, H, T, T)."""

    tokens: list[str]
    layers: int
    heads: int
    weights: bytes


def attention_weights(name: str, step: int | None, prefix: object) -> Attention:
    """Where each head looks while the model reads a prefix."""
    found = introspection.attention_weights(run_named(name), step, _prefix(prefix))
    return {**found, "weights": found["weights"].tobytes()}


# -- writing ----------------------------------------------------------------------------------------------


def generate(name: str, step: int | None, prefix: object, sampling_params: object, count: int, stop: str) -> str:
    """Start writing `count` texts; returns the job. `written` says how far they are."""
    run, begun, request = run_named(name), _prefix(prefix), _request(sampling_params)
    return jobs.start(lambda progress: session.generate(run, step, begun, request, count, stop, progress))


def generated(job: str, seen: int) -> dict[str, Any]:
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
            {"tokens": tokens[start:end], "texts": texts[start:end], "chances": probs[start:end]}
            for tokens, texts, probs in zip(shown.tokens, shown.texts, shown.probs, strict=True)
        ]
    return answer | {"error": now["error"]}


def generate_at_checkpoints(name: str, prefix: object, sampling_params: object) -> str:
    """Start writing the same continuation with every checkpoint; returns the job."""
    run, begun, request = run_named(name), _prefix(prefix), _request(sampling_params)
    return jobs.start(lambda progress: session.generate_at_checkpoints(run, begun, request, progress))


# -- the training text ------------------------------------------------------------------------------------


def longest_copy(name: str, step: int | None, text: str) -> str:
    """Start looking for the longest passage that stands in the training text; returns the job.

    Raises:
        ClassError: the text is someone else's.
    """
    run = run_named(name)
    access.check_may_see_data(run)
    return jobs.start(lambda progress: scoring.longest_copy(run, step, text, progress))


# -- fetching and taking away ---------------------------------------------------------------------------


def import_model(source: str) -> str:
    """Start fetching a GPT-2 from the Hugging Face Hub, by its name there; returns the job, whose result is the
    run's name.

    Raises:
        ClassError: in a class only a teacher can.
    """
    users.check_teacher()

    def work(progress: ProgressCallback) -> str:
        return transformers_layout.import_model(source, lambda part, what: progress(part, {"what": what})).name

    return jobs.start(work, "fetch")


def text_file(text: str, label: Literal["en", "zh"] | None) -> File:
    """A text as a file, with the notice that a machine wrote it."""
    return {"name": "text.txt", "type": "text/plain;charset=utf-8", "content": provenance.noted(text, label).encode()}
