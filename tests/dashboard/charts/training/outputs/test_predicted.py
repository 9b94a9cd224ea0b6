"""Predictions of a table stand against the truth of both parts."""

from __future__ import annotations

from tests.dashboard.charts.training.rows import only_chart, rows, trained


def test_predictions_stand_against_the_truth_of_both_parts() -> None:
    chart = only_chart("predicted", trained("mlp", "diabetes"))
    assert {row["split"] for row in rows(chart) if "split" in row} == {"Train", "Test"}
    assert chart.to_dict()["layer"][1]["encoding"]["x"]["title"] == "True progression"
