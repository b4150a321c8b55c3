"""The doctor's rules: what every family can have, and what a rule is made of. A family's own are in its `diagnosis.py`.

A rule looks at figures: it is silent where a run does not have them. Every rule was tried on trainings that truly have
its illness and on healthy ones; `python benchmarks/doctor.py` prints the table. Importable without torch.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Literal

from aigc_core.common.errors import message
from aigc_core.common.jsonl import is_number
from aigc_core.data.dataset_info import DatasetInfo

Points = list[tuple[int, float]]  # (step, value)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a run.

    `evidence` and `advice` are sentences ({"key", "text", "values"}); `changes` are settings that help, for a new
    run or, where a setting may change while training, for this one; `back_to` is the step that was better.
    """

    name: str
    level: Literal["serious", "warning", "hint"]
    step: int
    evidence: dict[str, Any]
    advice: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    back_to: int | None = None


@dataclass
class Case:
    """A run as the rules see it: `curves` of training, `held_out` figures, newest last, and where it stands."""

    config: Any  # of the run's family
    info: DatasetInfo | None  # None before the first start
    step: int
    progress: float  # part of its budget, 0 to 1
    failed: dict[str, Any] | None  # the sentence of a training that broke down
    curves: dict[str, Points] = field(default_factory=dict)
    held_out: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)

    def recent(self, name: str, part: float = 0.25) -> list[float]:
        """A curve's values over the last `part` of the steps so far."""
        return [value for step, value in self.curves.get(name, []) if step >= (1 - part) * self.step]

    def last(self, name: str) -> Any:  # a number, or a list of them
        """The newest held-out figure of that name, or None."""
        points = self.held_out.get(name)
        return points[-1][1] if points else None

    @property
    def headline(self) -> Points:
        """The held-out figure by which the family is judged; lower is better."""
        return self.held_out.get(self.config.headline, [])

    @property
    def train_size(self) -> int:
        """Pictures, points or tokens to learn from."""
        return self.info.train_size if self.info else 0

    @property
    def epochs(self) -> float:
        """How often the training has seen its data."""
        seen = self.step * self.config.batch_size * getattr(self.config, "context", 1)
        return seen / max(self.train_size, 1)


@dataclass(frozen=True)
class Rule:
    """What looks for one illness; a finding of it makes those of the rules that it `explains` superfluous."""

    look: Callable[[Case], Finding | None]
    explains: tuple[str, ...] = ()


def not_finite(case: Case) -> Finding | None:
    """The loss or a weight became infinite or not a number; the loop stopped for it."""
    if not case.failed or case.failed.get("key") != "train.not_finite":
        return None
    values = case.failed.get("values")
    if not isinstance(values, dict) or not values.keys() >= {"what", "step", "lr"} or not is_number(values["step"]):
        return None
    return Finding(
        "not-finite", "serious", int(values["step"]),
        message(
            "doctor.not-finite",
            "The {what} stopped being a number at step {step}, with a learning rate of {lr}.",
            what=values["what"], step=values["step"], lr=values["lr"],
        ),
        message(
            "doctor.not-finite.advice",
            "The steps were too large. Train again with a tenth of the learning rate and a limit for the gradient.",
        ),
        {"lr": rounded(case.config.lr / 10), "grad_clip": 1.0},
        int(values["good"]) or None,
    )  # fmt: skip


def dead_start(case: Case) -> Finding | None:
    """Nothing moves: the training loss of the last quarter is that of the first steps."""
    loss = _main_loss(case)
    goes_on = bool(getattr(case.config, "init_from", ""))  # from a model that may know it all already
    if case.progress < 0.15 or len(loss) < 12 or goes_on:
        return None
    first, now = level(loss[:3]), level(loss[-len(loss) // 4 :])
    if first - now > STILL * max(abs(first), 1e-9) or now - first > STILL * max(abs(first), 1e-9):
        return None
    changes = {"lr": min(10.0, rounded(100 * case.config.lr))} if case.config.lr < 1e-4 else {}
    return Finding(
        "dead-start", "serious", case.step,
        message(
            "doctor.dead-start",
            "After {step} steps the loss is {now}, and it was {first} at the start: nothing is learned.",
            step=case.step, now=short_number(now), first=short_number(first),
        ),
        message(
            "doctor.dead-start.advice",
            "Raise the learning rate (it is {lr}), or choose the default recipe and change one setting at a time.",
            lr=case.config.lr,
        ),
        changes,
    )  # fmt: skip


def learning_rate_low(case: Case) -> Finding | None:
    """The loss still falls in the second half as if it had just begun: in a good training the most comes early."""
    loss = case.curves.get("loss", [])
    if case.progress < 0.5 or len(loss) < 8 or dead_start(case):
        return None
    start, middle, end = level(loss[:2]), value_at(loss, 0.5), level(loss[-max(2, len(loss) // 20) :])
    gained, late = start - end, middle - end
    short_way = min(start, end) > 0 and gained < SHORT_WAY * start and late > SHORT_LATE * gained
    if gained <= 0 or (late < SLOW_LATE * gained and not short_way) or roughness(loss) > SMOOTH:
        return None
    return Finding(
        "learning-rate-low", "warning", case.step,
        message(
            "doctor.learning-rate-low",
            "The loss has fallen from {start} to {end}, {part} % of that in the second half: it is still at the "
            "beginning of its way.",
            part=round(100 * late / gained), start=short_number(start), end=short_number(end),
        ),
        message(
            "doctor.learning-rate-low.advice",
            "Multiply the learning rate (it is {lr}) by 10, or train much longer.", lr=case.config.lr,
        ),
        {"lr": min(10.0, rounded(10 * case.config.lr))},
    )  # fmt: skip


def learning_rate_high(case: Case) -> Finding | None:
    """The loss jumps above where it started, loses again what it had gained, or goes up as often as down."""
    loss = case.curves.get("loss", [])  # of two networks, too large a rate shows as one of their own troubles
    if case.progress < 0.15 or len(loss) < 8 or dead_start(case):
        return None
    values = [value for _, value in loss]
    start, best = level(loss[:2]), min(smoothed(values))
    now, worst = level(loss[-max(3, len(loss) // 5) :]), max(values[2:])
    room = max(start - best, 1e-9)
    little = LITTLE_LEFT if getattr(case.config, "init_from", "") else STILL  # of which a batch's chance may be most
    moved = room > little * max(abs(start), 1e-9)
    stuck = moved and now - best > HIGH_STUCK * room  # what had been learned is lost again
    wild = worst - start > HIGH_WILD * max(abs(start), 1e-9)
    rough = moved and roughness(loss) > ROUGH
    if not stuck and not wild and not rough:
        return None
    return Finding(
        "learning-rate-high", "serious" if stuck or wild else "warning", case.step,
        message(
            "doctor.learning-rate-high",
            "The loss began at {start}, was {best} at its best, jumped up to {worst}, and is {now} now.",
            start=short_number(start), best=short_number(best), worst=short_number(worst), now=short_number(now),
        ),
        message(
            "doctor.learning-rate-high.advice",
            "Divide the learning rate (it is {lr}) by 10, and let it rise over the first steps.", lr=case.config.lr,
        ),
        {"lr": rounded(case.config.lr / 10), "warmup_steps": max(case.config.warmup_steps, 50)},
    )  # fmt: skip


def over_fitting(case: Case) -> Finding | None:
    """Held-out loss rises while training loss falls: what is learned now is the examples themselves."""
    name = _training_twin(case)
    points = case.headline
    if name is None or len(points) < 3:
        return None
    best_step, best = min(points, key=lambda one: one[1])
    step, now = points[-1]
    room = OVERFIT * max(fallen(case, name), 1e-9)
    behind = [value for at, value in case.curves[name] if abs(at - best_step) <= 0.05 * case.step + 1]
    train = case.recent(name, 0.1)
    if now < best + room or not behind or not train or statistics.fmean(train) >= statistics.fmean(behind):
        return None
    return Finding(
        "over-fitting", "serious" if now > best + 5 * room else "warning", step,
        message(
            "doctor.over-fitting",
            "On held-out data the loss was {best} at step {best_step} and is {now} now, while on training data it "
            "fell to {train}.",
            best=short_number(best), best_step=best_step, now=short_number(now),
            train=short_number(statistics.fmean(train)),
        ),
        message(
            "doctor.over-fitting.advice",
            "Use the checkpoint of step {best_step} (the program does so by itself); next time stop there, take more "
            "data, or a smaller network.",
            best_step=best_step,
        ),
        {"steps": max(1, best_step), "minutes": 0.0},
        best_step,
    )  # fmt: skip


def too_little_data(case: Case) -> Finding | None:
    """The data has been seen very often, and held-out examples fare much worse than those of training."""
    name, now = _training_twin(case), case.last(case.config.headline)
    if name is None or now is None or case.epochs < OFTEN:
        return None
    train = statistics.fmean(case.recent(name) or [math.inf])
    gap = (now - train) / max(fallen(case, name), 1e-9)
    if gap < GAP:
        return None
    return Finding(
        "too-little-data", "warning", case.step,
        message(
            "doctor.too-little-data",
            "The training has seen its {size} examples {epochs} times; its loss on them is {train}, on held-out ones "
            "{now}.",
            size=f"{case.train_size:,}", epochs=round(case.epochs),
            train=short_number(train), now=short_number(now),
        ),
        message(
            "doctor.too-little-data.advice",
            "More data helps most. With pictures, turning and scaling them a little makes more of them; with text, go "
            "on from a trained model.",
        ),
        {"rotate": 10.0, "scale": 0.1} if case.info is not None and case.info.kind == "image" else {},
    )  # fmt: skip


def memorisation(case: Case) -> Finding | None:
    """Made examples are copies of training examples, more often than held-out ones happen to be."""
    made, usual = case.last("copies"), case.last("copies_real")
    if made is None or made - usual < COPIED:
        return None
    return Finding(
        "memorisation", "serious", case.step,
        message(
            "doctor.memorisation",
            "{made} % of what the model makes is copied from the training data; of held-out data it is {usual} %.",
            made=round(100 * made), usual=round(100 * usual),
        ),
        message(
            "doctor.memorisation.advice",
            "The model repeats instead of making new. Take more data, a smaller network, or fewer steps.",
        ),
        {"steps": max(1, case.step // 4), "minutes": 0.0},
    )  # fmt: skip


def colors_lost(case: Case) -> Finding | None:
    """What is made is paler than the data, or of other colours."""
    strength, distance = case.last("colorfulness"), case.last("color_distance")
    if strength is None or distance is None or case.progress < YOUNG:
        return None
    if strength >= PALE and distance <= OTHER_COLORS:
        return None
    return Finding(
        "colors-lost", "serious", case.step,
        message(
            "doctor.colors-lost",
            "What is made has {strength} % of the real pictures' colourfulness, and its colours differ from theirs by "
            "{distance} % (0 would be the same, 100 none in common).",
            strength=round(100 * strength), distance=round(100 * distance),
        ),
        message(
            "doctor.colors-lost.advice",
            "Train longer: shapes come first, colours late. More pictures help, too.",
        ),
    )  # fmt: skip


RULES = (
    Rule(not_finite),
    Rule(dead_start),
    Rule(learning_rate_low),
    Rule(learning_rate_high),
    Rule(over_fitting),
    Rule(too_little_data),
    Rule(memorisation),
    Rule(colors_lost),
)

# What the rules count as much or little; found with `benchmarks/doctor.py`.
YOUNG = 0.3  # of the budget: before, most rules are silent
LITTLE_LEFT = 0.1  # of the first loss, that a model which goes on from a trained one may still learn
STILL = 0.01  # of the first loss: less is no movement
SLOW_LATE = 0.3  # of all progress, made in the second half
SHORT_WAY, SHORT_LATE = 0.35, 0.08  # or this part of it, where the loss has fallen by no more than that
SMOOTH, ROUGH = 0.15, 0.4  # of all progress, lost again on the way
HIGH_STUCK = 0.3  # of the progress to the best, lost again
HIGH_WILD = 0.5  # of the first loss, above it
OVERFIT = 0.01  # of all that the loss fell, above the best
OFTEN = 20  # epochs
GAP = 0.05  # of all that the loss fell
PALE = 0.6  # of the real pictures' colourfulness
OTHER_COLORS = 0.5  # of all colour, in other colours than theirs
COPIED = 0.2  # of made examples, beyond the usual


def _main_loss(case: Case) -> Points:
    """The curve that training makes smaller: of one network, or of the two the held-out figure in its place."""
    return case.curves.get("loss") or case.headline


def _training_twin(case: Case) -> str | None:
    """The curve that is measured on training data as the headline is on held-out data; None if it is not now."""
    if any(beta != 1 for beta in case.recent("beta")):  # the held-out bound always has β = 1
        return None
    for names in case.config.curves:
        if f"val:{case.config.headline}" in names:
            return next((name for name in names if name in case.curves), None)
    return None


def roughness(points: Points) -> float:
    """How much a curve, in twelve means, goes up on its way, as a part of what it goes down from end to end."""
    size = max(1, len(points) // 12)
    means = [level(points[first : first + size]) for first in range(0, len(points) - size + 1, size)]
    up = sum(max(0.0, after - before) for before, after in pairwise(means))
    return up / max(means[0] - means[-1], 1e-9)


def fallen(case: Case, name: str) -> float:
    """By how much a training curve has fallen since its beginning."""
    return level(case.curves[name][:2]) - min(value for _, value in case.curves[name])


def level(points: Points) -> float:
    return statistics.fmean(value for _, value in points)


def value_at(points: Points, part: float) -> float:
    """The smoothed value at this part of the steps."""
    place = max(1, min(len(points) - 1, round(part * len(points))))
    width = max(1, len(points) // 20)
    return level(points[max(0, place - width) : place + width])


def smoothed(values: list[float]) -> list[float]:
    """Means over a twentieth of the curve, from every place on."""
    width = min(len(values), max(3, len(values) // 20))
    sums = list(accumulate(values, initial=0.0))
    return [(after - before) / width for before, after in zip(sums, sums[width:], strict=False)]


def short_number(value: float) -> str:
    return f"{value:.4g}"


def percent(part: float) -> str:
    return f"{100 * part:.1f}"


def rounded(value: float) -> float:
    """To two digits, as a person would write a setting."""
    return float(f"{value:.2g}")
