"""Charts of the cost show every figure with its interval, in words too, from the first one on."""

from __future__ import annotations

from typing import Any

import altair as alt
import pytest

from dashboard.charts.cost import fused_chart, memory_chart, time_chart


def row(name: str, step: str, median_s: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "step": step,
        "median_s": median_s,
        "ci_low_s": 0.9 * median_s,
        "ci_high_s": 1.1 * median_s,
        "gbps": 5.0,
        "percent_of_bandwidth": 50.0,
        "limit": "memory-bound",
        "times_as_long": None,
        "tied": None,
        "fused_times_as_fast": None,
        "at_least": None,
        "at_most": None,
        "verdict": None,
    } | more


FUSED = {"fused_times_as_fast": 4.0, "at_least": 3.5, "at_most": 4.5, "verdict": "FASTER"}
ROWS = [
    row("GELU", "forward", 3e-4, times_as_long=1.5, tied=False, **FUSED),
    row("GELU", "backward", 6e-4),
    row("ReLU", "forward", 2e-4, times_as_long=1.0, tied=True),
    row("Tanh", "forward", 2.1e-4, times_as_long=1.05, tied=True),
]
KEPT = [
    {"activation": "gelu", "form": form, "dtype": "float32"} | parts
    for form, parts in (
        ("fused", {"input_bytes": 4.0, "result_bytes": 0.0, "other_bytes": 0.0}),
        ("unfused", {"input_bytes": 0.0, "result_bytes": 0.0, "other_bytes": 12.0}),
    )
]


def rows_of(chart: alt.Chart | alt.LayerChart) -> list[dict[str, Any]]:
    """The rows in the Vega-Lite specification, which this also validates against its schema."""
    return [one for rows in chart.to_dict()["datasets"].values() for one in rows]


def test_each_pass_is_a_bar_with_its_interval_and_the_fastest_comes_first() -> None:
    specification = time_chart(ROWS).to_dict()
    drawn = rows_of(time_chart(ROWS))
    assert [(one["name"], one["step"]) for one in drawn] == [(one["name"], one["step"]) for one in ROWS]
    assert all(one["ci_low_s"] < one["median_s"] < one["ci_high_s"] for one in drawn)
    assert specification["layer"][0]["encoding"]["y"]["sort"] == ["ReLU", "Tanh", "GELU"]
    assert "GELU forward 300 microseconds" in specification["description"]


def test_ties_are_called_ties() -> None:
    answer = {(one["name"], one["step"]): one["tie"] for one in rows_of(time_chart(ROWS))}
    assert answer["ReLU", "forward"] == "fastest"
    assert answer["Tanh", "forward"] == "tied with the fastest"
    assert answer["GELU", "forward"] == "1.5 times as long as the fastest"
    assert answer["GELU", "backward"] == "not known yet"


def test_only_what_was_compared_is_a_point_of_fused_against_unfused() -> None:
    points = [one for one in rows_of(fused_chart(ROWS)) if "name" in one]
    assert [(one["name"], one["fused_times_as_fast"], one["verdict"]) for one in points] == [
        ("GELU", 4.0, "FASTER")
    ]
    assert {"even": 1.0} in rows_of(fused_chart(ROWS))


def test_memory_is_split_by_what_it_belongs_to() -> None:
    answer = {(one["name"], one["part"]): one["bytes"] for one in rows_of(memory_chart(KEPT)) if one["bytes"]}
    assert answer == {("GELU", "its input"): 4.0, ("GELU, unfused", "in between"): 12.0}
    assert "GELU 4, GELU, unfused 12" in str(memory_chart(KEPT).description)


@pytest.mark.parametrize("chart", [time_chart, fused_chart, memory_chart])
def test_an_empty_chart_is_a_chart(chart: Any) -> None:
    specification = chart([]).to_dict()
    assert specification["title"]
    assert "yet" in specification["description"]


@pytest.mark.parametrize("chart", [time_chart(ROWS), fused_chart(ROWS), memory_chart(KEPT)])
def test_axes_have_titles_and_marks_have_tooltips(chart: Any) -> None:
    specification = chart.to_dict()
    encodings = [layer["encoding"] for layer in specification.get("layer", [specification])]
    assert any(encoding["x"].get("title") for encoding in encodings if "x" in encoding)
    assert any("tooltip" in encoding for encoding in encodings)
