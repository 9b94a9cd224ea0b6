"""What a stress test is asked to load, and when it stops. Checked where it is made, without torch."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings import check_settings
from core.timing.workloads import axes
from core.timing.workloads.axes import Setting
from core.timing.workloads.workload import FLOATS_AND_TF32

SETTINGS = {
    "devices": axes.AXES["devices"],
    "dtype": Setting(
        help="number format of the products",
        kind=str,
        choices=tuple(FLOATS_AND_TF32),
        metavar="NAME",
        without="float32",
    ),
    "minutes": Setting(help="how long to work", kind=float, min=0.05, max=24 * 60, metavar="M", without="2"),
    "max_celsius": Setting(
        help="a device that becomes so hot is stopped, where it reports its temperature",
        kind=float,
        min=30,
        max=110,
        word="max-celsius",
        metavar="T",
        without="95",
    ),
    "seed": axes.LIMITS["seed"],
}


@dataclass(frozen=True)
class StressConfig:
    """Which devices to load, all at once; SETTINGS says what each field may be.

    Raises InvalidRequest for what cannot be loaded.
    """

    devices: tuple[str, ...] = ("cpu",)  # torch's names; one that is not here is reported, not refused
    dtype: str = "float32"
    minutes: float = 2.0
    max_celsius: float = 95.0
    seed: int = 0  # of the random operands

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        object.__setattr__(self, "devices", axes.resolved_devices(self.devices))
