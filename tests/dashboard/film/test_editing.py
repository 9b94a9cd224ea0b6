"""What the drawing of a network lets a person change."""

from __future__ import annotations

from core.models import MODELS
from core.training import default_config
from core.training.film.drawn_from_weights import MAX_PARAMETERS
from dashboard.film.editing import editing_of


def test_the_drawing_allows_what_the_form_does() -> None:
    limits = MODELS["mlp"].hidden
    data = editing_of(default_config("mlp", "spiral", data_options={"features": "sine"})).data()
    assert (data["min_layers"], data["max_layers"]) == (limits.min_layers, limits.max_layers)
    assert (data["max_units"], data["max_parameters"]) == (limits.max_units, MAX_PARAMETERS)
    assert data["chosen"] == "sine"
    assert data["features"] == [
        {"key": "xy", "name": "x, y"},
        {"key": "sine", "name": "x, y, sin 2.5x, sin 2.5y"},
    ]
