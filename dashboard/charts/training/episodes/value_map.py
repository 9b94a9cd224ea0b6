"""The value of each square of a grid world, and its best action."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture

# Which way an arrow points, in degrees clockwise from up; other actions are written out.
ARROWS = {"up": 0, "right": 90, "down": 180, "left": 270}


def value_map_chart(picture: Picture) -> alt.LayerChart:
    """Each square in the strength of its best action's value, with an arrow for that action.

    Several maps stand side by side, each under its title and with a scale of its own.
    """
    squares, titles = _squares(picture), _titles(picture)
    scale = alt.Scale(nice=False, zero=False, domain=[0, float(squares["right"].max())])
    down = alt.Scale(nice=False, zero=False, domain=[float(squares["bottom"].max()), -0.6 if titles else 0])
    base = alt.Chart(squares).encode(
        x=alt.X("left:Q", axis=None, scale=scale), y=alt.Y("top:Q", axis=None, scale=down)
    )
    outline = base.mark_rect(fillOpacity=0, stroke="gray", strokeWidth=0.5).encode(x2="right", y2="bottom")
    cells = (
        base.mark_rect()
        .encode(
            x2="right",
            y2="bottom",
            opacity=alt.Opacity(
                "strength:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.45]), legend=None
            ),
            tooltip=[
                alt.Tooltip("value:Q", title="Value", format=".3f"),
                alt.Tooltip("action:N", title="Best action"),
                alt.Tooltip("mark:N", title="Square"),
            ],
        )
        .transform_filter("isValid(datum.value)")
    )
    inside = base.encode(
        x=alt.X("middle:Q", axis=None, scale=scale), y=alt.Y("centre:Q", axis=None, scale=down)
    )
    arrows = (
        inside.transform_filter("isValid(datum.angle)")
        .mark_point(shape="arrow", filled=True, size=260, color="gray", opacity=1)
        .encode(angle=alt.Angle("angle:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360]), legend=None))
    )
    others = inside.transform_filter("datum.words != ''").mark_text(fontSize=11, color="gray")
    marks = base.mark_text(fontSize=11, color="gray", fontWeight="bold", dx=9, dy=10)
    layers = [outline, cells, arrows, others.encode(text="words:N"), marks.encode(text="mark:N")]
    if titles:
        places = {"x": alt.X("left:Q", axis=None, scale=scale), "y": alt.Y("top:Q", axis=None, scale=down)}
        names = alt.Chart(pd.DataFrame(titles)).mark_text(align="left", fontSize=11, color="gray")
        layers.append(names.encode(x=places["x"], y=places["y"], text="title:N"))
    subtitle = "Stronger squares have a higher value; arrows: the best action so far."
    return alt.LayerChart(
        layer=layers,
        title=alt.Title("Values and best actions", subtitle=subtitle, subtitleColor="gray"),
        height=int(squares["bottom"].max()) * 56 + 70,
    )


def _squares(picture: Picture) -> pd.DataFrame:
    actions, marks = picture.values["actions"], np.array(picture.values["marks"])
    best, worth = picture.arrays["actions"], picture.arrays["values"]
    rows = []
    for (of, row, column), action in np.ndenumerate(best):
        name = actions[action] if action >= 0 else ""
        left = of * (best.shape[2] + 1) + column  # a square's width between two maps
        rows.append(
            {
                "left": left,
                "right": left + 1,
                "middle": left + 0.5,
                "top": row,
                "bottom": row + 1,
                "centre": row + 0.5,
                "mark": marks[of, row, column],
                "value": worth[of, row, column],
                "strength": _strength(worth[of], float(worth[of, row, column])),
                "action": name,
                "angle": ARROWS.get(name, np.nan),
                "words": "" if name in ARROWS else name,
            }
        )
    return pd.DataFrame(rows)


def _strength(worth: np.ndarray, value: float) -> float:
    """Where a value lies between the smallest and the largest of its map, 0 to 1."""
    known = worth[np.isfinite(worth)]
    spread = float(known.max() - known.min()) if len(known) else 0.0
    return float(value - known.min()) / spread if spread and np.isfinite(value) else 1.0


def _titles(picture: Picture) -> list[dict[str, Any]]:
    across = picture.arrays["actions"].shape[2] + 1
    titles = picture.values["titles"]
    return [{"title": title, "left": of * across, "top": -0.3} for of, title in enumerate(titles) if title]
