"""Charts of tables hold every row's class and both parts' answers."""

from __future__ import annotations

from typing import Any

import altair as alt

from core.events import Picture
from core.training.config import default_config
from core.training.loop import train
from dashboard.charts.training.pictures import PICTURE_CHARTS


def drawn(name: str, data: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The chart of a short training as Vega-Lite, and all rows of its tables."""
    config = default_config("mlp", data, epochs=1, picture_every_s=None)
    of = {event.name: event for event in train(config) if isinstance(event, Picture)}
    specification = PICTURE_CHARTS[name][1](of).to_dict()
    alt.LayerChart.from_dict(specification, validate=True)
    return specification, [row for table in specification["datasets"].values() for row in table]


def test_map_of_ten_classes_has_a_colour_for_each() -> None:
    specification, rows = drawn("table_map", "digits_table")
    assert {row["class"] for row in rows if "class" in row} == {str(digit) for digit in range(10)}
    colors = specification["layer"][1]["encoding"]["color"]["scale"]["range"]
    assert len(set(colors)) == len(colors) == 10
    assert "of the variance" in specification["layer"][0]["encoding"]["x"]["title"]


def test_predictions_stand_against_the_truth_of_both_parts() -> None:
    specification, rows = drawn("predicted", "diabetes")
    assert {row["part"] for row in rows if "part" in row} == {"Training part", "Held back"}
    assert specification["layer"][1]["encoding"]["x"]["title"] == "True progression"
