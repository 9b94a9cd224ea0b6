"""Which collective operations to measure, and at which message sizes. Checked without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.settings import check_settings
from core.timing.workloads import axes
from core.timing.workloads.axes import Setting

# Bus bandwidth over algorithm bandwidth for n processes, as nccl-tests defines it: what every link carries,
# so that figures of different operations and numbers of processes can be compared.
# Source: https://github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md
BUS_FACTORS = {
    "all_reduce": lambda n: 2 * (n - 1) / n,
    "all_gather": lambda n: (n - 1) / n,
    "reduce_scatter": lambda n: (n - 1) / n,
    "broadcast": lambda n: 1.0,
    "send_recv": lambda n: 1.0,
}
BACKENDS = ("gloo", "nccl")

SETTINGS = {
    "operations": Setting(
        help="operations",
        kind=str,
        many=True,
        choices=tuple(BUS_FACTORS),
        min_values=1,
        word="operation",
        metavar="NAME,...",
        without="all",
    ),
    "sizes": Setting(
        help="message sizes in bytes",
        kind=int,
        many=True,
        min=4,
        max=2**36,
        min_values=1,
        word="size",
        metavar="N,...",
        without="8 B to 64 MiB",
    ),
    "backend": Setting(
        help="how processes talk",
        kind=str,
        choices=BACKENDS,
        optional=True,
        metavar="NAME",
        without="nccl where every process has a GPU of its own, else gloo",
    ),
    "max_seconds": replace(axes.LIMITS["max_seconds"], without="0.5"),
}


@dataclass(frozen=True)
class CollectivesConfig:
    """SETTINGS says what each field may be. Raises InvalidRequest for what cannot be measured."""

    operations: tuple[str, ...] = tuple(BUS_FACTORS)
    sizes: tuple[int, ...] = (*(8**power for power in range(1, 9)), 2**26)  # bytes of a message
    backend: str | None = None
    max_seconds: float = 0.5  # for one operation at one size

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
