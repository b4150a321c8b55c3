"""What a class allows, from a file and the environment. Without `$AIGC_CLASS` there is none.

`AIGC_CLASS=1` switches it on with the rules below, `AIGC_CLASS=class.toml` with those of a file; each rule can also be
given as a variable, such as `AIGC_CLASS_MINUTES=5`, which counts more than the file.
"""

import os
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aigc_core.common.errors import ConfigError
from aigc_core.common.files import text_by_hand
from aigc_core.common.paths import absolute

SWITCH = "AIGC_CLASS"


class Rules(BaseModel):
    """What a class allows. Limits are each student's; a teacher has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field("", description="Shown where one joins.", max_length=200)
    code: str = Field("", description="Asked of students who join; empty = of nobody.")
    teacher_code: str = Field("", description="Asked of teachers; empty = one is made up and shown at the start.")
    passwords: str = Field("", description="File of lines name,password[,teacher]: people sign in instead of joining.")
    minutes: float = Field(10, description="Longest training.", gt=0)
    parameters: int = Field(10_000_000, description="Largest network, in weights.", gt=0)
    tries: int = Field(3, description="Most attempts of a training that is repeated until it passes.", ge=1)
    waiting: int = Field(3, description="Trainings in the queue.", ge=1)
    disk_mb: float = Field(1000, description="All runs and uploads together.", gt=0)
    upload_mb: float = Field(50, description="Largest upload.", gt=0)
    keep_days: float = Field(14, description="Days after which a run is swept away, unless it is pinned.", gt=0)
    memory_mb: float = Field(0, description="Memory of a training; 0 = its share. Not with a GPU.", ge=0)
    slots: int = Field(0, description="Trainings at once; 0 = as cores and the GPU's memory allow.", ge=0)


def rules() -> Rules | None:
    """Those of the class, or None where there is none.

    Raises:
        ConfigError: the file or a variable cannot be used.
    """
    given = os.environ.get(SWITCH, "")
    if given in ("", "0"):
        return None
    prefix = f"{SWITCH}_"
    named = {key.removeprefix(prefix).lower(): value for key, value in os.environ.items() if key.startswith(prefix)}
    return _rules(given, tuple(sorted(named.items())))


def _written_rules(file: Path) -> dict[str, Any]:
    values = tomllib.loads(text_by_hand(file).replace("\r\n", "\n"))
    people = values.get("passwords")
    if isinstance(people, str) and people and (beside := file.parent / people).is_file():
        values["passwords"] = str(beside)  # wherever the app is started
    return values


@lru_cache(maxsize=8)
def _rules(given: str, named: tuple[tuple[str, str], ...]) -> Rules:
    try:
        values = {} if given == "1" else _written_rules(absolute(given))
        return Rules.model_validate(values | dict(named))
    except (OSError, ValueError) as problem:  # TOML's and pydantic's errors are ValueErrors
        if isinstance(problem, ValidationError):
            first = problem.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        else:
            reason = str(problem)
        raise ConfigError(
            "class.bad_rules",
            "The rules of the class cannot be used ({reason}); {switch} is 1 or a file like docs/class.toml.",
            reason=reason,
            switch=SWITCH,
        ) from problem
