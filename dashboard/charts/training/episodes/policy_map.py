"""Which way a network would push a cart, by its pole."""

from __future__ import annotations

import altair as alt

from core.events import Picture
from dashboard.charts.pixels import diverging
from dashboard.charts.training.cells import cells_chart


def policy_map_chart(picture: Picture) -> alt.Chart:
    """Which way the network would push a cart in the middle, by angle and angular speed of its pole."""
    pixels = diverging(picture.arrays["preference"])
    chart = cells_chart(
        picture.values, pixels, "Angle of the pole, to the right (rad)", "Angular speed (rad/s)"
    )
    lines = [
        "For a cart that stands still in the middle: blue pushes right, orange left,",
        "and the colour fades where it hardly matters.",
    ]
    title = alt.Title("Policy", subtitle=lines, subtitleColor="gray")
    return chart.properties(title=title, height=360).configure_axis(grid=False)
