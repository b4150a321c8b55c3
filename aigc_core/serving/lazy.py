"""Modules that load torch, for the API's side of pages, which must open without it."""

import importlib
from collections.abc import Callable
from typing import Any


class LazyFunctions:
    """Functions and classes of a module that is imported by the first call of one; only calls are possible."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):  # what Python itself looks for
            raise AttributeError(name)

        def call(*given: object, **named: object) -> object:
            return getattr(importlib.import_module(self._module), name)(*given, **named)

        return call
