"""What every device answers with: who it is, and readings with a unit, or the reason why they are absent."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reading:
    """One figure of a device now. value is None exactly when reason says why."""

    name: str
    value: float | None
    unit: str
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"Reading {self.name!r} needs either a value or a reason.")


@dataclass(frozen=True)
class Device:
    """Who a device is. id is torch's name for it: "cpu", "cuda:0", "mps".

    kind is "cpu", "cuda", "mps" or "xpu"; facts do not change while the program runs.
    """

    id: str
    name: str
    kind: str
    facts: dict[str, str | int | float] = field(default_factory=dict)


def not_reported(name: str, unit: str, why: str) -> Reading:
    """A reading that this device does not give, and why."""
    return Reading(name, None, unit, f"not reported: {why}")


def by_name(*readings: Reading) -> dict[str, Reading]:
    """The readings keyed by their names, in order."""
    return {reading.name: reading for reading in readings}
