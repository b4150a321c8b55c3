"""The doctor: rules over a run's events. Each names what goes wrong, shows it by numbers, and says what helps.

A rule looks at figures, not at families: it is silent where a run does not have them. Every rule was tried on
trainings that truly have its illness and on healthy ones; `python benchmarks/doctor.py` prints the table.
Importable without torch.
"""

import math
import statistics
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Literal

from aigc_core.common.errors import ConfigError, message
from aigc_core.common.jsonl import is_number
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.runs.event_log import thinned
from aigc_core.runs.run import Run

Points = list[tuple[int, float]]  # (step, value)
MOST_POINTS = 2000  # of each curve that is looked at


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

    config: Any
    info: DatasetInfo | None  # None before the first start
    step: int
    progress: float  # part of its budget, 0 to 1
    failed: dict[str, Any] | None  # the sentence of a training that broke down
    curves: dict[str, Points] = field(default_factory=dict)
    held_out: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)

    def recent(self, name: str, part: float = 0.25) -> list[float]:
        """A curve's values over the last `part` of the steps so far."""
        return [value for step, value in self.curves.get(name, []) if step >= (1 - part) * self.step]

    def last(self, name: str) -> Any:
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


Rule = Callable[[Case], Finding | None]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Enter a rule into the table under its name with hyphens."""
    RULES[function.__name__.replace("_", "-")] = function
    return function


def diagnose(run: Run) -> list[Finding]:
    """What is wrong with a run as far as it has come, the serious first; nothing if it is well or too young.

    Raises:
        RunError: it cannot be read.
    """
    return findings(case_of(run))


def findings(case: Case) -> list[Finding]:
    """Of one case; a rule that explains another's finding comes before it."""
    order = {"serious": 0, "warning": 1, "hint": 2}
    found = [one for look in RULES.values() if (one := look(case)) is not None]
    return sorted(found, key=lambda one: order[one.level])


def plain(found: list[Finding]) -> list[dict[str, Any]]:
    """Findings as plain values, for pages and files."""
    return [asdict(one) for one in found]


def case_of(run: Run) -> Case:
    """Gather what the rules need."""
    config, status = run.config(), run.status()
    budget = 60 * config.minutes if config.minutes else config.steps
    done = status.elapsed_s if config.minutes else status.step
    failed = status.message if status.state == "failed" else None
    case = Case(config, run.dataset_info(), status.step, min(1.0, done / budget), failed)
    at_the_end: dict[str, list[tuple[int, Any]]] = {}
    for event in thinned(run.events()[0], MOST_POINTS):
        kind, step = event["kind"], event["step"]
        if kind == "metrics":
            for name, value in event["values"].items():
                case.curves.setdefault(name, []).append((step, value))
        elif kind == "eval":
            for name, value in _measured(event).items():
                case.held_out.setdefault(name, []).append((step, value))
        elif kind == "judged":
            at_the_end = {name: [(step, value)] for name, value in _measured(event).items()}
        elif kind == "set":
            with suppress(ConfigError):
                case.config = config = config.checked_live(event["changes"])
    # Of the best checkpoint; what was measured all along does not get another point.
    case.held_out = at_the_end | case.held_out
    return case


def _measured(event: dict[str, Any]) -> dict[str, Any]:
    """The held-out figures of an event that are numbers or lists of them; a damaged file may hold anything."""
    return {
        name: value
        for name, value in event["figures"].items()
        if is_number(value) or (isinstance(value, list) and all(map(is_number, value)))
    }


# -- any family -------------------------------------------------------------------------------------------


@rule
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
        {"lr": _round(case.config.lr / 10), "grad_clip": 1.0},
        int(values["good"]) or None,
    )  # fmt: skip


@rule
def dead_start(case: Case) -> Finding | None:
    """Nothing moves: the training loss of the last quarter is that of the first steps."""
    loss = _main_loss(case)
    goes_on = bool(getattr(case.config, "init_from", ""))  # from a model that may know it all already
    if case.progress < 0.15 or len(loss) < 12 or goes_on or discriminator_wins(case):
        return None
    first, now = _level(loss[:3]), _level(loss[-len(loss) // 4 :])
    if first - now > STILL * max(abs(first), 1e-9) or now - first > STILL * max(abs(first), 1e-9):
        return None
    changes = {"lr": min(10.0, _round(100 * case.config.lr))} if case.config.lr < 1e-4 else {}
    return Finding(
        "dead-start", "serious", case.step,
        message(
            "doctor.dead-start",
            "After {step} steps the loss is {now}, and it was {first} at the start: nothing is learned.",
            step=case.step, now=_short(now), first=_short(first),
        ),
        message(
            "doctor.dead-start.advice",
            "Raise the learning rate (it is {lr}), or choose the default recipe and change one setting at a time.",
            lr=case.config.lr,
        ),
        changes,
    )  # fmt: skip


@rule
def learning_rate_low(case: Case) -> Finding | None:
    """The loss still falls in the second half as if it had just begun: in a good training the most comes early."""
    loss = case.curves.get("loss", [])
    if case.progress < 0.5 or len(loss) < 8 or dead_start(case):
        return None
    start, middle, end = _level(loss[:2]), _at(loss, 0.5), _level(loss[-max(2, len(loss) // 20) :])
    gained, late = start - end, middle - end
    short_way = min(start, end) > 0 and gained < SHORT_WAY * start and late > SHORT_LATE * gained
    if gained <= 0 or (late < SLOW_LATE * gained and not short_way) or _roughness(loss) > SMOOTH:
        return None
    return Finding(
        "learning-rate-low", "warning", case.step,
        message(
            "doctor.learning-rate-low",
            "The loss has fallen from {start} to {end}, {part} % of that in the second half: it is still at the "
            "beginning of its way.",
            part=round(100 * late / gained), start=_short(start), end=_short(end),
        ),
        message(
            "doctor.learning-rate-low.advice",
            "Multiply the learning rate (it is {lr}) by 10, or train much longer.", lr=case.config.lr,
        ),
        {"lr": min(10.0, _round(10 * case.config.lr))},
    )  # fmt: skip


@rule
def learning_rate_high(case: Case) -> Finding | None:
    """The loss jumps above where it started, loses again what it had gained, or goes up as often as down."""
    loss = case.curves.get("loss", [])  # of two networks, too large a rate shows as one of their own troubles
    if case.progress < 0.15 or len(loss) < 8 or dead_start(case):
        return None
    values = [value for _, value in loss]
    start, best = _level(loss[:2]), min(_smooth(values))
    now, worst = _level(loss[-max(3, len(loss) // 5) :]), max(values[2:])
    room = max(start - best, 1e-9)
    moved = room > STILL * max(abs(start), 1e-9)  # who goes on from a trained model may have little left to learn
    stuck = moved and now - best > HIGH_STUCK * room  # what had been learned is lost again
    wild = worst - start > HIGH_WILD * max(abs(start), 1e-9)
    rough = moved and _roughness(loss) > ROUGH
    if not stuck and not wild and not rough:
        return None
    return Finding(
        "learning-rate-high", "serious" if stuck or wild else "warning", case.step,
        message(
            "doctor.learning-rate-high",
            "The loss began at {start}, was {best} at its best, jumped up to {worst}, and is {now} now.",
            start=_short(start), best=_short(best), worst=_short(worst), now=_short(now),
        ),
        message(
            "doctor.learning-rate-high.advice",
            "Divide the learning rate (it is {lr}) by 10, and let it rise over the first steps.", lr=case.config.lr,
        ),
        {"lr": _round(case.config.lr / 10), "warmup_steps": max(case.config.warmup_steps, 50)},
    )  # fmt: skip


@rule
def over_fitting(case: Case) -> Finding | None:
    """Held-out loss rises while training loss falls: what is learned now is the examples themselves."""
    name = _training_twin(case)
    points = case.headline
    if name is None or len(points) < 3:
        return None
    best_step, best = min(points, key=lambda one: one[1])
    step, now = points[-1]
    room = OVERFIT * max(_fallen(case, name), 1e-9)
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
            best=_short(best), best_step=best_step, now=_short(now), train=_short(statistics.fmean(train)),
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


@rule
def too_little_data(case: Case) -> Finding | None:
    """The data has been seen very often, and held-out examples fare much worse than those of training."""
    name, now = _training_twin(case), case.last(case.config.headline)
    if name is None or now is None or case.epochs < OFTEN:
        return None
    train = statistics.fmean(case.recent(name) or [math.inf])
    gap = (now - train) / max(_fallen(case, name), 1e-9)
    if gap < GAP:
        return None
    return Finding(
        "too-little-data", "warning", case.step,
        message(
            "doctor.too-little-data",
            "The training has seen its {size} examples {epochs} times; its loss on them is {train}, on held-out ones "
            "{now}.",
            size=f"{case.train_size:,}", epochs=round(case.epochs),
            train=_short(train), now=_short(now),
        ),
        message(
            "doctor.too-little-data.advice",
            "More data helps most. With pictures, turning and scaling them a little makes more of them; with text, go "
            "on from a trained model.",
        ),
        {"rotate": 10.0, "scale": 0.1} if case.info is not None and case.info.kind == "image" else {},
    )  # fmt: skip


@rule
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


# -- two networks against each other ----------------------------------------------------------------------


@rule
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


@rule
def discriminator_wins(case: Case) -> Finding | None:
    """The discriminator tells nearly all apart, and what is made stays bad: the generator learns nothing from it."""
    auc = case.recent("d_auc")
    if case.progress < YOUNG or not auc or not _bad(case) or statistics.fmean(auc) < WINNING:
        return None
    return Finding(
        "discriminator-wins", "serious", case.step,
        message(
            "doctor.discriminator-wins",
            "The discriminator tells {auc} % of pairs apart, while only {coverage} % of the real data is covered: the "
            "generator no longer gets a hint.",
            auc=_percent(statistics.fmean(auc)), coverage=round(100 * case.last("coverage")),
        ),
        message(
            "doctor.discriminator-wins.advice",
            "Hold the discriminator back: spectral normalisation, the hinge game, and one step each.",
        ),
        {"spectral_norm": True, "objective": "hinge", "d_steps": 1, "lr": 4e-4},
    )  # fmt: skip


@rule
def discriminator_loses(case: Case) -> Finding | None:
    """The discriminator guesses, and what is made is bad: it cannot tell the generator where to go."""
    auc = case.recent("d_auc")
    if case.progress < YOUNG or not auc or not _bad(case) or statistics.fmean(auc) > LOSING:
        return None
    return Finding(
        "discriminator-loses", "serious", case.step,
        message(
            "doctor.discriminator-loses",
            "The discriminator is right in {auc} % of pairs (guessing gives 50), although only {coverage} % of the "
            "real data is covered.",
            auc=_percent(statistics.fmean(auc)), coverage=round(100 * case.last("coverage")),
        ),
        message(
            "doctor.discriminator-loses.advice",
            "Give the discriminator more: as many steps as the generator, or two to one.",
        ),
        {"g_steps": 1, "d_steps": 2},
    )  # fmt: skip


@rule
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
            turns=turns, count=len(points), low=_short(low), high=_short(high),
        ),
        message(
            "doctor.oscillation.advice",
            "Take smaller steps without momentum (beta1 = 0), and average the generator over time (ema = 0.999).",
        ),
        {"lr": _round(case.config.lr / 4), "beta1": 0.0, "ema": 0.999},
    )  # fmt: skip


# -- codes ------------------------------------------------------------------------------------------------


@rule
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


@rule
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
            now=_short(now), most=_short(max(value for _, value in kl)),
        ),
        message(
            "doctor.kl-vanishing.advice",
            "Lower β now (it is {beta}); next time let it rise from 0 over some hundred steps.", beta=case.config.beta,
        ),
        {"beta": min(0.5, case.config.beta / 2), "beta_warmup_steps": max(200, case.config.beta_warmup_steps)},
    )  # fmt: skip


@rule
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
            kl=_short(kl), each=_short(kl / size), size=size,
        ),
        message(
            "doctor.kl-exploding.advice", "Raise β (it is {beta}) to 1: then codes stay where chance draws them from.",
            beta=case.config.beta,
        ),
        {"beta": 1.0},
    )  # fmt: skip


# -- what the rules count as much or little; found with `benchmarks/doctor.py` ------------------------------

YOUNG = 0.3  # of the budget: before, most rules are silent
STILL = 0.01  # of the first loss: less is no movement
SLOW_LATE = 0.3  # of all progress, made in the second half
SHORT_WAY, SHORT_LATE = 0.35, 0.08  # or this part of it, where the loss has fallen by no more than that
SMOOTH, ROUGH = 0.15, 0.4  # of all progress, lost again on the way
HIGH_STUCK = 0.3  # of the progress to the best, lost again
HIGH_WILD = 0.5  # of the first loss, above it
OVERFIT = 0.01  # of all that the loss fell, above the best
OFTEN = 20  # epochs
GAP = 0.05  # of all that the loss fell
COPIED = 0.2  # of made examples, beyond the usual
ALIKE = 0.6  # of real examples' distance from each other
MISSING = 0.05  # of the classes
BAD_COVERAGE = 0.3
WINNING = 0.985
LOSING = 0.65
SWING = 0.15  # in logarithms of the figure
USED_KL = 0.01  # nats; below, a dimension is not used (threshold as in Burda 2015)
COLLAPSED = 0.2  # of the dimensions in use
VANISHED = 0.5  # nats
EXPLODED = 8.0  # nats in each dimension

RELATIVISTIC = {"objective": "relativistic", "spectral_norm": False, "penalty": 1.0, "lr": 2e-4}


def _bad(case: Case) -> bool:
    coverage = case.last("coverage")
    return coverage is not None and coverage < BAD_COVERAGE


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


def _roughness(points: Points) -> float:
    """How much a curve, in twelve means, goes up on its way, as a part of what it goes down from end to end."""
    size = max(1, len(points) // 12)
    means = [_level(points[first : first + size]) for first in range(0, len(points) - size + 1, size)]
    up = sum(max(0.0, after - before) for before, after in pairwise(means))
    return up / max(means[0] - means[-1], 1e-9)


def _fallen(case: Case, name: str) -> float:
    """By how much a training curve has fallen since its beginning."""
    return _level(case.curves[name][:2]) - min(value for _, value in case.curves[name])


def _level(points: Points) -> float:
    return statistics.fmean(value for _, value in points)


def _at(points: Points, part: float) -> float:
    """The smoothed value at this part of the steps."""
    place = max(1, min(len(points) - 1, round(part * len(points))))
    width = max(1, len(points) // 20)
    return _level(points[max(0, place - width) : place + width])


def _smooth(values: list[float]) -> list[float]:
    """Means over a twentieth of the curve, from every place on."""
    width = min(len(values), max(3, len(values) // 20))
    sums = list(accumulate(values, initial=0.0))
    return [(after - before) / width for before, after in zip(sums, sums[width:], strict=False)]


def _short(value: float) -> str:
    return f"{value:.4g}"


def _percent(part: float) -> str:
    return f"{100 * part:.1f}"


def _round(value: float) -> float:
    """To two digits, as a person would write a setting."""
    return float(f"{value:.2g}")
