"""What can go wrong with it."""

from aigc_core.common.errors import message
from aigc_core.families.diagnosis import Case, Finding, Rule


def out_of_tune(case: Case) -> Finding | None:
    """The learned mean is far from that of held-out points."""
    distance = case.last("distance")
    if distance is None or distance < 0.01:
        return None
    return Finding(
        "out-of-tune",
        "serious",
        case.step,
        message("doctor.out-of-tune", "The bell is {distance} away from its note.", distance=round(distance, 3)),
        message("doctor.out-of-tune.advice", "Train for twice the steps."),
        {"steps": 2 * case.config.steps},
    )


RULES = (Rule(out_of_tune, explains=("dead-start", "learning-rate-low")),)
