"""How long work says how far it is."""

from collections.abc import Callable
from typing import Any

# The part done (0 to 1; 0 where nobody can know), and what is being done or can be shown already. It may pause or end
# the work, so no lock must be held meanwhile.
ProgressCallback = Callable[[float, Any], None]


def silent(part: float, shown: object) -> None:
    """For whoever shows no progress."""
