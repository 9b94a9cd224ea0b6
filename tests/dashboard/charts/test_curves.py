"""The chart of curves is complete, small, and the same but for its numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa
import pytest

from core.activations import ACTIVATIONS
from core.activations.curves import curves
from dashboard.charts.curves import HEIGHT, MIN_LINES, READINGS, as_sent, curve_chart
from dashboard.charts.series_colours import domain_of

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


def test_the_tooltip_reads_every_curve_in_few_digits() -> None:
    spec = chart()
    rule = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "rule")
    assert rule["mark"]["tooltip"] == {"content": "data"}
    readings = spec["datasets"]["readings"]
    assert readings.column_names == ["x", "Sigmoid", "ReLU"]
    assert max(len(str(value)) for row in readings.to_pylist() for value in row.values()) <= 8


def test_a_curve_keeps_its_colour_and_dash_whatever_else_is_shown() -> None:
    for names in (("ReLU",), ("Sigmoid", "ReLU"), tuple(EVERY)):
        lines = next(layer for layer in chart(names=names)["layer"] if layer["mark"]["type"] == "line")
        assert lines["encoding"]["color"]["scale"]["domain"] == domain_of(EVERY)
        assert lines["encoding"]["strokeDash"]["scale"]["domain"] == domain_of(EVERY)
        assert lines["encoding"]["color"]["legend"]["values"] == list(names)


def test_the_data_are_few() -> None:
    datasets = chart(shaded=[(-6, -4), (4, 6)])["datasets"]
    assert datasets["curves"].column_names == ["x", "value", "series"]
    assert len(datasets["curves"]) <= 2 * (MIN_LINES + 2)  # both curves of this chart are straight
    assert len(datasets["readings"]) <= READINGS + 1
    assert datasets["zones"].to_pylist() == [{"from": -6, "to": -4}, {"from": 4, "to": 6}]


def test_what_is_sent_reads_as_what_was_drawn() -> None:
    spec = chart(shaded=[(-6, -4)])
    sent = as_sent(spec)
    assert without_data(sent) == without_data(spec)
    for name, table in spec["datasets"].items():
        assert pa.ipc.open_stream(sent["datasets"][name]).read_all().equals(table)


def test_the_spec_stays_small() -> None:
    assert len(json.dumps(without_data(chart(names=tuple(EVERY))))) < 5_000


def test_the_ends_of_x_can_be_read() -> None:
    readings = chart()["datasets"]["readings"]["x"].to_pylist()
    assert (readings[0], readings[-1]) == (-6, 6)


@pytest.mark.parametrize("low", [-20.0, -6.0, -0.5])
def test_a_drawn_curve_is_off_by_less_than_a_pixel_from_any_of_the_catalogue(low: float) -> None:
    for key in ACTIVATIONS:
        drawn = curves({key: {}}, low, -low)
        for series in (drawn.values[key], drawn.derivatives[key]):
            table = curve_chart(drawn.x, {key: series}, "f", "f")["datasets"]["curves"]
            x, value = (table[name].to_numpy() for name in ("x", "value"))
            pixels = np.abs(np.interp(drawn.x, x, value) - series) * HEIGHT / max(np.ptp(series), 1e-9)
            assert pixels.max() < 1, key


def test_pandas_is_whole_before_the_first_chart() -> None:
    # Altair asks sys.modules for it: while another visitor's page loads it, a chart would fail.
    program = "import sys, dashboard.charts.curves; assert sys.modules['pandas'].Timestamp"
    subprocess.run([sys.executable, "-c", program], check=True)
