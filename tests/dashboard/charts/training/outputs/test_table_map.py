"""The map of a table has a colour for each class."""

from __future__ import annotations

from tests.dashboard.charts.training.rows import only_chart, rows, trained


def test_map_of_ten_classes_has_a_colour_for_each() -> None:
    chart = only_chart("table_map", trained("mlp", "digits_table"))
    specification = chart.to_dict()
    assert {row["class"] for row in rows(chart) if "class" in row} == {str(digit) for digit in range(10)}
    colors = specification["layer"][1]["encoding"]["color"]["scale"]["range"]
    assert len(set(colors)) == len(colors) == 10
    assert "of the variance" in specification["layer"][0]["encoding"]["x"]["title"]
