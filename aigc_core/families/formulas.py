"""What a family's training makes small, as formulas with today's numbers under their terms and the code that computes
them. Importable without torch."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Term:
    """A part of a formula under which a figure stands: the name of a curve, “val:” in front of a held-out one."""

    symbol: str
    figure: str


@dataclass(frozen=True)
class Formula:
    """`name` says which title and explanation it has; `code` is ``module:function`` within this project."""

    name: str
    parts: tuple[str | Term, ...]
    code: str


def plain(formulas: list[Formula]) -> list[dict[str, Any]]:
    """Formulas as plain values, with the lines of their code."""
    return [
        {
            "name": one.name,
            "parts": [part if isinstance(part, str) else vars(part) for part in one.parts],
            "code": lines(one.code),
        }
        for one in formulas
    ]


@cache
def lines(code: str) -> dict[str, Any]:
    """Of ``module:function`` or ``module:Class.method``: `file`, `line` where it starts, and its `text`."""
    module, _, name = code.partition(":")
    file = PROJECT / (module.replace(".", "/") + ".py")
    text = file.read_text(encoding="utf-8")
    body = ast.parse(text).body
    for part in name.split("."):
        found = next(node for node in body if isinstance(node, DEFINITIONS) and node.name == part)
        body = found.body
    return {
        "file": file.relative_to(PROJECT).as_posix(),
        "line": found.lineno,
        "text": "\n".join(text.splitlines()[found.lineno - 1 : found.end_lineno]),
    }
