"""Giving a training that has ended more steps or minutes."""

import math
from typing import Any

from aigc_core.common.errors import ConfigError, RunError, message
from aigc_core.runs.run import Run

BUDGETS = ("steps", "minutes")


def extend(run: Run, budget: dict[str, Any]) -> None:
    """Let a training that has ended go on, when it is next resumed, to so many `steps` or `minutes` in all.

    Where the learning rate is constant it ends as if it had been started with them. Where it falls over the training it
    had already fallen, and from here on follows the schedule of the new budget; a note in the run says so.

    Raises:
        ConfigError: both are given, or an impossible value. RunError: it trains now, came with the program, has no
            checkpoint, or has trained so long already.
    """
    run.check_own()
    if len(budget) > 1:
        raise ConfigError("config.two_budgets", "Give --steps or --minutes, not both.")
    before, status, steps = run.config(), run.status(), run.checkpoints.steps()
    config = before.changed({"minutes": 0.0} | budget)
    if status.active:
        raise RunError("run.still_active", "{name} has not ended yet; stop it first.", name=run.name)
    if not steps or not run.checkpoints.can_go_on(steps[-1]):
        raise RunError(
            "run.cannot_go_on",
            "{name} has no checkpoint that training could go on from; train a new one, or init_from this one.",
            name=run.name,
        )
    done_min = math.ceil(100 * status.elapsed_s / 60) / 100
    if config.minutes <= done_min if config.minutes else config.steps <= steps[-1]:
        raise RunError(
            "run.not_more",
            "{name} has trained for {steps} steps and {minutes} minutes already; give more than that.",
            name=run.name,
            steps=steps[-1],
            minutes=done_min,
        )
    with run.claim.exclude_others():
        run.manifest.update(config=config.model_dump())
    to = f"{config.minutes:g} min" if config.minutes else config.steps
    if config.lr_schedule == "constant":
        said = message("run.extended", "The training goes on, now to {budget}.", budget=to)
    else:
        text = (
            "The training goes on, now to {budget}: from here on the learning rate follows the schedule of that, so it "
            "jumps, and the result is not that of a training begun with so much."
        )
        said = message("run.extended_schedule", text, budget=to)
    run.event_log.append("note", steps[-1], **said)
