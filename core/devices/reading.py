"""Devices and their readings: a value with a unit, or the reason why it is absent."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reading:
    """One figure of a device now."""

    name: str
    value: float | None  # in `unit`; None exactly when there is a reason
    unit: str
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"Reading {self.name!r} needs either a value or a reason.")


@dataclass(frozen=True)
class Device:
    """Identity of a device."""

    id: str  # torch's name for it: "cpu", "cuda:0", "mps"
    name: str
    kind: str  # "cpu", "cuda", "mps" or "xpu"
    facts: dict[str, str | int | float] = field(default_factory=dict)  # constant while the program runs


def not_reported(name: str, unit: str, why: str) -> Reading:
    """A reading that this device does not have, and why."""
    return Reading(name, None, unit, f"not reported: {why}")


def by_name(*readings: Reading) -> dict[str, Reading]:
    """The readings keyed by their names, in order."""
    return {reading.name: reading for reading in readings}
