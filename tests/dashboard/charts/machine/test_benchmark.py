"""Charts of a sweep show what was measured, from the first point on, and say it in words too."""

from __future__ import annotations

from typing import Any

import altair as alt
import pytest

from core.events import Progress, event_record
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.sweep import sweep
from dashboard.charts.machine.benchmark import (
    READINGS,
    has_bands,
    rate_chart,
    reading_chart,
    reported,
    speedup_chart,
    time_chart,
    unreported,
)
from dashboard.charts.machine.known import MAX_SERIES, known_of

CONFIG = SweepConfig(sizes=(16, 32, 64), max_seconds=0.1, target_ci=0.2)


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return [event_record(event) for event in sweep(CONFIG) if not isinstance(event, Progress)]


def drawn(chart: alt.Chart | alt.LayerChart) -> list[dict[str, Any]]:
    """The rows in the chart's Vega-Lite specification, which this also validates against its schema."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


@pytest.mark.parametrize("chart", [rate_chart, time_chart])
def test_every_measurement_is_a_point_with_its_interval(chart: Any, records: list[dict[str, Any]]) -> None:
    rows = drawn(chart(records, CONFIG.sizes))
    taken = [record for record in records if record["event"] == "measurement_taken"]
    assert [(row["size"], row["gflops"]) for row in rows] == [(r["size"], r["gflops"]) for r in taken]
    assert all(row["ci_low_s"] <= row["median_s"] <= row["ci_high_s"] for row in rows)


@pytest.mark.parametrize("chart", [rate_chart, time_chart, speedup_chart])
def test_the_size_axis_is_that_of_the_whole_run_before_the_first_point(chart: Any) -> None:
    specification = chart([], CONFIG.sizes).to_dict()
    axes = [layer["encoding"]["x"] for layer in specification["layer"] if "x" in layer["encoding"]]
    assert all(
        axis["scale"]["domain"] == [16, 64] and axis["axis"]["values"] == [16, 32, 64] for axis in axes
    )
    assert "No points yet" in specification["description"]


@pytest.mark.parametrize("chart", [rate_chart, time_chart, speedup_chart])
def test_series_differ_by_colour_dash_and_shape_and_axes_have_titles(
    chart: Any, records: list[dict[str, Any]]
) -> None:
    specification = chart(records, CONFIG.sizes).to_dict()
    encodings = [layer["encoding"] for layer in specification["layer"]]
    for channel, field in (("color", "series"), ("strokeDash", "dash"), ("shape", "series")):
        assert any(encoding.get(channel, {}).get("field") == field for encoding in encodings)
    assert all(row["dash"] == row["series"] for row in drawn(chart(records, CONFIG.sizes)) if "series" in row)
    assert all(encoding["x"]["title"] for encoding in encodings if "x" in encoding)
    assert {encoding["y"]["title"] for encoding in encodings if "title" in encoding["y"]}
    assert specification["title"]


def test_words_name_the_best_point_of_each_series(records: list[dict[str, Any]]) -> None:
    taken = [record for record in records if record["event"] == "measurement_taken"]
    best = max((r for r in taken if r["dtype"] == "float32"), key=lambda record: record["gflops"])
    words = str(rate_chart(records, CONFIG.sizes).description)
    assert f"{best['gflops']:,.0f} GFLOP/s at size {best['size']}" in words


def test_the_speed_up_of_the_reference_is_a_line_at_one_and_not_a_series(
    records: list[dict[str, Any]],
) -> None:
    rows = drawn(speedup_chart(records, CONFIG.sizes))
    assert {"ratio": 1.0} in rows
    assert not any(row.get("series") == row.get("reference") for row in rows if "series" in row)


def test_a_reading_is_drawn_in_its_unit_after_every_measurement(records: list[dict[str, Any]]) -> None:
    sampled = [record for record in records if record["event"] == "device_sampled"]
    rows = drawn(reading_chart(records, "memory_used"))
    assert [row["value"] for row in rows] == [
        pytest.approx(record["readings"]["memory_used"]["value"] / 2**30) for record in sampled
    ]
    assert {row["device"] for row in drawn(reading_chart(records, "utilisation"))} == {
        "cpu",
        "cpu, other programs",
    }


def test_a_reading_is_either_drawn_or_its_absence_explained(records: list[dict[str, Any]]) -> None:
    for name, (title, _, _) in READINGS.items():
        explained = any(title.lower() in sentence for sentence in unreported(records))
        there = name in next(r for r in records if r["event"] == "device_sampled")["readings"]
        assert (name in reported(records)) != explained or not there


def test_a_series_looks_the_same_in_every_chart(records: list[dict[str, Any]]) -> None:
    def colours(chart: alt.LayerChart) -> list[str]:
        layers = chart.to_dict()["layer"]
        return next(
            layer["encoding"]["color"]["scale"]["domain"] for layer in layers if "color" in layer["encoding"]
        )

    speedup = speedup_chart(records, CONFIG.sizes)
    assert colours(speedup) == list(
        dict.fromkeys(row["series"] for row in drawn(rate_chart(records, CONFIG.sizes)))
    )


def product(dtype: str, size: int, median_s: float) -> dict[str, Any]:
    times = {"median_s": median_s, "ci_low_s": 0.95 * median_s, "ci_high_s": 1.05 * median_s}
    flops = 2 * size**3
    rates = {"gflops": flops / median_s / 1e9, "gflops_low": 0.0, "gflops_high": 0.0}
    return {
        "event": "measurement_taken",
        "workload": "gemm",
        "device": "cpu",
        "threads": 1,
        "dtype": dtype,
        "size": size,
        "flops": flops,
        "bytes_moved": 12 * size**2,
        "samples": 6,
        "stopped_by": "target",
        "first_call_s": 3 * median_s,
        **times,
        **rates,
    }


SIZES = (256, 1024)
SLOW_FLOAT8 = [
    *(product("float32", size, size**3 * 2e-11) for size in SIZES),  # 100 GFLOP/s
    *(product("float8", size, size**3 * 2e-8) for size in SIZES),  # 0.1
]


@pytest.mark.parametrize("log", [False, True])
def test_an_emulated_format_is_named_and_squeezes_no_axis(log: bool) -> None:
    for chart in (rate_chart(SLOW_FLOAT8, SIZES, log), time_chart(SLOW_FLOAT8, SIZES)):
        names = {row["series"] for row in drawn(chart) if "series" in row}
        assert names == {"cpu float32, 1 thread", "cpu float8 (emulated), 1 thread"}
    scales = [
        layer["encoding"]["y"]["scale"]
        for layer in time_chart(SLOW_FLOAT8, SIZES).to_dict()["layer"]
        if "scale" in layer["encoding"]["y"]
    ]
    low, high = scales[0]["domain"]
    assert low < 256**3 * 2e-11
    assert 1024**3 * 2e-11 < high < 1024**3 * 1e-10


def test_a_band_reaches_from_85_percent_to_what_the_measured_peak_allows() -> None:
    roof = {"event": "roof_measured", "device": "cpu", "threads": 1, "gbps": 1e3, "launch_s": None}
    known = known_of([roof | {"gflops": {"float32": 125.0}}, *SLOW_FLOAT8])
    bands = [row for row in drawn(rate_chart(SLOW_FLOAT8, SIZES, known=known)) if "of" in row]
    assert [(row["size"], row["high"], row["low"]) for row in bands] == [
        (size, pytest.approx(125.0), pytest.approx(0.85 * 125.0)) for size in SIZES
    ]
    assert has_bands(SLOW_FLOAT8, known) == "measured peak"
    reached = {
        row["reached"] for row in drawn(rate_chart(SLOW_FLOAT8, SIZES, known=known)) if "reached" in row
    }
    assert "80% of the measured peak" in reached
    assert has_bands(SLOW_FLOAT8, known_of(SLOW_FLOAT8)) is None


def test_first_calls_are_drawn_when_they_are_asked_for() -> None:
    def fields(chart: Any) -> set[str]:
        return {layer["encoding"]["y"]["field"] for layer in chart.to_dict()["layer"]}

    assert "first_call_s" in fields(time_chart(SLOW_FLOAT8, SIZES, first_calls=True))
    assert "first_call_s" not in fields(time_chart(SLOW_FLOAT8, SIZES))


def test_of_more_series_than_an_eye_tells_apart_the_fastest_are_drawn() -> None:
    many = [
        product("float32", size, size**3 * 1e-11 * threads) | {"threads": threads}
        for size in SIZES
        for threads in range(1, 31)
    ]
    known = known_of(many, many)
    assert known.shown is not None
    rows = [row for row in drawn(rate_chart(many, SIZES, known=known)) if "series" in row]
    assert {row["series"] for row in rows} == {
        f"cpu float32, {threads} thread{'s' * (threads > 1)}" for threads in range(1, MAX_SERIES + 1)
    }
    assert known_of(many[:4], many[:4]).shown is None


def test_ten_thousand_readings_become_a_line_that_can_be_drawn() -> None:
    sampled = [
        {
            "event": "device_sampled",
            "device": "cpu",
            "at_s": float(number),
            "during": "a point",
            "readings": {"utilisation": {"value": 40.0 + number % 3, "unit": "%"}},
        }
        for number in range(10_000)
    ]
    rows = [row for row in drawn(reading_chart(sampled, "utilisation")) if "at_s" in row]
    assert len(rows) <= 400
    assert all(40.0 <= row["value"] <= 42.0 == row["highest"] for row in rows)
