"""The error chart reads from exact to lost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dashboard.charts.precision import error_chart

EVERY = ["float32", "float16", "float8"]


def chart(errors: list[float], **more: Any) -> dict[str, Any]:
    x = np.linspace(-1, 1, len(errors))
    found: dict[str, Any] = error_chart(
        {"float16": (x, np.array(errors))},
        {"float16": 5e-4},
        EVERY,
        "GELU: f(x)",
        "Relative error",
        1.0,
        **more,
    ).to_dict()
    return found


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return next(data for data in spec["datasets"].values() if "error" in data[0])


def test_title_axes_and_a_rule_for_rounding_alone() -> None:
    spec = chart([1e-4, 2e-3])
    assert spec["title"]["text"] == "GELU: f(x)"
    assert spec["description"] == "Relative error over x for float16."
    line, _, rule = spec["layer"]
    assert line["encoding"]["y"]["title"] == "Relative error"
    assert line["encoding"]["y"]["scale"]["type"] == "log"
    assert line["encoding"]["color"]["scale"]["domain"] == EVERY
    assert rule["mark"]["type"] == "rule"


def test_exact_is_at_the_bottom_and_lost_at_the_top() -> None:
    spec = chart([0.0, 1e-4, math.inf])
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert [row["shown"] for row in rows(spec)] == [low, 1e-4, high]
    assert [row["text"] for row in rows(spec)] == ["exact", "0.0001", "lost: infinite or NaN"]


def test_nothing_is_drawn_off_the_axis() -> None:
    spec = chart([1e-30, 1e-3, 1e30], ceiling=10.0)
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert high == 100
    assert all(low <= row["shown"] <= high for row in rows(spec))


@pytest.mark.parametrize("errors", [[0.0, 0.0], [math.inf, math.inf], [math.nan, 1.0]])
def test_errors_of_one_kind_alone_still_make_a_chart(errors: list[float]) -> None:
    low, high = chart(errors)["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert 0 < low < high < math.inf


def test_x_can_be_logarithmic_on_both_sides_of_zero() -> None:
    x = chart([1e-4, 1e-3], straight_within=1e-8)["layer"][0]["encoding"]["x"]
    assert x["scale"]["type"] == "symlog"
    ticks = x["axis"]["values"]
    assert [-tick for tick in ticks if tick < 0] == [tick for tick in ticks if tick > 0]
