"""The learning rate of a run at any of its steps: by its schedule, and by what was changed on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.training.schedules import learning_rate

Records = Sequence[Mapping[str, Any]]


def rate_at(config: Mapping[str, Any], planned_steps: int, changes: Records, step: int) -> float:
    """The learning rate of the step after this one. changes: "setting_changed" records."""
    return learning_rate(
        step, planned_steps, config["schedule"], config["learning_rate"], changes_of_rate(changes)
    )


def changes_of_rate(changes: Records) -> list[tuple[int, float]]:
    """After which step it was changed, and to what."""
    return [(change["step"], change["after"]) for change in changes if change["setting"] == "learning_rate"]
