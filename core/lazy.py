"""Import a heavy module at its first use, so that registries can name it and `--help` stays fast."""

from __future__ import annotations

import importlib
from typing import Any


class LazyModule:
    """A module that is imported when an attribute of it is first used.

    Write it under `if not TYPE_CHECKING`, with the real import above it, so that type checkers and readers
    see the module itself. A name that the module lacks raises that module's own AttributeError.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)  # the next use does not come here
        return value
