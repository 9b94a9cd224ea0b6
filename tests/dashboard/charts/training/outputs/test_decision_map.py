"""The decision map shows every class in its own colour, under the points."""

from __future__ import annotations

import base64
import io
from typing import Any

import altair as alt
import numpy as np
import pytest
from PIL import Image

from core.events import Picture
from core.training.config import default_config
from core.training.loop import train
from dashboard.charts.pixels import BLUE, CLASSES, ORANGE
from tests.dashboard.charts.training.rows import only_chart


def drawn(data: str, **options: Any) -> tuple[dict[str, Any], dict[str, Picture]]:
    """The decision map of a short training as Vega-Lite, and the pictures that it was drawn from."""
    config = default_config("mlp", data, epochs=1, samples=200, snapshot_every_s=None, data_options=options)
    pictures = {event.name: event for event in train(config) if isinstance(event, Picture)}
    specification = only_chart("decision_map", pictures).to_dict()
    alt.LayerChart.from_dict(specification, validate=True)
    return specification, pictures


def colors(specification: dict[str, Any]) -> dict[str, str]:
    scale = specification["layer"][1]["encoding"]["color"]["scale"]
    return dict(zip(scale["domain"], scale["range"], strict=True))


def pixels(specification: dict[str, Any]) -> np.ndarray:
    tables = specification["datasets"].values()
    (url,) = [row["url"] for table in tables for row in table if "url" in row]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))


def test_two_classes_are_orange_and_blue() -> None:
    specification, pictures = drawn("moons")
    assert colors(specification) == {"0": f"rgb{ORANGE}", "1": f"rgb{BLUE}"}
    likely = pictures["decision_map"].arrays["probability"] > 0.5
    np.testing.assert_array_equal((pixels(specification)[..., :3] == BLUE).all(axis=-1)[likely], True)


@pytest.mark.parametrize("classes", [3, 8])
def test_points_and_places_of_a_class_have_one_colour(classes: int) -> None:
    specification, pictures = drawn("gaussians", classes=classes)
    expected = {str(number): f"rgb{CLASSES[number]}" for number in range(classes)}
    assert colors(specification) == expected
    winner = pictures["decision_map"].arrays["winner"]
    np.testing.assert_array_equal(pixels(specification)[..., :3], np.array(CLASSES)[winner])


def test_axes_are_x_and_y_whatever_the_features() -> None:
    specification, pictures = drawn("spiral", features="sine", arms=4)
    surface = specification["layer"][0]["encoding"]
    assert (surface["x"]["title"], surface["y"]["title"]) == ("x", "y")
    points = [row for table in specification["datasets"].values() for row in table if "split" in row]
    assert {(row["class"]) for row in points} == {"0", "1", "2", "3"}
    expected = pictures["points"].arrays["train_points"][0]
    assert (points[0]["x"], points[0]["y"]) == pytest.approx(tuple(expected))
