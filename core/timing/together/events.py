"""What a measurement of devices at work together yields, besides Progress, EnvironmentRead, DeviceAbsent."""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTS, TRANSFERS = "products", "transfers"


@dataclass(frozen=True)
class TogetherMeasured:
    """One device, alone and while the others do the same."""

    work: str  # PRODUCTS, or TRANSFERS of pinned memory to the device
    device: str
    others: tuple[str, ...]
    alone_per_s: float  # calls a second, the median of its turns' parts
    together_per_s: float
    ratio: float  # together over alone: 1 where nothing is shared
    low: float  # ends of the ratio's 95% interval
    high: float
    says: str  # one sentence
