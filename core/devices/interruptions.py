"""How often the system has taken a core away from this process, where it counts that."""

from __future__ import annotations

import importlib
from types import ModuleType

_resource: ModuleType | None
try:
    _resource = importlib.import_module("resource")
except ImportError:  # Windows
    _resource = None


def interruptions() -> int | None:
    """Involuntary context switches since the process began; None where they are not counted."""
    return _resource.getrusage(_resource.RUSAGE_SELF).ru_nivcsw if _resource else None
