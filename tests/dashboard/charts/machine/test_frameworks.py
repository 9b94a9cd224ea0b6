"""Charts of frameworks show every figure with its interval and its verdict, in words too."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.charts.machine.frameworks import start_chart, time_chart


def row(framework: str, median_s: float, **more: Any) -> dict[str, Any]:
    return {
        "framework": framework,
        "title": framework.title(),
        "median_s": median_s,
        "ci_low_s": 0.9 * median_s,
        "ci_high_s": 1.1 * median_s,
        "first_call_s": 1.0,
        "relative_error": 1e-7,
        "agrees": True,
        "verdict": None,
        "ratio": None,
        "low": None,
        "high": None,
    } | more


ROWS = [
    row("pytorch-eager", 2e-4),
    row("jax", 1e-4, verdict="FASTER", ratio=0.5, low=0.45, high=0.55),
    row("wrong", 3e-4, agrees=False),
]


def test_times_have_intervals_the_fastest_first_and_a_colour_for_each_verdict() -> None:
    chart = time_chart(ROWS, "pytorch-eager", "Matrix product").to_dict()
    (data,) = chart["datasets"].values()
    assert [one["title"] for one in data] == ["Jax", "Pytorch-Eager", "Wrong"]
    assert [one["judged"] for one in data] == ["FASTER", "baseline", "no verdict"]
    assert [one["against"] for one in data][::2] == [
        "FASTER, 0.5 times the time (0.45 to 0.55)",
        "does not agree with NumPy",
    ]
    assert "Jax 100 microseconds" in chart["description"]
    intervals, points = chart["layer"]
    assert (intervals["encoding"]["x"]["field"], intervals["encoding"]["x2"]["field"]) == (
        "ci_low_s",
        "ci_high_s",
    )
    assert points["encoding"]["color"]["scale"]["domain"] == ["FASTER", "baseline", "no verdict"]


def test_the_wait_for_first_results_is_import_and_first_calls() -> None:
    rows = [
        {"title": "Slow", "import_s": 2.0, "first_calls_s": 20.0, "compiled_before": False},
        {"title": "Quick", "import_s": 0.1, "first_calls_s": 0.2, "compiled_before": True},
    ]
    chart = start_chart(rows).to_dict()
    (data,) = chart["datasets"].values()
    assert [(one["title"], one["imported"], one["all first results"]) for one in data] == [
        ("Quick", 0.1, pytest.approx(0.3)),
        ("Slow", 2.0, 22.0),
    ]
    assert "Slow 22 s" in chart["description"]


def test_nothing_measured_yet_is_no_error() -> None:
    assert "nothing measured yet" in time_chart([], None, "SiLU").to_dict()["description"]
    assert "nothing measured yet" in start_chart([]).to_dict()["description"]
