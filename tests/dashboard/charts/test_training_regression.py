"""Charts of regressions hold the network's answer, the truth and the samples."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pytest

from core.events import Picture
from core.training.config import default_config
from core.training.loop import train
from dashboard.charts.training.pictures import PICTURE_CHARTS


def pictures(data: str) -> dict[str, Picture]:
    """Of a short training."""
    config = default_config("mlp", data, epochs=1, samples=100, picture_every_s=None)
    return {event.name: event for event in train(config) if isinstance(event, Picture)}


def drawn(name: str, of: dict[str, Picture]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The chart as Vega-Lite, and all rows of its tables."""
    needed, chart = PICTURE_CHARTS[name]
    assert needed in of
    specification = chart(of).to_dict()
    alt.LayerChart.from_dict(specification, validate=True)
    return specification, [row for table in specification["datasets"].values() for row in table]


def test_curve_is_drawn_beside_the_truth_over_all_samples() -> None:
    of = pictures("sine_curve")
    specification, rows = drawn("curve", of)
    lines = [row for row in rows if "Network" in row]
    arrays = of["curve"].arrays
    np.testing.assert_allclose([row["x"] for row in lines], arrays["x"])
    np.testing.assert_allclose([row["Network"] for row in lines], arrays["network"])
    np.testing.assert_allclose([row["Truth"] for row in lines], arrays["truth"])
    roofline_points = [row for row in rows if "part" in row]
    assert sorted({row["part"] for row in roofline_points}) == ["Held back", "Training part"]
    assert len(roofline_points) == 100
    low, high = specification["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert low <= min(row["y"] for row in roofline_points)
    assert high >= max(row["y"] for row in roofline_points)


@pytest.mark.parametrize(("name", "data"), [("curve", "step_curve"), ("surface", "hills")])
def test_chart_is_there_before_the_samples_are(name: str, data: str) -> None:
    of = pictures(data)
    del of["curve_samples"]
    _, rows = drawn(name, of)
    assert rows


def test_surface_shows_truth_and_network_beside_each_other_with_a_read_out_on_both() -> None:
    of = pictures("hills")
    _, rows = drawn("surface", of)
    truth, network = (row for row in rows if "map" in row)
    assert (truth["map"], network["map"]) == ("Truth", "Network")
    assert truth["right"] < network["left"]
    assert network["right"] - network["left"] == pytest.approx(truth["right"] - truth["left"])
    told = [row for row in rows if "Network" in row]
    assert len(told) == 2 * 16 * 16
    shift = network["left"] - truth["left"]
    for left, right in zip(told[: len(told) // 2], told[len(told) // 2 :], strict=True):
        assert right["left"] - left["left"] == pytest.approx(shift)
        assert (right["x"], right["Network"]) == (left["x"], left["Network"])
    # The truth that is told at a place is that of the formula, to the width of a square.
    highest = max(told, key=lambda row: row["Truth"])
    assert highest["x"] == pytest.approx(-0.9, abs=0.3)
    assert highest["y"] == pytest.approx(0.9, abs=0.3)
