"""Which devices to set to work, alone and together. Checked without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import InvalidRequest
from core.settings import check_settings
from core.timing.workloads import axes
from core.timing.workloads.axes import Setting
from core.timing.workloads.workload import FLOATS_AND_TF32

SETTINGS = {
    "devices": replace(axes.AXES["devices"], min_values=2, without="all accelerators"),
    "dtype": Setting(
        help="number format of the products",
        kind=str,
        choices=tuple(FLOATS_AND_TF32),
        metavar="NAME",
        without="float32",
    ),
    "seconds": Setting(
        help="of work in each turn: alone, together, together, alone",
        kind=float,
        min=0.5,
        max=600,
        metavar="S",
        without="5",
    ),
    "seed": axes.LIMITS["seed"],
}


@dataclass(frozen=True)
class TogetherConfig:
    """SETTINGS says what each field may be. Raises InvalidRequest for what cannot be measured."""

    devices: tuple[str, ...]  # torch's names, two at least
    dtype: str = "float32"
    seconds: float = 5.0
    seed: int = 0

    def __post_init__(self) -> None:
        if len(set(self.devices)) < 2:
            raise InvalidRequest(
                f"devices {', '.join(self.devices) or 'none'}: two different ones are needed to work at once."
            )
        check_settings(SETTINGS, self)
        object.__setattr__(self, "devices", axes.resolved_devices(dict.fromkeys(self.devices)))
