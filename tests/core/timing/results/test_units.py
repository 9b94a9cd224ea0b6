"""Quantities are written in units that people read."""

from __future__ import annotations

import pytest

from core.timing.results.units import counted, duration, figure, flops_rate, in_bytes


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (512 * 2**20, "512 MiB"), (24 * 2**30, "24 GiB")],
)
def test_bytes_come_in_powers_of_1024(count: int, text: str) -> None:
    assert in_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (2.5, "2.5 s"), (0.0123, "12.3 ms"), (1.23e-5, "12.3 µs"), (4.56e-8, "45.6 ns")],
)
def test_times_come_in_the_unit_that_keeps_them_above_one(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_rates_counts_and_figures() -> None:
    assert (flops_rate(999.0), flops_rate(1234.0)) == ("999 GFLOP/s", "1.23 TFLOP/s")
    assert (counted(1, "thread"), counted(2, "thread")) == ("1 thread", "2 threads")
    assert (figure(None), figure(0.01234), figure(12345.6)) == ("-", "0.0123", "12,346")
