"""What goes wrong with a GPT, or with its text. Importable without torch."""

import statistics

from aigc_core.common.errors import message
from aigc_core.families.diagnosis import (
    YOUNG,
    Case,
    Finding,
    Rule,
    dead_start,
    learning_rate_high,
    learning_rate_low,
    percent,
    rounded,
    short_number,
)

NOTHING_MORE = 0.1  # of what frequencies alone need: less than that below it, the context is not used
NO_ORDER = 0.97  # of the same: what counting n-grams needs in a text without order
MUCH_DROPOUT = 0.6  # measured: at 0.5 a training of 300 steps is 0.1 nats behind, at 0.9 it learns frequencies
MUCH_DECAY = 0.5
SHORT_MEMORY = 100  # steps; measured: a pull that forgets in 50 costs 0.2 nats, in 250 nothing
FAR_ABOVE = 10  # times the usual learning rate
SHORT_CONTEXT = 16  # tokens
FEW_EACH = 30  # tokens of the training text for each of the vocabulary
REPEATED = 0.5  # part of the held-out text in passages of 200 characters


def _below_frequencies(case: Case) -> tuple[float, float] | None:
    """The held-out loss, and what frequencies alone need; None where they are not there yet."""
    loss, frequencies = case.last("loss"), case.last("frequencies_loss")
    if loss is None or frequencies is None or case.progress < YOUNG:
        return None
    return loss, frequencies


def _knows_only_frequencies(case: Case) -> bool:
    figures = _below_frequencies(case)
    return figures is not None and figures[0] > (1 - NOTHING_MORE) * figures[1]


def text_without_order(case: Case) -> Finding | None:
    """Counting which characters follow one another is no better than counting characters: nothing can be learned."""
    figures, gain = _below_frequencies(case), case.last("gain")
    if figures is None or gain is None:
        return None
    loss, frequencies = min(value for _, value in case.headline), figures[1]
    if gain + loss < NO_ORDER * frequencies:
        return None
    return Finding(
        "text-without-order", "serious", case.step,
        message(
            "doctor.text-without-order",
            "Counting which tokens follow one another needs {counted} nats a token, counting single tokens "
            "{frequencies}: in this text what stands before says nothing about what comes next.",
            counted=short_number(gain + loss), frequencies=short_number(frequencies),
        ),
        message(
            "doctor.text-without-order.advice",
            "Look at the text: it may be shuffled, encrypted or compressed. No setting helps.",
        ),
    )  # fmt: skip


def text_repeated(case: Case) -> Finding | None:
    """What is held out stands in the training text, in long passages: the figures say nothing of new text."""
    again = case.last("repeated_real")
    if again is None or again < REPEATED:
        return None
    return Finding(
        "text-repeated", "serious", case.step,
        message(
            "doctor.text-repeated",
            "{percent} % of the held-out text stands word for word in the training text, in passages of 200 characters "
            "or more: the text repeats itself, and its held-out part is not unseen.",
            percent=percent(again),
        ),
        message(
            "doctor.text-repeated.advice",
            "Take the repeats out of the text; until then, loss, perplexity and bits a byte are too good.",
        ),
    )  # fmt: skip


def dropout_high(case: Case) -> Finding | None:
    """So much is left out while training that little can be learned, and nothing was learned by heart."""
    figures, train = _below_frequencies(case), case.recent("loss")
    if figures is None or not train or case.config.dropout < MUCH_DROPOUT:
        return None
    loss, frequencies = figures
    if statistics.fmean(train) < loss and not _knows_only_frequencies(case):
        return None  # it may be what keeps a small text from being learned by heart
    return Finding(
        "dropout-high", "serious" if _knows_only_frequencies(case) else "warning", case.step,
        message(
            "doctor.dropout-high",
            "Dropout sets {percent} % of the activations to 0. The held-out loss is {loss}; knowing only how frequent "
            "each token is, it would be {frequencies}.",
            percent=percent(case.config.dropout), loss=short_number(loss), frequencies=short_number(frequencies),
        ),
        message("doctor.dropout-high.advice", "Set dropout to 0.1, or to 0 as long as nothing is learned by heart."),
        {"dropout": 0.1},
    )  # fmt: skip


def weight_decay_high(case: Case) -> Finding | None:
    """The pull to 0 lets weights forget within few steps (a time of 1 / (lr · decay) steps: Wang & Aitchison 2024, “How
    to set AdamW's weight decay as you scale model and dataset size”)."""
    pull = case.config.lr * case.config.weight_decay
    if case.progress < YOUNG or case.config.weight_decay < MUCH_DECAY:  # of less, the learning rate is the trouble
        return None
    if pull * SHORT_MEMORY <= 1 or case.step * pull < 2:
        return None
    return Finding(
        "weight-decay-high", "warning", case.step,
        message(
            "doctor.weight-decay-high",
            "With a weight decay of {decay} and a learning rate of {lr}, the weights forget within about {steps} of "
            "the {step} steps what they learned.",
            decay=case.config.weight_decay, lr=case.config.lr, steps=max(1, round(1 / pull)), step=case.step,
        ),
        message("doctor.weight-decay-high.advice", "Set the weight decay to 0.1."),
        {"weight_decay": 0.1},
    )  # fmt: skip


def vocabulary_large(case: Case) -> Finding | None:
    """Most tokens are too rare to be learned."""
    size = case.info.vocabulary if case.info else 0
    learned_here = case.config.tokenizer == "bpe" and not case.config.init_from
    if not learned_here or not size or case.progress < YOUNG or case.train_size >= FEW_EACH * size:
        return None
    return Finding(
        "vocabulary-large", "warning", case.step,
        message(
            "doctor.vocabulary-large",
            "The vocabulary has {size} tokens and the training text {tokens}: each stands there {times} times on "
            "average.",
            size=f"{size:,}", tokens=f"{case.train_size:,}", times=round(case.train_size / size),
        ),
        message(
            "doctor.vocabulary-large.advice",
            "Take a vocabulary of {wanted} tokens at most, or single characters, or much more text.",
            wanted=_vocabulary_for(case),
        ),
        {"vocabulary": _vocabulary_for(case)},
    )  # fmt: skip


def _vocabulary_for(case: Case) -> int:
    return max(300, int(rounded(case.train_size / (5 * FEW_EACH))))


def context_short(case: Case) -> Finding | None:
    """The network sees too little to know what it is in the middle of."""
    if case.progress < YOUNG or case.config.context >= SHORT_CONTEXT or case.config.init_from:
        return None
    return Finding(
        "context-short", "hint", case.step,
        message(
            "doctor.context-short",
            "The network sees {context} tokens at once and nothing before them.", context=case.config.context,
        ),
        message("doctor.context-short.advice", "Set the context to 64 or more; it takes little longer."),
        {"context": 64},
    )  # fmt: skip


def frequencies_only(case: Case) -> Finding | None:
    """After half of the training it foretells no better than who only knows how frequent each token is."""
    figures = _below_frequencies(case)
    if figures is None or not _knows_only_frequencies(case) or case.progress < 0.5 or case.config.init_from:
        return None
    if any(
        rule(case) for rule in (dropout_high, text_without_order, dead_start, learning_rate_low, learning_rate_high)
    ):
        return None  # which say why
    loss, frequencies = figures
    usual = type(case.config).model_fields["lr"].default
    far_above = case.config.lr > FAR_ABOVE * usual  # so far that the loss falls to this within few steps, and stays
    faster = {"lr": min(10.0, rounded(10 * case.config.lr))} if case.config.lr < usual else {}
    return Finding(
        "learning-rate-high" if far_above else "frequencies-only", "serious", case.step,
        message(
            "doctor.frequencies-only",
            "The held-out loss is {loss}; knowing only how frequent each token is, it would be {frequencies}. So what "
            "stands before a token is hardly used.",
            loss=short_number(loss), frequencies=short_number(frequencies),
        ),
        message(
            "doctor.frequencies-only.advice",
            "The learning rate ({lr}) may be far too low or too high: {usual} is a usual one. If it is right, train "
            "longer.",
            lr=case.config.lr, usual=usual,
        ),
        {"lr": usual} if case.config.lr > usual else faster,
    )  # fmt: skip


RULES = (
    Rule(text_without_order, explains=("learning-rate-low", "over-fitting", "too-little-data")),
    Rule(text_repeated, explains=("memorisation",)),
    Rule(dropout_high, explains=("over-fitting", "learning-rate-low", "too-little-data")),
    Rule(weight_decay_high),
    Rule(vocabulary_large, explains=("learning-rate-low",)),
    Rule(context_short),
    Rule(frequencies_only, explains=("over-fitting",)),
)
