"""Records become rows, files and speed-ups without losing or inventing anything."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from core.timing.results.events import SCHEMA
from core.timing.results.table import fastest, measurements, other_load, series_name, table, to_csv, to_json
from core.timing.sweeps.speedup import speedups


def taken(device: str, dtype: str, threads: int | None, size: int, median_s: float) -> dict[str, Any]:
    """A record of a measurement with an interval of 10% on both sides."""
    return {
        "event": "measurement_taken",
        "workload": "gemm",
        "device": device,
        "dtype": dtype,
        "threads": threads,
        "size": size,
        "median_s": median_s,
        "ci_low_s": 0.9 * median_s,
        "ci_high_s": 1.1 * median_s,
        "samples": 3,
        "gflops": 2 * size**3 / median_s / 1e9,
        "gflops_low": 2 * size**3 / median_s / 1.1e9,
        "gflops_high": 2 * size**3 / median_s / 0.9e9,
        "stopped_by": "target",
        "first_call_s": 1.0,
        "repeats": 1,
        "timer_overhead": 0.0,
        "flops": 2 * size**3,
        "bytes_moved": 12 * size**2,
        "times_s": [median_s] * 3,
    }


CPU_ONLY = [
    taken("cpu", "float32", 1, 64, 0.008),
    taken("cpu", "float32", 2, 64, 0.004),
    taken("cpu", "bfloat16", 1, 64, 0.001),
]
WITH_GPU = [
    *CPU_ONLY,
    taken("cuda:0", "float32", None, 64, 0.0001),
    taken("cuda:0", "float16", None, 64, 0.00005),
]


def test_series_are_named_for_people() -> None:
    assert [series_name(record) for record in WITH_GPU[1:4]] == [
        "cpu float32, 2 threads",
        "cpu bfloat16, 1 thread",
        "cuda:0 float32",
    ]


def test_without_a_gpu_the_reference_is_float32_on_one_thread() -> None:
    found = {speedup.series: speedup for speedup in speedups(CPU_ONLY)}
    assert {speedup.reference for speedup in found.values()} == {"cpu float32, 1 thread"}
    assert found["cpu float32, 2 threads"].ratio == pytest.approx(2)
    assert found["cpu bfloat16, 1 thread"].ratio == pytest.approx(8)
    assert found["cpu float32, 1 thread"].ratio == 1


def test_with_a_gpu_the_reference_is_the_cpu_in_the_same_precision_with_most_threads() -> None:
    (only,) = speedups(WITH_GPU)  # float16 was not measured on the CPU, so there is nothing to compare with
    assert (only.series, only.reference) == ("cuda:0 float32", "cpu float32, 2 threads")
    assert only.ratio == pytest.approx(40)
    assert (only.low, only.high) == (pytest.approx(40 * 0.9 / 1.1), pytest.approx(40 * 1.1 / 0.9))


def test_nothing_measured_is_nothing_compared() -> None:
    assert speedups([{"event": "sweep_finished", "measurements": 0, "elapsed_s": 0.1}]) == []


def test_csv_reads_back_to_the_same_figures() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(WITH_GPU))))
    assert len(rows) == len(WITH_GPU)
    for row, record in zip(rows, WITH_GPU, strict=True):
        assert float(row["median_s"]) == record["median_s"]
        assert row["threads"] == ("" if record["threads"] is None else str(record["threads"]))


def test_json_keeps_every_event_with_its_raw_samples() -> None:
    answer = json.loads(to_json(WITH_GPU))
    assert answer["schema"] == SCHEMA
    assert answer["events"] == WITH_GPU


def test_the_table_is_in_microseconds_and_percent() -> None:
    row = table(CPU_ONLY)[0]
    assert row["median_us"] == pytest.approx(8000)
    assert row["plus_minus_percent"] == pytest.approx(10)


def test_the_fastest_of_each_precision_comes_best_first() -> None:
    assert [(best["dtype"], best["device"]) for best in fastest(WITH_GPU, by="dtype")] == [
        ("float16", "cuda:0"),
        ("float32", "cuda:0"),
        ("bfloat16", "cpu"),
    ]
    assert len(measurements(WITH_GPU)) == 5


def test_the_load_of_other_programs_is_the_highest_seen_and_unknown_when_never_read() -> None:
    sampled = [
        {"event": "device_sampled", "device": "cpu", "readings": {"others": {"value": value}}}
        for value in (3.0, None, 40.0)
    ]
    assert other_load(sampled) == 40.0
    assert other_load(CPU_ONLY) is None
