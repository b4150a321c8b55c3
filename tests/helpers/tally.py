"""What tests of trouble count."""

from collections.abc import Callable

Tally = Callable[[str, int], None]
