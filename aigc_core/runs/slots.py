"""How many trainings may run at once on this machine."""

import os
import subprocess
from functools import cache

from aigc_core.common import class_rules
from aigc_core.common.cores import cores
from aigc_core.common.errors import ConfigError

MB_A_SLOT = 4000  # of a GPU's memory


def slots() -> int:
    """How many may compute at once: `$AIGC_SLOTS`, or what a class says, or 1.

    Raises:
        ConfigError: `$AIGC_SLOTS` is no number from 1 on.
    """
    given = os.environ.get("AIGC_SLOTS", "")
    if given:
        if not given.isdecimal() or int(given) < 1:
            raise ConfigError(
                "config.bad_slots", "AIGC_SLOTS must be a whole number from 1 on, not “{given}”.", given=given
            )
        return int(given)
    allowed = class_rules.rules()
    return 1 if allowed is None else allowed.slots or fitting_slots()


@cache
def fitting_slots() -> int:
    """As many trainings as fit a GPU's memory, or the cores, a core each: so small networks get the most done."""
    try:
        asked = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout
        return max(1, min(cores(), int(told.splitlines()[0]) // MB_A_SLOT))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return cores()
