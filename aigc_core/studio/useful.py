"""The door for “is it useful?”: small tasks that are measured on demand."""

from typing import Any

from aigc_core import jobs

SCENARIOS = ("augment", "anomaly", "repair", "copywriting")


def measure(scenario: str) -> str:
    """Measure a task in the background; returns the job's name (see `aigc_core.useful.measure`)."""

    def work(look: jobs.Look) -> dict[str, Any]:
        from aigc_core import useful

        return useful.measure(scenario, lambda part: look(part, None))

    return jobs.begin(work)
