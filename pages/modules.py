"""The pages' JavaScript: modules in `static/`, as they are read and what each imports.

They use two forms only: `import { … } from "./other.js"`, and `export` before a function, a class or a const.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

STATIC = Path(__file__).parent / "static"
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.{1,2}/[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
DESCRIPTION = re.compile(r"^ */\*\*(?:[^*]|\*(?!/))*\*/\n", re.MULTILINE)


def read() -> dict[str, str]:
    """Every module, by its path below `static/`."""
    found = sorted(STATIC.rglob("*.js"))
    return {one.relative_to(STATIC).as_posix(): one.read_text(encoding="utf-8") for one in found}


def needed(name: str, modules: Mapping[str, str]) -> list[str]:
    """A module and all that it imports, each once, after what it imports itself."""
    met: list[str] = []
    order: list[str] = []

    def meet(one: str) -> None:
        if one in met:
            return
        met.append(one)
        for found in IMPORT.finditer(modules[one]):
            meet(_place(one, found[2]))
        order.append(one)

    meet(name)
    return order


def in_one_piece(name: str) -> str:
    """A module as one text, for where no other can be fetched: each that it needs stands before it, in a function."""
    modules = read()
    *others, _ = needed(name, modules)
    parts = ["const modules = {};"]
    for other in others:
        code = modules[other]
        exported = ", ".join(EXPORT.findall(code))
        body = EXPORT.sub("", _inner(other, code))
        parts.append(f"modules[{json.dumps(other)}] = (() => {{\n{body}return {{ {exported} }};\n}})();")
    return "\n".join([*parts, _inner(name, modules[name])])


def _inner(name: str, code: str) -> str:
    """The code with what it imports taken from `modules`, and without descriptions."""

    def taken(found: re.Match[str]) -> str:
        names = (found[1] or "").replace(" as ", ": ")
        return f"const {{{names}}} = modules[{json.dumps(_place(name, found[2]))}];"

    return DESCRIPTION.sub("", IMPORT.sub(taken, code))


def _place(name: str, given: str) -> str:
    """Where a module is that another one names."""
    parts: list[str] = []
    for part in (*PurePosixPath(name).parent.parts, *given.split("/")):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
