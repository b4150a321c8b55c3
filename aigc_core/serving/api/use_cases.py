"""What the page “Is it useful?” asks: small tasks that are measured on demand."""

from typing import TYPE_CHECKING

from aigc_core.serving import jobs
from aigc_core.serving.lazy import LazyFunctions

if TYPE_CHECKING:
    from aigc_core.demos import use_cases
else:
    use_cases = LazyFunctions("aigc_core.demos.use_cases")

SCENARIOS = ("augment", "anomaly", "repair", "copywriting")


def scenarios() -> list[str]:
    """The tasks by name."""
    return list(SCENARIOS)


def measure(scenario: str) -> str:
    """Measure a task in the background; returns the job."""
    return jobs.start(lambda progress: use_cases.measure(scenario, progress))
