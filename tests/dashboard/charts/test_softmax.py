"""Charts of softmax tell its outputs as numbers and as lines."""

from __future__ import annotations

import numpy as np

from dashboard.charts.softmax import bars_chart, outputs_chart

NAMES = ["f₁", "f₂", "f₃"]


def test_each_output_has_a_bar_and_its_number() -> None:
    spec = bars_chart(NAMES, [0.7, 0.2, 0.1], "Softmax", "Probability").to_dict()
    bars, numbers = spec["layer"]
    assert bars["mark"]["type"] == "bar"
    assert numbers["encoding"]["text"]["field"] == "value"
    assert bars["encoding"]["y"]["title"] == "Probability"
    assert bars["encoding"]["y"]["scale"]["domain"] == [0, 1]
    assert spec["title"]["text"] == "Softmax"


def test_negative_outputs_hang_from_zero() -> None:
    spec = bars_chart(NAMES, [-0.1, -2.0, -5.0], "Log Softmax", "Log probability").to_dict()
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert low < -5
    assert high == 0


def test_lines_over_a_logarithmic_temperature_with_a_rule_at_now() -> None:
    x = np.geomspace(0.1, 10, 11)
    series = {"f₁": 1 / x, "largest slope": x}
    spec = outputs_chart(x, series, 2.0, "Over T", "Temperature", "Probability", logarithmic=True).to_dict()
    lines, here, pointer = spec["layer"]
    assert lines["encoding"]["x"]["scale"]["type"] == "log"
    assert lines["encoding"]["color"]["scale"]["domain"] == [*series]
    assert next(rows for rows in spec["datasets"].values() if len(rows) == 1) == [{"x": 2.0}]
    assert here["mark"]["type"] == "rule"
    assert [tooltip["title"] for tooltip in pointer["encoding"]["tooltip"]] == ["Temperature", *series]
