"""What goes wrong between two networks that learn against each other. Importable without torch."""

import math
import statistics
from itertools import pairwise

from aigc_core.common.errors import message
from aigc_core.families.diagnosis import YOUNG, Case, Finding, Rule, percent, rounded, short_number

ALIKE = 0.6  # of real examples' distance from each other
MISSING = 0.05  # of the classes
BAD_COVERAGE = 0.3
BAD_TOLD_APART = 0.95  # of made and real ones, by their nearest neighbours alone
WINNING = 0.985
LOSING = 0.65
SWING = 0.15  # in logarithms of the figure
RELATIVISTIC = {"objective": "relativistic", "spectral_norm": False, "penalty": 1.0, "lr": 2e-4}


def mode_collapse(case: Case) -> Finding | None:
    """What is made is all alike: classes or clouds of the data are missing, or examples differ too little."""
    diversity, missing = case.held_out.get("diversity", []), case.held_out.get("classes_missing", [])
    if case.progress < YOUNG or len(diversity) < 2:
        return None
    few = all(value < ALIKE for _, value in diversity[-2:])
    classes = case.last("classes") or 0
    gone = bool(missing) and classes > 1 and all(value > MISSING * classes for _, value in missing[-2:])
    if not few and not gone:
        return None
    return Finding(
        "mode-collapse", "serious", diversity[-1][0],
        message(
            "doctor.mode-collapse.classes",
            "{missing} of {classes} kinds of the data do not come up among {n} made examples (distance from each "
            "other: {diversity} % of the real ones').",
            missing=missing[-1][1], classes=classes, n=case.last("n"), diversity=round(100 * diversity[-1][1]),
        )
        if gone
        else message(
            "doctor.mode-collapse",
            "What is made is all alike: the examples' distance from each other is {diversity} % of the real ones'.",
            diversity=round(100 * diversity[-1][1]),
        ),
        message(
            "doctor.mode-collapse.advice",
            "Play the relativistic game with its penalty, which keeps the made ones apart, with one step each.",
        ),
        RELATIVISTIC | {"d_steps": 1, "g_steps": 1},
    )  # fmt: skip


def discriminator_wins(case: Case) -> Finding | None:
    """The discriminator tells nearly all apart, and what is made stays bad: the generator learns nothing from it."""
    auc = case.recent("d_auc")
    covers_little, apart = _covers_little(case), case.last("told_apart") or 0.0
    bad = covers_little or apart > BAD_TOLD_APART
    if case.progress < YOUNG or not auc or not bad or statistics.fmean(auc) < WINNING:
        return None
    return Finding(
        "discriminator-wins", "serious", case.step,
        message(
            "doctor.discriminator-wins",
            "The discriminator tells {auc} % of pairs apart, while only {coverage} % of the real data is covered: the "
            "generator no longer gets a hint.",
            auc=percent(statistics.fmean(auc)), coverage=round(100 * case.last("coverage")),
        )
        if covers_little
        else message(
            "doctor.discriminator-wins.apart",
            "The discriminator tells {auc} % of pairs apart, and a look at the most similar example alone tells "
            "{apart} % of real and made ones apart: the generator no longer gets a hint.",
            auc=percent(statistics.fmean(auc)), apart=percent(apart),
        ),
        message(
            "doctor.discriminator-wins.advice",
            "Hold the discriminator back: spectral normalisation, the hinge game, and one step each.",
        ),
        {"spectral_norm": True, "objective": "hinge", "d_steps": 1, "lr": 4e-4},
    )  # fmt: skip


def discriminator_loses(case: Case) -> Finding | None:
    """The discriminator guesses, and what is made is bad: it cannot tell the generator where to go."""
    auc = case.recent("d_auc")
    if case.progress < YOUNG or not auc or not _covers_little(case) or statistics.fmean(auc) > LOSING:
        return None
    return Finding(
        "discriminator-loses", "serious", case.step,
        message(
            "doctor.discriminator-loses",
            "The discriminator is right in {auc} % of pairs (guessing gives 50), although only {coverage} % of the "
            "real data is covered.",
            auc=percent(statistics.fmean(auc)), coverage=round(100 * case.last("coverage")),
        ),
        message(
            "doctor.discriminator-loses.advice",
            "Give the discriminator more: as many steps as the generator, or two to one.",
        ),
        {"g_steps": 1, "d_steps": 2},
    )  # fmt: skip


def oscillation(case: Case) -> Finding | None:
    """The held-out figure goes up and down without arriving: the two networks run around each other."""
    if "d_auc" not in case.curves or case.progress < 0.4:
        return None
    points = [one for one in case.headline if one[0] >= 0.3 * case.step]
    if len(points) < 6:
        return None
    logs = [math.log(max(value, 1e-9)) for _, value in points]
    moves = [after - before for before, after in pairwise(logs)]
    travelled, arrived = sum(map(abs, moves)), logs[0] - logs[-1]
    turns = sum(a * b < 0 and min(abs(a), abs(b)) > SWING for a, b in pairwise(moves))
    if turns < len(moves) // 3 or travelled < 4 * max(arrived, 0.05):
        return None
    low, high = min(value for _, value in points), max(value for _, value in points)
    return Finding(
        "oscillation", "warning", case.step,
        message(
            "doctor.oscillation",
            "The distance from the data has changed direction {turns} times in {count} measurements, between {low} and "
            "{high}.",
            turns=turns, count=len(points), low=short_number(low), high=short_number(high),
        ),
        message(
            "doctor.oscillation.advice",
            "Take smaller steps without momentum (beta1 = 0), and average the generator over time (ema = 0.999).",
        ),
        {"lr": rounded(case.config.lr / 4), "beta1": 0.0, "ema": 0.999},
    )  # fmt: skip


def _covers_little(case: Case) -> bool:
    coverage = case.last("coverage")
    return coverage is not None and coverage < BAD_COVERAGE


RULES = (
    Rule(mode_collapse),
    Rule(discriminator_wins, explains=("dead-start",)),
    Rule(discriminator_loses),
    Rule(oscillation),
)
