"""The Text page: a prompt becomes text, token by token, and one may look inside."""

from aigc_core.serving.api import text as text_api
from pages.server_functions import (
    RUN,
    STEP,
    anything,
    cancel,
    job,
    language,
    natural,
    query,
    sample,
    table,
    text,
    whole,
)
from pages.widget import widget

PREFIX, SAMPLING_PARAMS, TEXT = anything("beginning"), anything("knobs"), text("text")

FUNCTIONS = table(
    runs=query(text_api.models),
    sample=sample,
    describe=query(text_api.describe, RUN, STEP),
    spell=query(text_api.token_texts, RUN, STEP, PREFIX),
    write=query(text_api.generate, RUN, STEP, PREFIX, SAMPLING_PARAMS, whole("count", 1), text("stop", 20)),
    written=query(text_api.generated, text("job"), whole("seen", 0)),
    alternatives=query(text_api.next_token_candidates, RUN, STEP, PREFIX, SAMPLING_PARAMS, natural("chosen")),
    history=query(text_api.generate_at_checkpoints, RUN, PREFIX, SAMPLING_PARAMS),
    surprise=query(text_api.token_nll, RUN, STEP, TEXT),
    copied=query(text_api.longest_copy, RUN, STEP, TEXT),
    attention=query(text_api.attention_weights, RUN, STEP, PREFIX),
    attention_numbers=query(
        text_api.attention_numbers, RUN, STEP, PREFIX, whole("layer", -1), whole("head", -1), whole("at", -1)
    ),
    lens=query(text_api.logit_lens, RUN, STEP, PREFIX),
    bring=query(text_api.import_model, text("source")),
    saved=query(text_api.text_file, TEXT, language),
    job=job,
    cancel=cancel,
)


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("text", list(FUNCTIONS.values()))
