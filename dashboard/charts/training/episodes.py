"""What Q-learning knows of its world, and how its episodes went."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import diverging, png_url

# Which way an arrow points, in degrees clockwise from up; other actions are written out.
ARROWS = {"up": 0, "right": 90, "down": 180, "left": 270}


def value_map_chart(picture: Picture) -> alt.VConcatChart:
    """Each square in the strength of what its best action is worth, with an arrow for that action."""
    titles, squares = picture.values["titles"], _squares(picture)
    charts = [_one_map(squares[squares["title"] == title], title) for title in titles]
    subtitle = "Darker squares are worth more; arrows show the best action so far."
    return alt.VConcatChart(
        vconcat=charts,
        title=alt.Title("Values and best actions", subtitle=subtitle, subtitleColor="gray", anchor="middle"),
    )


def _one_map(squares: pd.DataFrame, title: str) -> alt.LayerChart:
    place: dict[str, Any] = {"x": alt.X("column:O", axis=None), "y": alt.Y("row:O", axis=None)}
    base = alt.Chart(squares).encode(**place)
    cells = base.mark_rect(stroke="gray", strokeWidth=0.5, strokeOpacity=0.5).encode(
        opacity=alt.Opacity(
            "value:Q", title="Value", scale=alt.Scale(range=[0.05, 0.75], zero=False), legend=None
        ),
        tooltip=[
            alt.Tooltip("value:Q", title="Value", format=".3f"),
            alt.Tooltip("action:N", title="Best action"),
            alt.Tooltip("mark:N", title="Square"),
        ],
    )
    arrows = (
        base.transform_filter("isValid(datum.angle)")
        .mark_point(shape="arrow", filled=True, size=260, color="gray", opacity=1)
        .encode(angle=alt.Angle("angle:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360]), legend=None))
    )
    others = base.transform_filter("datum.words != ''").mark_text(fontSize=11, color="gray")
    marks = base.mark_text(fontSize=11, color="gray", fontWeight="bold", dx=-14, dy=-14)
    rows = int(squares["row"].max()) + 1
    height = rows * 46
    return alt.LayerChart(
        layer=[cells, arrows, others.encode(text="words:N"), marks.encode(text="mark:N")],
        title=title,
        height=height,
    )


def _squares(picture: Picture) -> pd.DataFrame:
    actions, marks = picture.values["actions"], np.array(picture.values["marks"])
    best, worth = picture.arrays["actions"], picture.arrays["values"]
    rows = []
    for (of, row, column), action in np.ndenumerate(best):
        name = actions[action] if action >= 0 else ""
        rows.append(
            {
                "title": picture.values["titles"][of],
                "row": row,
                "column": column,
                "mark": marks[of, row, column],
                "value": worth[of, row, column],
                "action": name,
                "angle": ARROWS.get(name, np.nan),
                "words": "" if name in ARROWS else name,
            }
        )
    return pd.DataFrame(rows)


def policy_map_chart(picture: Picture) -> alt.Chart:
    """Which way the network would push a cart in the middle, by the angle and the turning of its pole."""
    bounds = dict(picture.values)
    area = pd.DataFrame([bounds | {"url": png_url(diverging(picture.arrays["preference"]))}])
    x = alt.Scale(domain=[bounds["x_min"], bounds["x_max"]], nice=False)
    y = alt.Scale(domain=[bounds["y_min"], bounds["y_max"]], nice=False)
    lines = [
        "For a cart at rest in the middle: blue pushes right, orange left,",
        "and the colour fades where it hardly matters.",
    ]
    return (
        alt.Chart(
            area,
            title=alt.Title("Policy", subtitle=lines, subtitleColor="gray"),
            height=360,
        )
        .mark_image(aspect=False)
        .encode(
            x=alt.X("x_min:Q", title="Angle of the pole, to the right (rad)", scale=x),
            x2="x_max",
            y=alt.Y("y_min:Q", title="Angular speed (rad/s)", scale=y),
            y2="y_max",
            url="url:N",
        )
    )


def episode_returns_chart(picture: Picture) -> alt.LayerChart:
    """Return of the training's episodes, which explore: mean, and lowest to highest, of neighbouring ones."""
    arrays = picture.arrays
    table = pd.DataFrame({name: arrays[name] for name in ("last", "lowest", "mean", "highest")})
    base = alt.Chart(table).encode(x=alt.X("last:Q", title="Episode", axis=alt.Axis(tickMinStep=1)))
    tooltip = [
        alt.Tooltip("last:Q", title="Episodes up to", format=","),
        alt.Tooltip("mean:Q", title="Mean", format=".2f"),
        alt.Tooltip("lowest:Q", title="Lowest", format=".2f"),
        alt.Tooltip("highest:Q", title="Highest", format=".2f"),
    ]
    band = base.mark_area(opacity=0.25).encode(y=alt.Y("lowest:Q", title="Return"), y2="highest")
    line = base.mark_line().encode(y="mean:Q")
    points = base.mark_point(size=60, opacity=0).encode(y="mean:Q", tooltip=tooltip)
    return alt.LayerChart(
        layer=[band, line, points],
        title=alt.Title(
            "Episode returns",
            subtitle="While exploring: mean of neighbouring episodes, and their range",
            subtitleColor="gray",
        ),
        height=260,
    )
