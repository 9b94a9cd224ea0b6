"""The squares of a grid world."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture

SQUARE_PX = 56


def world_chart(picture: Picture) -> alt.LayerChart:
    """The first map of the world: its squares, what is written on them, and walls."""
    chart = squares_chart(squares_of(picture), picture)
    words = [f"{letter}: {meaning}" for letter, meaning in picture.values["letters"].items()]
    return chart.properties(title=alt.Title("Map", subtitle=", ".join(words), subtitleColor="gray"))


def squares_of(picture: Picture) -> pd.DataFrame:
    """A row for each square: where it is, its mark, and what that means."""
    marks, letters = np.array(picture.values["marks"][0]), picture.values["letters"]
    rows = [
        {"row": row, "column": column, "mark": mark, "meaning": letters.get(mark, "")}
        for (row, column), mark in np.ndenumerate(marks)
    ]
    return pd.DataFrame(rows)


def squares_chart(squares: pd.DataFrame, picture: Picture, *over: alt.Chart) -> alt.LayerChart:
    """The squares of squares_of(), with these layers between them and their marks."""
    rows, columns = squares["row"].max() + 1, squares["column"].max() + 1
    across = alt.X("column:Q", axis=None, scale=alt.Scale(domain=[-0.5, columns - 0.5], nice=False))
    down = alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[rows - 0.5, -0.5], nice=False))
    edges = {"left": "datum.column - 0.5", "right": "datum.column + 0.5"}
    edges |= {"top": "datum.row - 0.5", "bottom": "datum.row + 0.5"}
    base = alt.Chart(squares).encode(x=across, y=down)
    outline = base.mark_rect(fillOpacity=0, stroke="gray", strokeWidth=0.5).transform_calculate(**edges)
    outline = outline.encode(
        x=alt.X("left:Q", axis=None), x2="right:Q", y=alt.Y("top:Q", axis=None), y2="bottom:Q"
    )
    marks = base.mark_text(fontSize=12, fontWeight="bold", color="gray", dx=-14, dy=-14).encode(text="mark:N")
    places = base.mark_point(size=900, opacity=0).encode(tooltip=_tooltip(squares))
    layers = [outline, *_walls(picture, across, down), *over, marks, places]
    return alt.LayerChart(layer=layers, height=int(rows) * SQUARE_PX + 40)


def _walls(picture: Picture, across: alt.X, down: alt.Y) -> list[alt.Chart]:
    """Thick lines at the right of squares."""
    found = [
        {"column": column + 0.5, "row": row - 0.5, "below": row + 0.5}
        for row, column in np.argwhere(picture.arrays["walls"][0]).tolist()
    ]
    if not found:
        return []
    walls = alt.Chart(pd.DataFrame(found)).mark_rule(strokeWidth=4, color="gray", aria=False)
    return [walls.encode(x=across, y=down, y2="below:Q")]


def _tooltip(squares: pd.DataFrame) -> list[Any]:
    listed = [alt.Tooltip("mark:N", title="Square"), alt.Tooltip("meaning:N", title="Meaning")]
    if "visits" in squares:
        listed.append(alt.Tooltip("visits:Q", title="Visits in an episode", format=".2f"))
    return listed
