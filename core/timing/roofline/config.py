"""Which roofs to find: checked where it is made, without torch."""

from __future__ import annotations

from dataclasses import dataclass

from core.timing.workloads import axes
from core.timing.workloads.dtypes import DTYPE_BYTES


@dataclass(frozen=True)
class RooflineConfig:
    """Which roofs to find. Raises InvalidRequest for what cannot be measured."""

    devices: tuple[str, ...] = ("cpu",)  # torch's names; one that is not here is reported, not refused
    dtypes: tuple[str, ...] = tuple(DTYPE_BYTES)
    threads: tuple[int, ...] = (0,)  # CPU threads, 0 for all usable cores
    max_seconds: float = 60.0  # for all roofs together
    seed: int = 0

    def __post_init__(self) -> None:
        axes.check_dtypes(self.dtypes)
        object.__setattr__(self, "devices", axes.resolved_devices(self.devices))
        axes.check_threads(self.threads)
        axes.check_max_seconds(self.max_seconds, low=1.0)
        axes.check_seed(self.seed)
