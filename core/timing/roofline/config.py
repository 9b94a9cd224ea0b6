"""Which roofs to find: checked where it is made, without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.settings import check_settings
from core.timing.workloads import axes
from core.timing.workloads.dtypes import DTYPE_BYTES

SETTINGS = {
    **{name: axes.AXES[name] for name in ("devices", "dtypes", "threads")},
    "max_seconds": replace(axes.LIMITS["max_seconds"], help="for all roofs together", min=1.0),
    "seed": axes.LIMITS["seed"],
}


@dataclass(frozen=True)
class RooflineConfig:
    """Which roofs to find; SETTINGS says what each field may be.

    Raises InvalidRequest for what cannot be measured.
    """

    devices: tuple[str, ...] = ("cpu",)  # torch's names; one that is not here is reported, not refused
    dtypes: tuple[str, ...] = tuple(DTYPE_BYTES)  # number formats, each with a roof of its own
    threads: tuple[int, ...] = (0,)  # CPU threads, 0 for all usable cores
    max_seconds: float = 60.0  # for all roofs together
    seed: int = 0  # of the random operands

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        object.__setattr__(self, "devices", axes.resolved_devices(self.devices))
        axes.check_threads(self.threads)
