"""The table of vendors' figures is consistent with itself and finds a card by its driver's name."""

from __future__ import annotations

import pytest
import torch

from core.timing.roofline import physical_peak
from core.timing.roofline.vendor_peaks import PEAKS, peak_of
from core.timing.workloads.dtypes import DTYPE_BYTES


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("NVIDIA H100 80GB HBM3", "H100 SXM"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H200", "H200"),
        ("NVIDIA A100-SXM4-80GB", "A100 SXM 80GB"),
        ("NVIDIA A100 80GB PCIe", "A100 PCIe 80GB"),
        ("Tesla V100-SXM2-16GB", "V100 SXM2"),
        ("Tesla T4", "T4"),
        ("Tesla P4", "Tesla P4"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA TITAN Xp", "TITAN Xp"),
        ("TITAN V", "TITAN V"),
        ("NVIDIA TITAN RTX", "TITAN RTX"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
    ],
)
def test_a_card_is_found_by_the_name_of_its_driver(name: str, key: str) -> None:
    assert peak_of(name) is PEAKS[key]


@pytest.mark.parametrize(
    "name",
    ["NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA GeForce RTX 3090 Ti", "NVIDIA A10G", "NVIDIA H200 NVL",
     "NVIDIA L40", "NVIDIA H100 NVL", "Intel Xeon", ""],
)  # fmt: skip
def test_a_card_that_only_sounds_alike_has_no_figures(name: str) -> None:
    assert peak_of(name) is None


@pytest.mark.parametrize("key", list(PEAKS))
def test_every_entry_has_sources_and_formats_that_can_be_timed(key: str) -> None:
    peak = PEAKS[key]
    assert peak.source
    assert set(peak.tflops) <= set(DTYPE_BYTES)
    assert all(value > 0 for value in (*peak.tflops.values(), peak.gbps))


# Multiprocessors, FMAs that one does in a clock (CUDA cores, tensor cores in float16 with float32 sums),
# and boost clock in GHz: NVIDIA's CUDA programming guide and white papers of the chips.
CHIPS = {
    "T4": (40, 64, 512, 1.59),
    "V100 SXM2": (80, 64, 512, 1.53),
    "TITAN RTX": (72, 64, 512, 1.77),
    "A100 SXM 80GB": (108, 64, 1024, 1.41),
    "RTX 3090": (82, 128, 256, 1.695),
    "RTX 4090": (128, 128, 256, 2.52),
    "L4": (60, 128, 512, 2.04),
}


@pytest.mark.parametrize("key", list(CHIPS))
def test_figures_are_those_of_cores_and_clock(key: str) -> None:
    multiprocessors, cuda, tensor, ghz = CHIPS[key]
    assert PEAKS[key].tflops["float32"] == pytest.approx(2e-3 * multiprocessors * cuda * ghz, rel=0.04)
    assert PEAKS[key].tflops["float16"] == pytest.approx(2e-3 * multiprocessors * tensor * ghz, rel=0.04)


@pytest.mark.parametrize(
    ("faster", "slower", "ratio"),
    [("int8", "bfloat16", 2), ("float8", "bfloat16", 2), ("bfloat16", "tf32", 2)],
)
def test_half_as_many_bits_are_twice_as_fast_and_no_figure_counts_zeros(
    faster: str, slower: str, ratio: float
) -> None:
    for key, peak in PEAKS.items():
        if faster in peak.tflops and slower in peak.tflops and "GeForce" not in peak.pattern:
            assert peak.tflops[faster] / peak.tflops[slower] == pytest.approx(ratio, rel=0.02), key


@pytest.mark.parametrize("key", ["Tesla P4", "TITAN Xp"])
def test_where_float16_runs_in_float32_arithmetic_its_peak_is_float32s(key: str) -> None:
    assert PEAKS[key].tflops["float16"] == PEAKS[key].tflops["float32"]


def test_a_rate_above_a_cards_peak_is_not_believed_and_one_at_a_high_clock_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA A100-SXM4-40GB")
    peak = physical_peak.peak_gflops("cuda:0", "bfloat16", None)
    assert physical_peak.not_believed(330_000, peak) is None
    assert "350,000 GFLOP/s is more than the device can do" in str(physical_peak.not_believed(350_000, peak))
    assert physical_peak.not_believed(1e9, physical_peak.peak_gflops("cuda:0", "float8", None)) is None
    copied = physical_peak.not_believed(2000, physical_peak.peak_gbps("cuda:0"), "GB/s")
    assert "2,000 GB/s is more than the device can do (1,555, the vendor's figure)" in str(copied)
