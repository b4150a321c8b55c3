"""The pages' JavaScript: modules in `static/`, as they are read and what each imports."""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import quote

STATIC = Path(__file__).parent / "static"
IMPORT = re.compile(r'((?:^import|^export|^\}).*? from |^import )"(\.{1,2}/[^"]+)"', re.MULTILINE)


def read() -> dict[str, str]:
    """Every module, by its path below `static/`."""
    found = sorted(STATIC.rglob("*.js"))
    return {one.relative_to(STATIC).as_posix(): one.read_text(encoding="utf-8") for one in found}


def needed(name: str, modules: Mapping[str, str]) -> list[str]:
    """A module and all that it imports, each once, in the order in which they are met."""
    met = [name]
    for one in met:  # which grows
        met += [other for other in dict.fromkeys(_imports(one, modules[one])) if other not in met]
    return met


def in_one_piece(name: str) -> str:
    """A module as one text, for where nothing else is served: what it imports stands in it as addresses of data."""
    modules = read()
    done: dict[str, str] = {}

    def whole(one: str) -> str:
        if one not in done:
            done[one] = IMPORT.sub(
                lambda found: found[1] + json.dumps(_data(whole(_place(one, found[2])))), modules[one]
            )
        return done[one]

    return whole(name)


def _data(code: str) -> str:
    return f"data:text/javascript;charset=utf-8,{quote(code)}"


def _imports(name: str, code: str) -> list[str]:
    return [_place(name, found[2]) for found in IMPORT.finditer(code)]


def _place(name: str, given: str) -> str:
    """Where a module is that another one names."""
    parts: list[str] = []
    for part in (*PurePosixPath(name).parent.parts, *given.split("/")):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
