"""The chart of speed-ups shows every ratio, and the marks where they are reached."""

from __future__ import annotations

from typing import Any

import pytest

from core.timing.sweeps.events import Reached, SpeedupCurve
from dashboard.charts.machine.speedup import overtaking_chart, sentences

CURVE = SpeedupCurve(
    "gemm",
    "forward",
    "random",
    "float32",
    "cuda:0",
    "cuda:0 float32",
    "cpu float32, 16 threads",
    sizes=(64, 256, 1024),
    ratios=(0.5, 8.0, 60.0),
    reached=(Reached(1.0, 90.0), Reached(10.0, 300.0), Reached(40.0, 800.0)),
    with_transfers=(0.1, 2.0, 20.0),
    reached_with_transfers=(
        Reached(1.0, 180.0),
        Reached(10.0, 600.0),
        Reached(40.0, None, "never up to 1024, the largest size measured; the most is 20x"),
    ),
)


def rows(specification: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    return specification["datasets"][specification["layer"][layer]["data"]["name"]]


def test_every_ratio_is_a_point_with_and_without_transfers() -> None:
    points = rows(overtaking_chart([CURVE]).to_dict(), 2)
    assert [
        (point["size"], point["ratio"]) for point in points if point["way"] == "operands on the device"
    ] == [
        (64, 0.5),
        (256, 8.0),
        (1024, 60.0),
    ]
    assert [point["ratio"] for point in points if point["way"] == "with transfers"] == [0.1, 2.0, 20.0]


def test_marks_stand_where_the_curve_reaches_1_10_and_40_and_nowhere_else() -> None:
    specification = overtaking_chart([CURVE]).to_dict()
    assert {(mark["size"], mark["ratio"]) for mark in rows(specification, 3)} == {
        (90, 1),
        (300, 10),
        (800, 40),
        (180, 1),
        (600, 10),
    }
    assert [level["ratio"] for level in rows(specification, 0)] == [1, 10, 40]


def test_words_tell_the_marks_and_why_one_is_missing() -> None:
    alone, carried = sentences(CURVE)
    assert alone == (
        "cuda:0 float32, operands on the device: "
        "1× from size 90 on; 10× from size 300 on; 40× from size 800 on."
    )
    assert "40× never up to 1024" in carried
    assert alone in str(overtaking_chart([CURVE]).description)


@pytest.mark.parametrize("curves", [[], [CURVE]])
def test_axes_have_titles(curves: list[SpeedupCurve]) -> None:
    specification = overtaking_chart(curves).to_dict()
    assert specification["layer"][1]["encoding"]["y"]["title"] == "Times as fast as the CPU"
    assert specification["title"]
