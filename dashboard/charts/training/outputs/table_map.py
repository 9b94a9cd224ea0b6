"""Which class a network predicts on the plane of the rows' principal components."""

from __future__ import annotations

import altair as alt

from core.events import Picture
from dashboard.charts.pixels import by_class
from dashboard.charts.training.cells import cells_chart
from dashboard.charts.training.data.points import HEIGHT, SUBTITLE, class_marks
from dashboard.charts.training.data.table_points import COLORS, COMPONENTS


def table_map_chart(picture: Picture, points: Picture | None = None) -> alt.LayerChart:
    """The most probable class over the plane of the first two principal components, under the rows.

    The rows are projected: one may lie far above or below the plane, and be predicted otherwise there.
    """
    values = picture.values
    titles = [
        f"{number} principal component ({fraction:.0%} of the variance)"
        for number, fraction in zip(("First", "Second"), values["shares"], strict=True)
    ]
    winner, probability = picture.arrays["winner"], picture.arrays["probability"]
    pixels = by_class(winner, probability, values["classes"], COLORS)
    layers = [cells_chart(values, pixels, *titles)]
    if points is not None:
        layers.append(class_marks(points, COLORS, COMPONENTS))
    lines = [SUBTITLE, "Rows are projected onto the plane."] if points else ["On the plane of the rows."]
    return alt.LayerChart(
        layer=layers, title=alt.Title("Decision map", subtitle=lines, subtitleColor="gray"), height=HEIGHT
    )
