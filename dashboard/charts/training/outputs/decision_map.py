"""Which class a network predicts at each point of the plane."""

from __future__ import annotations

import altair as alt
import numpy as np

from core.events import Picture
from dashboard.charts.pixels import CLASSES, by_class, diverging
from dashboard.charts.training.cells import cells_chart
from dashboard.charts.training.data.points import HEIGHT, SUBTITLE, class_marks


def decision_map_chart(picture: Picture, points: Picture | None = None) -> alt.LayerChart:
    """The predicted class, a smooth picture under the points.

    Stronger colour means a surer prediction; the boundary is where the colour fades.
    """
    surface = cells_chart(picture.values, _pixels(picture))
    layers = [surface] if points is None else [surface, class_marks(points, CLASSES)]
    subtitle = SUBTITLE if points else "The stronger the colour, the surer the prediction."
    title = alt.Title("Decision map", subtitle=subtitle, subtitleColor="gray")
    return alt.LayerChart(layer=layers, title=title, height=HEIGHT)


def _pixels(picture: Picture) -> np.ndarray:
    probability = picture.arrays["probability"]
    if "winner" not in picture.arrays:
        return diverging(2 * probability - 1)
    return by_class(picture.arrays["winner"], probability, picture.values["classes"])
