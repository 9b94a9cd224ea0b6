"""Charts of probes draw every number of their pictures."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pytest

from core.events import Picture
from core.training.config import default_config
from core.training.loop import train
from core.training.settings import applies
from core.training.snapshots import PROBES, fitting
from dashboard.charts.training.pictures import PICTURE_CHARTS
from dashboard.charts.training.probes_classes import confusion_chart, embedding_chart
from dashboard.charts.training.probes_images import feature_maps_chart, saliency_chart
from dashboard.charts.training.probes_layers import (
    USUAL_RATIO,
    dead_units_chart,
    update_ratio_chart,
    weight_histograms_chart,
)
from dashboard.charts.training.probes_time import gradient_through_time_chart


def rows(chart: Any) -> list[dict[str, Any]]:
    """All rows of all data sets of a chart."""
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_every_probe_has_a_chart() -> None:
    assert {*PROBES} <= {needed for needed, _ in PICTURE_CHARTS.values()}


@pytest.mark.parametrize(
    ("model", "data"), [("mlp", "moons"), ("lenet", "mnist5k"), ("lstm", "parity"), ("gcn", "karate_club")]
)
def test_every_probe_of_a_real_training_is_drawn_with_title_and_tooltip(model: str, data: str) -> None:
    small: dict[str, Any] = {"samples": 60, "hidden": (4,)} if data == "parity" else {}
    if applies("batch_size", model, data):
        small["batch_size"] = 1024
    config = default_config(model, data, epochs=1, probes=fitting(model, data), picture_every_s=None, **small)
    pictures = {event.name: event for event in train(config) if isinstance(event, Picture)}
    drawn = [(needed, chart) for needed, chart in PICTURE_CHARTS.values() if needed in pictures]
    assert {*fitting(model, data)} <= {needed for needed, _ in drawn}
    for needed, chart in drawn:
        if PROBES[needed].draw is not None:
            made = chart(pictures)
            assert isinstance(made, alt.Chart | alt.LayerChart)
            told = made.to_json()
            assert made.title
            assert '"tooltip"' in told
            assert "NaN" not in told


def norms(values: list[list[float]]) -> Picture:
    """Of two layers at steps 0, 10, ..., the second known for fewer steps."""
    ratio = np.array(values, np.float32)
    steps = np.where(np.isnan(ratio), -1, 10 * np.arange(ratio.shape[1]))
    return Picture("layer_norms", 20, {"ratio_steps": steps, "ratio": ratio}, {"layers": ["c1", "c2"]})


def test_updates_are_drawn_layer_by_layer_with_the_usual_range_behind() -> None:
    drawn = rows(update_ratio_chart(norms([[0.1, 0.01, 0.002], [0.5, 0.0, np.nan]])))
    points = [(row["series"], row["step"], row["value"]) for row in drawn if "series" in row]
    expected = [("c1", 0, 0.1), ("c1", 10, 0.01), ("c1", 20, 0.002), ("c2", 0, 0.5)]  # no logarithm of zero
    assert [point[:2] for point in points] == [point[:2] for point in expected]
    assert [point[2] for point in points] == pytest.approx([point[2] for point in expected])
    assert [(row["low"], row["high"]) for row in drawn if "low" in row] == [USUAL_RATIO]
    assert USUAL_RATIO[0] < 1e-3 < USUAL_RATIO[1]


def test_dead_units_chart_has_two_bars_a_layer() -> None:
    arrays = {"dead": np.array([0.25, 0.0]), "saturated": np.array([0.5, 0.125])}
    values = {"layers": ["b", "a"], "units": [4, 8], "samples": 100}
    drawn = {
        (row["layer"], row["kind"]): row["share"]
        for row in rows(dead_units_chart(Picture("", 0, arrays, values)))
    }
    assert drawn == {
        ("b", "Dead units"): 0.25,
        ("a", "Dead units"): 0.0,
        ("b", "Saturated activations"): 0.5,
        ("a", "Saturated activations"): 0.125,
    }


def test_histograms_stand_each_in_a_row_of_its_own() -> None:
    arrays = {"counts": np.array([[1, 4], [0, 10]]), "edges": np.array([[-1, 0, 1], [0, 2, 4]], np.float32)}
    chart = weight_histograms_chart(Picture("", 0, arrays, {"layers": ["first", "second"]}))
    bars = [row for row in rows(chart) if "count" in row]
    assert [(bar["layer"], bar["left"], bar["right"], bar["count"]) for bar in bars] == [
        ("first", -1, 0, 1),
        ("first", 0, 1, 4),
        ("second", 2, 4, 10),
    ]
    heights = [bar["base"] - bar["top"] for bar in bars]
    assert heights[0] == pytest.approx(heights[1] / 4)
    assert all(height < 1 for height in heights)  # they do not reach into the row above
    assert [bar["base"] for bar in bars] == [1, 1, 2]


def test_confusion_chart_counts_each_pair_and_says_how_many_are_wrong() -> None:
    counts = np.array([[5, 1, 0], [0, 3, 2], [0, 0, 4]])
    chart = confusion_chart(Picture("", 0, {"counts": counts}, {"classes": ["x", "y", "z"]}))
    drawn = {(row["truth"], row["answer"]): (row["count"], row["share"]) for row in rows(chart)}
    assert len(drawn) == 9
    assert drawn["x", "y"] == (1, pytest.approx(1 / 6))
    assert drawn["y", "z"] == (2, pytest.approx(2 / 5))
    assert "3 of 15" in chart.to_json()


@pytest.mark.parametrize(("classes", "mark"), [(["0", "1"], "text"), (["setosa", "virginica"], "point")])
def test_embedding_writes_short_names_and_shapes_long_ones(classes: list[str], mark: str) -> None:
    arrays = {"places": np.array([[0, 1], [2, 3]], np.float32), "labels": np.array([1, 0])}
    chart = embedding_chart(Picture("", 0, arrays, {"classes": classes, "explained": [0.7, 0.2]}))
    assert [(row["x"], row["y"], row["class"]) for row in rows(chart)] == [
        (0, 1, classes[1]),
        (2, 3, classes[0]),
    ]
    assert chart.to_dict()["layer"][0]["mark"]["type"] == mark


def test_images_of_probes_do_not_lie_on_each_other() -> None:
    images, gradients = np.zeros((7, 4, 4), np.uint8), np.ones((7, 4, 4), np.float32)
    numbers = np.zeros(7, np.int64)
    arrays = {"images": images, "gradients": gradients, "labels": numbers, "predicted": numbers}
    drawn = rows(saliency_chart(Picture("", 0, arrays, {"classes": ["0"]})))
    assert len({(row["row"], row["column"]) for row in drawn}) == 14
    maps = {"image": images[0], "0": gradients[:3], "1": gradients[:2, :2, :2]}
    values = {"layers": ["c1", "c2"], "channels": [3, 9], "label": "0"}
    drawn = rows(feature_maps_chart(Picture("", 0, maps, values)))
    assert len({(row["place"], row["column"]) for row in drawn if "url" in row}) == 6
    assert [row["caption"] for row in drawn if "caption" in row][1:] == [
        "c1: 3 channels",
        "c2: 2 of 9 channels",
    ]


def test_gradient_through_time_tells_then_from_now() -> None:
    arrays = {"first": np.array([0.0, 0.5, 1.0]), "now": np.array([0.1, 0.2, 0.3])}
    drawn = rows(gradient_through_time_chart(Picture("", 70, arrays, {"first_step": 0})))
    assert {row["series"] for row in drawn} == {"Step 0", "Now, step 70"}
    assert len(drawn) == 5
    same = rows(
        gradient_through_time_chart(Picture("", 0, arrays | {"now": arrays["first"]}, {"first_step": 0}))
    )
    assert {row["series"] for row in same} == {"Now, step 0"}
