"""What a quick check is asked to look at: checked where it is made, without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.settings import check_settings
from core.timing.workloads import axes

SETTINGS = {
    "devices": axes.AXES["devices"],
    "max_seconds": replace(axes.LIMITS["max_seconds"], help="for everything together", min=5.0, without="45"),
    "seed": axes.LIMITS["seed"],
}


@dataclass(frozen=True)
class QuickCheckConfig:
    """Which devices to look at; SETTINGS says what each field may be.

    Raises InvalidRequest for what cannot be measured.
    """

    devices: tuple[str, ...] = ("cpu",)  # torch's names; one that is not here is reported, not refused
    max_seconds: float = 45.0  # for everything together
    seed: int = 0  # of the random operands

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        object.__setattr__(self, "devices", axes.resolved_devices(self.devices))
