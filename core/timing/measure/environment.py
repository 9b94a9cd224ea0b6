"""What a result was measured on, with the settings of torch that matter to accelerators. Cheap to import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core import devices, torch_precision


def environment_of(names: Iterable[str]) -> dict[str, Any]:
    """The machine, and torch's settings for GPUs where one of these devices is no CPU.

    These need torch itself, which is imported later otherwise.
    """
    found = devices.environment()
    if set(names) != {"cpu"}:
        found["torch_settings"] = torch_precision.settings()
    return found
