"""Is this enough text? What can be said of a text within a second or two, before minutes are spent on it. No torch."""

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np

from aigc_core.common.errors import DataError, message
from aigc_core.data.ngram_model import character_loss
from aigc_core.data.settings import DataSettings, TextSettings
from aigc_core.data.sources import Note, Text
from aigc_core.data.split import split_text
from aigc_core.data.text import cleaned, excerpts
from aigc_core.data.tokenizer import Tokenizer, code_points

# Characters, repeats not counted. Measured with the smallest network on plays (loss on the same unseen 15,000): after
# 2,000 characters it was best within 50 steps, at 3.07, and from then on only learned by heart; after 50,000 it had
# 2.54 in 500 steps, and one that went on from Python's help had about as much (2.58) after 10,000.
LEAST = 2_000
ENOUGH = 50_000  # from nothing
ENOUGH_TO_TUNE = 10_000
# Muennighoff et al. 2023, “Scaling data-constrained language models”: 4 readings are nearly as good as new text,
# each further one is worth less, and beyond about 40 nothing more is gained.
MOST_EPOCHS = 50
MOST_REPEATED = 0.3  # measured: plays 4 %, tunes 12 %, Python's help 23 %; a text pasted twice 50 %
MOST_UNKNOWN = 0.2  # as in `tensors`, where training refuses

LOOKED_AT = 10_000_000  # characters; of longer texts a part is taken
TOKENIZED = 100_000
SHORTEST_LINE = 10  # characters; shorter ones recur in any text
PASSAGE = 200  # characters, about the 50 tokens of Lee et al. 2021, “Deduplicating training data makes … better”


@dataclass
class TextReport:
    """What was found. Shares are parts of 1.

    `shares`: of ``chinese``, ``latin`` and ``other`` letters and of ``signs`` (digits, punctuation) in what is no
    space. `repeated`: the part of the text in lines, paragraphs or long passages that stand in it earlier;
    `repeated_documents`: the part of the documents, before they are cleaned. `unknown`: the part in characters that
    the model to go on from lacks. `epochs`: how often the training will read the text; None if it is to last some
    minutes. `loss`: nats a character that counting needs for the held-out part, None if that is too short;
    `token_loss`: the same a token, as the training's curve has it.
    """

    characters: int
    tokens: int
    looked_at: int  # characters
    shares: dict[str, float]
    distinct: int
    repeated: float
    repeated_documents: float
    unknown: float
    epochs: float | None
    loss: float | None
    token_loss: float | None
    verdict: Literal["far_too_little", "little", "enough"] = "enough"
    advice: list[Note] = field(default_factory=list)

    @property
    def usable(self) -> float:
        """Characters that teach something."""
        return self.characters * (1 - self.repeated) * (1 - self.unknown)


def judge_text(documents: list[str], settings: DataSettings, known: Tokenizer | None = None) -> TextReport:
    """Look at a text as a training with these settings would read it.

    Args:
        documents: as a source of text hands them over.
        settings: of a family that writes.
        known: the tokenizer of the model to go on from, if it is on this machine.

    Raises:
        DataError: the text is empty, or cannot be split.
    """
    config = cast(TextSettings, settings)  # whatever goes with a source of text has them
    part = _part(documents, LOOKED_AT)
    kept = cleaned(Text(part)).documents if config.clean else [one for one in part if one]
    if not kept:
        raise DataError("data.empty_text", "The text is empty; choose another one.")
    train, held = split_text(kept, config.validation, config.seed)
    text = train + held
    scale = sum(map(len, documents)) / sum(map(len, part))

    codes = code_points(text)
    counts = np.bincount(codes)
    present = np.flatnonzero(counts)
    strange = known.unknown_in("".join(map(chr, present))) if known else []
    a_character = _tokens_a_character(train, config, known)
    learned, checked = scale * len(train) * a_character, scale * len(held) * a_character
    loss = character_loss(train, held, present)
    report = TextReport(
        characters=round(scale * len(text)),
        tokens=round(learned + checked),
        looked_at=len(text),
        shares=_shares(counts, present),
        distinct=len(present),
        repeated=_repeated(text, codes),
        repeated_documents=1 - len(set(documents)) / len(documents),
        unknown=sum(int(counts[ord(one)]) for one in strange) / len(text),
        epochs=None if config.minutes else config.steps * config.batch_size * config.context / max(learned, 1.0),
        loss=loss,
        token_loss=None if loss is None else loss / a_character,
    )
    _conclude(report, config, min(learned, checked), "".join(strange))
    return report


# -- the conclusion -------------------------------------------------------------------------------------


def _conclude(report: TextReport, config: TextSettings, shorter_part: float, strange: str) -> None:
    """Fill in the verdict and the advice, the weightiest first.

    Args:
        shorter_part: tokens of the training or the held-out part.
        strange: the characters that the model to go on from lacks.
    """
    enough = ENOUGH_TO_TUNE if config.init_from else ENOUGH
    too_short = shorter_part < config.context + 1
    too_often = report.epochs is not None and report.epochs > MOST_EPOCHS
    if too_short or report.usable < LEAST or report.unknown > MOST_UNKNOWN:
        report.verdict = "far_too_little"
    elif too_often or report.usable < enough or report.repeated > MOST_REPEATED:
        report.verdict = "little"

    advice = report.advice
    if too_short:
        advice.append(_too_short(report, config))
    if strange:
        advice.append(
            message(
                "judge.unknown",
                "“{model}” does not know {percent} % of the text (such as “{characters}”) and skips that; from "
                "{limit} % on the training refuses.",
                model=config.init_from,
                percent=_percent(report.unknown),
                characters=strange[:20],
                limit=_percent(MOST_UNKNOWN),
            )
        )
    if report.repeated > MOST_REPEATED:
        advice.append(
            message(
                "judge.repeated",
                "{percent} % of the text is a repeat of what stands before. Take that out: it is learned by heart, and "
                "where it is held out as well, the measured loss is too low.",
                percent=_percent(report.repeated),
            )
        )
    if report.usable < enough:
        advice.append(_too_little(report, config, enough))
    if too_often and report.usable >= LEAST:
        advice.append(_too_often(report, config))
    if not advice:
        advice.append(message("judge.fine", "Nothing speaks against this text; more of the kind is better still."))


def _too_short(report: TextReport, config: TextSettings) -> Note:
    smaller_part = min(config.validation, 1 - config.validation) * max(report.tokens, 1) / report.characters
    return message(
        "judge.too_short",
        "A context of {context} tokens needs at least {least} characters; take a smaller one or a longer text.",
        context=config.context,
        least=f"{math.ceil((config.context + 1) / smaller_part):,}",
    )


def _too_little(report: TextReport, config: TextSettings, enough: int) -> Note:
    amount = f"{enough:,}"
    if report.usable < LEAST:
        return message(
            "judge.by_heart", "So little is only learned by heart; give about {enough} characters.", enough=amount
        )
    if config.init_from:
        return message(
            "judge.tune_little",
            "From this a trained model learns a manner of writing, and much by heart; about {enough} characters are "
            "better.",
            enough=amount,
        )
    return message(
        "judge.tune",
        "That is little to learn a language from: go on from a trained model (recipe “Fine-tune”, setting “Go on "
        "from”), which needs less, or give about {enough} characters.",
        enough=amount,
    )


def _too_often(report: TextReport, config: TextSettings) -> Note:
    steps = MOST_EPOCHS / report.epochs * config.steps if report.epochs else 0.0
    return message(
        "judge.too_often",
        "The training reads the text {epochs} times, and beyond about {limit} it only learns it by heart: take about "
        "{steps} steps, or more text.",
        epochs=f"{report.epochs:,.0f}",
        limit=MOST_EPOCHS,
        steps=f"{max(1, int(steps)):,}",
    )


def _percent(part: float) -> str:
    """A part of 1 for people to read, without the sign."""
    return f"{100 * part:.1g}" if part < 0.01 else f"{100 * part:.0f}"


# -- taking a part --------------------------------------------------------------------------------------


def _part(documents: list[str], most: int) -> list[str]:
    """Documents, or pieces of the only one, from everywhere in the text: about `most` characters."""
    total = sum(map(len, documents))
    if total <= most:
        return documents
    if len(documents) > 1:
        return _part(documents[:: math.ceil(total / most)], most)
    return ["".join(excerpts(documents[0], most))]


# -- characters -----------------------------------------------------------------------------------------


def _shares(counts: np.ndarray, present: np.ndarray) -> dict[str, float]:
    sums = dict.fromkeys(("chinese", "latin", "other", "signs"), 0)
    for code in present:
        if not chr(code).isspace():
            sums[_script(chr(code))] += int(counts[code])
    total = max(sum(sums.values()), 1)
    return {script: count / total for script, count in sums.items()}


def _script(character: str) -> str:
    if unicodedata.category(character)[0] not in "LM":
        return "signs"
    name = unicodedata.name(character, "")
    return "chinese" if name.startswith("CJK") else "latin" if name.startswith("LATIN") else "other"


def _tokens_a_character(text: str, config: TextSettings, known: Tokenizer | None) -> float:
    """Where the tokenizer is not here, byte-level BPE learned from this text stands in for it."""
    if known is None and config.tokenizer == "char" and not config.init_from:
        return 1.0
    sample = "".join(excerpts(text, TOKENIZED))
    tokenizer = known or Tokenizer.train("bpe", sample, config.vocabulary)
    return max(len(tokenizer.encode(sample)), 1) / max(len(sample), 1)


# -- repeats --------------------------------------------------------------------------------------------


def _repeated(text: str, codes: np.ndarray) -> float:
    passages = (text[start : start + PASSAGE] for start in _anchors(codes))
    return max(map(_stood_before, (text.split("\n"), text.split("\n\n"), passages)))


def _stood_before(parts: Iterable[str]) -> float:
    """The part of all characters in parts that are equal to an earlier one."""
    seen: set[str] = set()
    total = again = 0
    for one in parts:
        one = one.strip()
        total += len(one)
        if len(one) >= SHORTEST_LINE:
            if one in seen:
                again += len(one)
            seen.add(one)
    return again / max(total, 1)


def _anchors(codes: np.ndarray) -> np.ndarray:
    """About every 64th place, chosen by the four characters there: so in every copy of a passage the same ones are
    (Schleimer 2003, “Winnowing”)."""
    factors = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint32)
    ends = len(codes) - len(factors) + 1
    if ends < 1:
        return np.zeros(0, np.int64)
    mixed = np.zeros(ends, np.uint32)
    for place, factor in enumerate(factors):
        mixed += codes[place : place + ends] * factor
    return np.flatnonzero(mixed >> np.uint32(26) == 0)


# -- the loss to expect ---------------------------------------------------------------------------------
