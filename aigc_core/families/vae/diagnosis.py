"""What goes wrong with a VAE's code. Importable without torch."""

import math
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
    short_number,
)

USED_KL = 0.01  # nats; below, a dimension is not used (threshold as in Burda 2015)
COLLAPSED = 0.2  # of the dimensions in use
VANISHED = 0.5  # nats
EXPLODED = 8.0  # nats in each dimension


def posterior_collapse(case: Case) -> Finding | None:
    """Dimensions of the code that say nothing: the decoder draws without looking at them."""
    kl = case.last("kl_per_dimension")
    if not kl or case.progress < YOUNG:
        return None
    used = sum(value > USED_KL for value in kl)
    if used > COLLAPSED * len(kl) and used > 0:
        return None
    return Finding(
        "posterior-collapse", "serious" if not used else "warning", case.held_out["kl_per_dimension"][-1][0],
        message(
            "doctor.posterior-collapse",
            "{unused} of {size} numbers of the code say nothing about the picture (KL below {limit} nats).",
            unused=len(kl) - used, size=len(kl), limit=USED_KL,
        ),
        message(
            "doctor.posterior-collapse.advice",
            "Lower β (it is {beta}) to 1 or less, and let it rise over the first steps, so that the code is used "
            "before it is tidied.",
            beta=case.config.beta,
        ),
        {"beta": min(1.0, case.config.beta), "beta_warmup_steps": max(200, case.config.beta_warmup_steps)},
    )  # fmt: skip


def kl_vanishing(case: Case) -> Finding | None:
    """The code carried something and carries less and less."""
    kl = case.curves.get("kl", [])
    if case.progress < 0.1 or len(kl) < 8 or dead_start(case) or learning_rate_low(case):
        return None
    now = statistics.fmean(case.recent("kl", 0.2) or [math.inf])
    if now > VANISHED:
        return None
    return Finding(
        "kl-vanishing", "serious", case.step,
        message(
            "doctor.kl-vanishing",
            "The code tells {now} nats about a picture (it was {most} at most): every picture gets the same code.",
            now=short_number(now), most=short_number(max(value for _, value in kl)),
        ),
        message(
            "doctor.kl-vanishing.advice",
            "Lower β now (it is {beta}); next time let it rise from 0 over some hundred steps.", beta=case.config.beta,
        ),
        {"beta": min(0.5, case.config.beta / 2), "beta_warmup_steps": max(200, case.config.beta_warmup_steps)},
    )  # fmt: skip


def kl_exploding(case: Case) -> Finding | None:
    """The code is so far from the prior that what is drawn from the prior is nothing the decoder knows."""
    kl = case.last("kl")
    size = len(case.last("kl_per_dimension") or [])
    if kl is None or not size or kl < EXPLODED * size or learning_rate_high(case):
        return None
    return Finding(
        "kl-exploding", "serious", case.step,
        message(
            "doctor.kl-exploding",
            "The code tells {kl} nats, {each} in each of its {size} numbers: pictures made from chance will be noise.",
            kl=short_number(kl), each=short_number(kl / size), size=size,
        ),
        message(
            "doctor.kl-exploding.advice", "Raise β (it is {beta}) to 1: then codes stay where chance draws them from.",
            beta=case.config.beta,
        ),
        {"beta": 1.0},
    )  # fmt: skip


RULES = (Rule(posterior_collapse), Rule(kl_vanishing), Rule(kl_exploding))
