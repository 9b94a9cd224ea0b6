"""The chart of curves is complete, small, and the same but for its numbers."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import numpy as np

from dashboard.charts.curves import READINGS, curve_chart

EVERY = ["Identity", "Sigmoid", "Tanh", "ReLU"]


def chart(low: float = -6, names: tuple[str, ...] = ("Sigmoid", "ReLU"), **more: Any) -> dict[str, Any]:
    x = np.linspace(low, 6, 301, dtype=np.float32)
    series = {name: x + n for n, name in enumerate(names)}
    return curve_chart(x, series, "Function", "f(x)", every=EVERY, **more)


def without_data(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in spec.items() if key != "datasets"}


def test_the_spec_is_valid_vega_lite_with_title_units_and_a_text_alternative() -> None:
    spec = without_data(chart())
    alt.LayerChart.from_dict(spec, validate=True)
    assert spec["title"]["text"] == "Function"
    assert spec["description"] == "Line chart of f(x) over x for Sigmoid, ReLU."
    lines = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
    assert (lines["encoding"]["x"]["title"], lines["encoding"]["y"]["title"]) == ("x", "f(x)")


def test_only_the_data_changes_with_the_numbers() -> None:
    assert without_data(chart(low=-6)) == without_data(chart(low=-3, shaded=[(-3, 0)]))


def test_the_tooltip_reads_every_curve() -> None:
    rule = next(layer for layer in chart()["layer"] if layer["mark"]["type"] == "rule")
    assert [tooltip["field"] for tooltip in rule["encoding"]["tooltip"]] == ["x", "Sigmoid", "ReLU"]


def test_a_curve_keeps_its_colour_and_dash_whatever_else_is_shown() -> None:
    for names in (("ReLU",), ("Sigmoid", "ReLU"), tuple(EVERY)):
        lines = next(layer for layer in chart(names=names)["layer"] if layer["mark"]["type"] == "line")
        assert lines["encoding"]["color"]["scale"]["domain"] == EVERY
        assert lines["encoding"]["strokeDash"]["scale"]["domain"] == EVERY
        assert lines["encoding"]["color"]["legend"]["values"] == list(names)


def test_the_data_are_wide_float32_columns_and_few_readings() -> None:
    datasets = chart(shaded=[(-6, -4), (4, 6)])["datasets"]
    assert datasets["curves"].column_names == ["x", "Sigmoid", "ReLU"]
    assert {str(field.type) for table in datasets.values() for field in table.schema} == {"float"}
    assert len(datasets["curves"]) == 301
    assert len(datasets["readings"]) <= READINGS + 1
    assert datasets["zones"].to_pylist() == [{"from": -6, "to": -4}, {"from": 4, "to": 6}]


def test_the_spec_stays_small() -> None:
    assert len(json.dumps(without_data(chart(names=tuple(EVERY))))) < 5_000


def test_the_ends_of_x_can_be_read() -> None:
    readings = chart()["datasets"]["readings"]["x"].to_pylist()
    assert (readings[0], readings[-1]) == (-6, 6)
