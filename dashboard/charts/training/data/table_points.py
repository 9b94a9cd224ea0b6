"""The rows of a table on the plane of their principal components."""

from __future__ import annotations

import altair as alt

from core.events import Picture
from dashboard.charts.pixels import CLASSES
from dashboard.charts.training.data.points import HEIGHT, SUBTITLE, class_marks, extent

# Beyond the eight that every kind of eyes tells apart: a violet, a brown, an olive and a crimson.
COLORS = (*CLASSES, (107, 76, 154), (146, 90, 60), (128, 150, 40), (220, 50, 90))
COMPONENTS = ("First component", "Second component")


def table_points_chart(points: Picture) -> alt.Chart:
    """Where the rows fall, each in the colour of its class."""
    x, y = (alt.Scale(domain=domain, nice=False) for domain in extent(points))
    return (
        class_marks(points, COLORS, COMPONENTS)
        .encode(x=alt.X("x:Q", title=COMPONENTS[0], scale=x), y=alt.Y("y:Q", title=COMPONENTS[1], scale=y))
        .properties(title=alt.Title("Rows", subtitle=SUBTITLE, subtitleColor="gray"), height=HEIGHT)
    )
