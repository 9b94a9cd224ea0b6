"""Charts of a running network keep f' readable and say what is shaded."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.events import Picture
from core.experiments.dying_units.running_network import OnTheCurve, on_the_curve
from dashboard.charts.pre_activations import HIGHEST, flat_fractions_chart, on_the_curve_chart


def found(activation: str, low: float, high: float) -> OnTheCurve:
    counts, edges = np.histogram(np.linspace(low, high, 1000), 40)
    arrays = {"counts": counts[None], "edges": edges[None].astype(np.float32)}
    return on_the_curve(
        activation, Picture("input_histograms", 1, arrays, {"layers": ["Layer 1"]}), "Layer 1"
    )


def tables(chart: Any) -> list[list[dict[str, Any]]]:
    return list(chart.to_dict()["datasets"].values())


def test_histogram_curves_and_flat_zones_share_one_x_axis() -> None:
    spec = on_the_curve_chart(found("tanh", -8, 8), "Tanh").to_dict()
    bars, curves = spec["layer"]
    domains = [bars["encoding"]["x"]["scale"]["domain"]]
    domains += [layer["encoding"]["x"]["scale"]["domain"] for layer in curves["layer"]]
    assert domains == [[-8.0, 8.0]] * 3
    assert "Tanh after Layer 1" in str(spec["title"])
    assert "under 0.1" in str(spec["title"])


def test_everything_drawn_is_there() -> None:
    zones, bins, lines = sorted(tables(on_the_curve_chart(found("tanh", -8, 8), "Tanh")), key=len)
    assert len(zones) == 2
    assert len(bins) == 40
    assert {row["series"] for row in lines} == {"f(x)", "f′(x)"}


def test_a_function_without_bound_leaves_the_slope_readable() -> None:
    spec = on_the_curve_chart(found("relu", -100, 100), "ReLU").to_dict()
    assert spec["layer"][1]["layer"][1]["encoding"]["y"]["scale"]["domain"] == [0.0, HIGHEST]


def test_a_function_that_is_flat_nowhere_has_no_zone() -> None:
    assert min(len(table) for table in tables(on_the_curve_chart(found("identity", -1, 1), "Identity"))) == 0


def test_each_layer_has_a_bar_and_an_unknown_fraction_none() -> None:
    (table,) = tables(flat_fractions_chart({"Layer 1": 0.25, "Layer 2": None}))
    assert [(row["layer"], row["fraction"]) for row in table] == [("Layer 1", 0.25), ("Layer 2", None)]
