"""How long work says how far it is."""

from collections.abc import Callable
from typing import Any

# The part done (0 to 1) and what can be shown so far. It may pause the work; no lock must be held meanwhile.
Look = Callable[[float, Any], None]
