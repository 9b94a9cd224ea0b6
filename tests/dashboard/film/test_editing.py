"""What the drawing of a network lets a person change."""

from __future__ import annotations

from core.models import MODELS
from core.training import default_config
from core.training.film.drawn_from_weights import MAX_PARAMETERS
from dashboard.film.editing import editing_of


def test_the_drawing_allows_what_the_form_does() -> None:
    limits = MODELS["mlp"].hidden
    data = editing_of(default_config("mlp", "spiral")).data()
    assert (data["min_layers"], data["max_layers"]) == (limits.min_layers, limits.max_layers)
    assert (data["max_units"], data["max_parameters"]) == (limits.max_units, MAX_PARAMETERS)
    assert [one["key"] for one in data["activations"]] == [*MODELS["mlp"].activations]
    assert {"key": "leaky_relu", "name": "Leaky ReLU", "typed": False} in data["activations"]
    assert data["features"] == [
        {"key": "x", "name": "x"},
        {"key": "y", "name": "y"},
        {"key": "x_squared", "name": "x²"},
        {"key": "y_squared", "name": "y²"},
        {"key": "product", "name": "xy"},
        {"key": "sin_x", "name": "sin 2.5x"},
        {"key": "sin_y", "name": "sin 2.5y"},
    ]
