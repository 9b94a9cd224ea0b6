"""Python runs this at the start of every process on whose path it is: torch will find the simulated cards.

Torch itself is imported only when the program does so, as the dashboard's process never does.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

BUILDS = Path(__file__).parents[1] / "builds"


class WithCards(importlib.abc.Loader):
    """Loads torch, and gives it its cards."""

    def __init__(self, loader: Any, origin: str) -> None:
        self._loader, self._origin = loader, origin

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        from tests.simulated_gpu import build, cards, installing

        machine = cards.machine_of(os.environ[cards.VARIABLE])
        library = build.load(machine)  # torch looks for GPUs only while it is imported
        module.__file__ = self._origin
        self._loader.exec_module(module)
        installing.furnish(machine, library)


class TorchFinder(importlib.abc.MetaPathFinder):
    """Finds torch where it is, as another build: a file beside its origin says for which GPUs it was made."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != "torch":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.origin is None:
            return spec
        spec.loader = WithCards(spec.loader, spec.origin)
        if build := os.environ.get("SIMULATED_GPU_BUILD"):
            spec.origin = str(BUILDS / build / "__init__.py")
        return spec


if "SIMULATED_GPU" in os.environ:
    sys.meta_path.insert(0, TorchFinder())
