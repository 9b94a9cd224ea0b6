"""A ceiling is what the roofline model allows: by the data sheet where there is one, else as measured."""

from __future__ import annotations

from typing import Any

import pytest

from core.timing.roofline.ceilings import DATA_SHEET, MEASURED, ceilings

H100 = {"event": "environment_read", "environment": {"gpus": [{"name": "NVIDIA H100 80GB HBM3"}]}}
ROOF = {
    "event": "roof_measured",
    "device": "cpu",
    "threads": 1,
    "gflops": {"float32": 100.0},
    "gbps": 20.0,
    "launch_s": None,
}


def product(device: str, size: int, seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "event": "measurement_taken",
        "device": device,
        "threads": 1 if device == "cpu" else None,
        "workload": "gemm",
        "dtype": "float32",
        "size": size,
        "median_s": seconds,
        "flops": 2 * size**3,
        "bytes_moved": 12 * size**2,
    } | more


def test_a_card_stands_under_its_data_sheet() -> None:
    (one,) = ceilings([H100, product("cuda:0", 8192, 2 * 8192**3 / 50e12)])
    assert one.of == DATA_SHEET
    assert one.gflops == pytest.approx(67_000)  # NVIDIA's figure for float32
    assert one.percent == pytest.approx(100 * 50 / 67)


def test_without_one_the_measured_peak_counts_and_memory_where_that_is_less() -> None:
    small, large = ceilings([ROOF, product("cpu", 16, 1e-6), product("cpu", 4096, 4.0)])
    assert (small.of, large.of) == (MEASURED, MEASURED)
    assert large.gflops == pytest.approx(100.0)
    assert small.gflops == pytest.approx(20.0 * 2 * 16 / 12)  # bandwidth times FLOPs a byte
    copy = product("cpu", 1000, 1e-6, workload="copy", flops=0, bytes_moved=8000)
    (moved,) = ceilings([ROOF, copy])
    assert (moved.gflops, moved.gbps, moved.percent) == (None, 20.0, pytest.approx(40.0))


def test_links_and_unknown_devices_have_none() -> None:
    assert ceilings([product("cuda:0", 64, 1e-3)]) == []
    assert ceilings([ROOF, product("cpu", 64, 1e-3, limit="link")]) == []
