"""A format without arithmetic of its own is known by its time, and named."""

from __future__ import annotations

from typing import Any

from core.timing.results.emulation import emulated, emulated_lines, shown_names


def taken(dtype: str, size: int, median_s: float, **more: Any) -> dict[str, Any]:
    return {
        "event": "measurement_taken",
        "workload": "gemm",
        "device": "cpu",
        "threads": 2,
        "dtype": dtype,
        "size": size,
        "median_s": median_s,
        "ci_low_s": 0.9 * median_s,
        "ci_high_s": 1.1 * median_s,
    } | more


def test_what_takes_twice_as_long_as_float32_at_the_largest_common_size_is_emulated() -> None:
    records = [
        *(taken("float32", size, size * 1e-6) for size in (64, 512)),
        *(taken("bfloat16", size, size * 4e-7) for size in (64, 512)),
        taken("float8", 64, 9e-5),
        taken("float8", 512, 0.9),
        taken("float64", 512, 1.0),  # wider: slow by right
    ]
    assert emulated(records) == {("cpu", 2, "float8")}
    assert shown_names(records, emulated(records)) == {
        "cpu float32, 2 threads": "cpu float32, 2 threads",
        "cpu bfloat16, 2 threads": "cpu bfloat16, 2 threads",
        "cpu float8, 2 threads": "cpu float8 (emulated), 2 threads",
        "cpu float64, 2 threads": "cpu float64, 2 threads",
    }
    (line,) = emulated_lines(emulated(records))
    assert line.startswith("float8 is emulated on cpu")


def test_the_best_products_of_a_roof_say_it_too_and_short_calls_say_nothing() -> None:
    roof = {"event": "roof_measured", "device": "cpu", "threads": 2, "gflops": {"float32": 100.0}}
    assert emulated([roof | {"gflops": {"float32": 100.0, "float8": 0.1}}]) == {("cpu", 2, "float8")}
    assert emulated([roof | {"gflops": {"float8": 0.1}}]) == set()
    assert emulated([taken("float32", 16, 1e-6), taken("float8", 16, 9e-6)]) == set()


def test_what_a_busy_machine_has_scattered_is_not_called_emulated() -> None:
    scattered = taken("bfloat16", 512, 4e-3, ci_low_s=1e-3)
    assert emulated([taken("float32", 512, 1e-3), scattered]) == set()


def test_another_precision_that_really_ran_is_in_the_name() -> None:
    records = [taken("float32", 64, 1e-3), taken("float32", 128, 1e-3, precision="tf32")]
    assert shown_names(records, set()) == {"cpu float32, 2 threads": "cpu float32 (ran as tf32), 2 threads"}
