"""The roofline is drawn where it is: memory's slope up to the ridge, then the peak; dots where they were."""

from __future__ import annotations

from typing import Any

import pytest

from core.timing.roofline.events import RooflinePoint
from dashboard.charts.machine.roofline import roofline_chart

ROOF = {
    "event": "roof_measured",
    "device": "cpu",
    "threads": 2,
    "gflops": {"float32": 400.0, "bfloat16": 2000.0},
    "gbps": 20.0,
    "launch_s": 1e-6,
}


def dot(intensity: float, gflops: float, **more: Any) -> RooflinePoint:
    given = {
        "workload": "gemm",
        "step": "forward",
        "data": "random",
        "dtype": "float32",
        "device": "cpu",
        "threads": 2,
        "size": 512,
        "gbps": gflops / intensity,
        "attainable_gflops": 400.0,
        "percent_of_peak": 100 * gflops / 400,
        "percent_of_bandwidth": 5.0,
        "percent_of_vendor": None,
        "limit": "compute-bound",
    }
    return RooflinePoint(intensity=intensity, gflops=gflops, **given | more)


def drawn(specification: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    return specification["datasets"][specification["layer"][layer]["data"]["name"]]


def test_a_roof_rises_with_the_bandwidth_until_the_ridge_and_then_is_flat() -> None:
    lines = drawn(roofline_chart([ROOF], []).to_dict(), 0)
    first, ridge, last = (line for line in lines if line["series"] == "float32")
    assert first["gflops"] == pytest.approx(20 * first["intensity"])
    assert (ridge["intensity"], ridge["gflops"]) == (20, 400)
    assert last["gflops"] == 400
    assert first["intensity"] < 20 < 100 < last["intensity"]  # bfloat16's ridge lies at 100


def test_a_dot_stands_where_it_was_measured_with_all_that_is_known_of_it() -> None:
    (shown,) = drawn(roofline_chart([ROOF], [dot(80.0, 300.0)]).to_dict(), 1)
    assert (shown["intensity"], shown["gflops"], shown["gbps"]) == (80, 300, 3.75)
    assert (shown["peak"], shown["limit"], shown["device"]) == (75, "compute-bound", "cpu, 2 threads")
    assert shown["name"] == "Matrix multiplication"


def test_every_dot_lies_within_the_axes() -> None:
    roofline_points = [dot(0.1, 0.002), dot(5000.0, 390.0)]
    encoding = roofline_chart([ROOF], roofline_points).to_dict()["layer"][1]["encoding"]
    (x_low, x_high), (y_low, y_high) = (encoding[axis]["scale"]["domain"] for axis in "xy")
    assert all(x_low < one.intensity < x_high and y_low < one.gflops < y_high for one in roofline_points)
    assert y_high > 2000


def test_operations_without_arithmetic_have_no_place() -> None:
    assert drawn(roofline_chart([ROOF], [dot(1.0, 0.0)]).to_dict(), 1) == []


def test_steps_differ_by_colour_and_shape_where_they_are_what_matters() -> None:
    roofline_points = [dot(1.0, 3.0), dot(1.0, 2.0, step="backward")]
    encoding = roofline_chart([ROOF], roofline_points, colour="step").to_dict()["layer"][1]["encoding"]
    for channel in ("color", "shape"):
        assert encoding[channel]["field"] == "series"
        assert encoding[channel]["scale"]["domain"] == ["forward", "backward"]


def test_without_a_roof_the_dots_are_there_all_the_same() -> None:
    specification = roofline_chart([], [dot(1.0, 3.0)]).to_dict()
    assert len(drawn(specification, 1)) == 1
    assert roofline_chart([ROOF | {"gbps": None}], []).to_dict()["title"]


def test_words_tell_the_roof_and_the_fastest_dot() -> None:
    words = str(roofline_chart([ROOF], [dot(80.0, 300.0)]).description)
    assert "memory 20 GB/s, float32 400 GFLOP/s" in words
    assert "Matrix multiplication with 300 GFLOP/s" in words
