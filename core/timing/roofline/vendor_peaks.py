"""What vendors say that their cards can do at most: dense products, and the bandwidth of their memory.

Many lists give figures for matrices of which half is zero ("with sparsity"), twice as high; these are not
they. Cards without fast float16 arithmetic (P4, TITAN Xp) are given float32's figure for it, since torch
multiplies float16 in float32 arithmetic there. Figures of float8 are for sums that are not kept in float32
throughout ("fast accumulation"). On GeForce cards float16 and bfloat16 are half as fast when sums are kept in
float32, as torch keeps them; those are the figures here. A card or a format whose figure is in doubt is left
out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Peak:
    """A card's figures."""

    pattern: str  # matches the name that the driver gives, less a leading "NVIDIA "
    tflops: Mapping[str, float]  # by number format; int8 in TOPS
    gbps: float  # of its memory
    # Where the figures come from; "cores and clock" marks those that follow from the number of cores and the
    # boost clock.
    source: str


_HALVES = ("float16", "bfloat16")


def _tflops(
    float32: float,
    halves: float | None = None,
    float16: float | None = None,
    **others: float,
) -> dict[str, float]:
    known = {"float32": float32} | others
    if float16 is not None:
        known["float16"] = float16
    return known | (dict.fromkeys(_HALVES, halves) if halves is not None else {})


PEAKS: dict[str, Peak] = {
    "Tesla P4": Peak(
        r"Tesla P4",
        _tflops(5.5, float16=5.5, int8=22),
        192,
        "NVIDIA Tesla P4 data sheet; float16 in float32 arithmetic",
    ),
    "TITAN Xp": Peak(
        r"TITAN Xp",
        _tflops(12.15, float16=12.15, int8=48.6),
        547.7,
        "NVIDIA's product page (547.7 GB/s, 12 TFLOP/s); the rest from cores and clock: 3,840 × 1.582 GHz",
    ),
    "TITAN V": Peak(
        r"TITAN V",
        _tflops(14.9, float16=110),
        653,
        "NVIDIA TITAN V product page; float32 from cores and clock: 5,120 × 1.455 GHz",
    ),
    "TITAN RTX": Peak(
        r"TITAN RTX",
        _tflops(16.3, float16=130, int8=261),
        672,
        "NVIDIA TITAN RTX product page; float32 and int8 from cores and clock: 4,608 × 1.77 GHz",
    ),
    "V100 SXM2": Peak(
        r"Tesla V100-SXM2-(16|32)GB",
        _tflops(15.7, float16=125, float64=7.8),
        900,
        "NVIDIA V100 data sheet",
    ),
    "V100 PCIe": Peak(
        r"Tesla V100-PCIE-(16|32)GB",
        _tflops(14, float16=112, float64=7),
        900,
        "NVIDIA V100 data sheet",
    ),
    "T4": Peak(r"Tesla T4", _tflops(8.1, float16=65, int8=130), 320, "NVIDIA T4 data sheet"),
    "A10": Peak(
        r"A10",
        _tflops(31.2, 125, tf32=62.5, int8=250),
        600,
        "NVIDIA A10 data sheet; users measured half of it",
    ),
    "A100 SXM 80GB": Peak(
        r"A100-SXM4-80GB",
        _tflops(19.5, 312, float64=19.5, tf32=156, int8=624),
        2039,
        "NVIDIA A100 data sheet",
    ),
    "A100 SXM 40GB": Peak(
        r"A100-SXM4-40GB",
        _tflops(19.5, 312, float64=19.5, tf32=156, int8=624),
        1555,
        "NVIDIA A100 data sheet",
    ),
    "A100 PCIe 80GB": Peak(
        r"A100 80GB PCIe",
        _tflops(19.5, 312, float64=19.5, tf32=156, int8=624),
        1935,
        "NVIDIA A100 data sheet",
    ),
    "A100 PCIe 40GB": Peak(
        r"A100-PCIE-40GB",
        _tflops(19.5, 312, float64=19.5, tf32=156, int8=624),
        1555,
        "NVIDIA A100 data sheet",
    ),
    "L4": Peak(r"L4", _tflops(30.3, 121, tf32=60, float8=242, int8=242), 300, "NVIDIA L4 data sheet, halved"),
    "L40S": Peak(r"L40S", _tflops(91.6, 362, tf32=183, float8=733, int8=733), 864, "NVIDIA L40S data sheet"),
    "H100 SXM": Peak(
        r"H100 80GB HBM3",
        _tflops(67, 989, float64=67, tf32=494, float8=1979, int8=1979),
        3350,
        "NVIDIA H100 data sheet, halved",
    ),
    "H100 PCIe": Peak(
        r"H100 PCIe",
        _tflops(51, 756, float64=51, tf32=378, float8=1513, int8=1513),
        2000,
        "NVIDIA H100 data sheet, halved",
    ),
    "H200": Peak(
        r"H200",
        _tflops(67, 989, float64=67, tf32=494, float8=1979, int8=1979),
        4800,
        "NVIDIA H200 data sheet, halved",
    ),
    "B200": Peak(
        r"B200",
        _tflops(80, 2250, tf32=1125, float8=4500, int8=4500),
        8000,
        "NVIDIA DGX B200 data sheet, for one GPU, halved",
    ),
    "RTX 3090": Peak(
        r"GeForce RTX 3090",
        _tflops(35.6, 71, tf32=35.6, int8=284),
        936,
        "NVIDIA GA102 white paper, appendix A; sums in float32",
    ),
    "RTX 4090": Peak(
        r"GeForce RTX 4090",
        _tflops(82.6, 165, tf32=82.6, float8=330, int8=661),
        1008,
        "NVIDIA Ada white paper, appendix A; sums in float32",
    ),
    "RTX 5090": Peak(
        r"GeForce RTX 5090",
        _tflops(104.8, 210, float8=419, int8=838),
        1792,
        "NVIDIA RTX Blackwell white paper, appendix; sums in float32",
    ),
}


def peak_of(name: str) -> Peak | None:
    """The figures of a card by the name that its driver gives; None where the card is not in the table."""
    short = name.removeprefix("NVIDIA ").strip()
    return next((peak for peak in PEAKS.values() if re.fullmatch(peak.pattern, short)), None)
