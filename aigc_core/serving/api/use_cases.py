"""The door for “is it useful?”: small tasks that are measured on demand."""

from typing import Any

from aigc_core.common.progress import ProgressCallback
from aigc_core.serving import jobs

SCENARIOS = ("augment", "anomaly", "repair", "copywriting")


def measure(scenario: str) -> str:
    """Measure a task in the background; returns the job's name (see `aigc_core.demos.use_cases.measure`)."""

    def work(look: ProgressCallback) -> dict[str, Any]:
        from aigc_core.demos import use_cases

        return use_cases.measure(scenario, look)

    return jobs.begin(work)
