"""What a device can compute and copy at most. A figure above that was not measured rightly.

Of an NVIDIA card it is the vendor's figure, of a CPU what its vector units add and multiply in each clock at
the highest one. Where neither is known nothing is doubted.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.devices import cpu
from core.timing.results.units import figure
from core.timing.roofline.vendor_peaks import Peak, peak_of

# Cards clock higher than their vendors promise where power and heat allow, though not by more than this.
HEADROOM = 1.1
# float32 operations of a core in one clock: two units, an FMA in each lane counts as two.
_A_CLOCK = {"AVX2": 2 * 8 * 2, "AVX512": 2 * 16 * 2}
_HALVED = {"float32": 1.0, "float64": 0.5}


@dataclass(frozen=True)
class PhysicalPeak:
    """GFLOP/s of a number format, or GB/s of memory, that no right figure exceeds."""

    value: float
    source: str  # whose figure it is, in words


def vendor_of(device: str) -> Peak | None:
    """The vendor's figures for a device that torch can use, None where they are not known."""
    return peak_of(torch.cuda.get_device_name(device)) if device.startswith("cuda") else None


def peak_gflops(device: str, dtype: str, threads: int | None) -> PhysicalPeak | None:
    """What a device can compute in a format, on so many CPU threads; None where that is not known."""
    if device == "cpu":
        clock_mhz = cpu.max_clock_mhz()
        a_clock = _A_CLOCK.get(torch.backends.cpu.get_cpu_capability(), 0) * _HALVED.get(dtype, 0.0)
        if not clock_mhz or not a_clock:
            return None
        return PhysicalPeak((threads or 1) * a_clock * clock_mhz / 1e3, "the cores at their highest clock")
    vendor = vendor_of(device)
    if vendor is None or dtype not in vendor.tflops:
        return None
    return PhysicalPeak(1e3 * vendor.tflops[dtype], "the vendor's figure")


def peak_gbps(device: str) -> PhysicalPeak | None:
    """What a device's memory moves; None where that is not known."""
    vendor = vendor_of(device)
    return PhysicalPeak(vendor.gbps, "the vendor's figure") if vendor else None


def not_believed(rate: float, peak: PhysicalPeak | None, unit: str = "GFLOP/s") -> str | None:
    """Why a rate cannot be right, in words; None where it can."""
    if peak is None or rate <= HEADROOM * peak.value:
        return None
    return f"{figure(rate)} {unit} is more than the device can do ({figure(peak.value)}, {peak.source})"
