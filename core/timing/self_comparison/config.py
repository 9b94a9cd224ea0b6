"""Which operation to compare with itself, and how often. Checked where it is made, without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.settings import check_settings
from core.timing.workloads import axes
from core.timing.workloads.axes import Setting

# A comparison has two series at most, and is done sooner where it is SAME.
_SERIES = 2
# Of noise, the start of the device, and the first calls.
PRELIMINARY_S = 2.0

SETTINGS = {
    "device": Setting(help="where", kind=str, metavar="NAME", without="cpu"),
    "threads": Setting(help="CPU threads; 0 is all usable cores", kind=int, min=0, metavar="N", without="1"),
    "comparisons": Setting(
        help="how often it is compared with itself", kind=int, min=1, max=10_000, metavar="N", without="50"
    ),
    "max_seconds": replace(
        axes.LIMITS["max_seconds"], help="longest that a series of a comparison may take", without="0.5"
    ),
    "seed": axes.LIMITS["seed"],
}


@dataclass(frozen=True)
class SelfComparisonConfig:
    """SETTINGS says what each field may be. Raises InvalidRequest for what cannot be measured."""

    device: str = "cpu"  # torch's name
    threads: int = 1  # CPU threads, 0 for all usable cores; they do not apply to an accelerator
    comparisons: int = 50
    max_seconds: float = 0.5
    seed: int = 0  # of the random operands

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        object.__setattr__(self, "device", axes.resolved_devices((self.device,))[0])
        axes.check_threads((self.threads,))

    def expected_s(self) -> float:
        """Rather too long: most comparisons end before their time is up."""
        return PRELIMINARY_S + _SERIES * self.max_seconds * self.comparisons
