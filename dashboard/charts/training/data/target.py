"""The points that a generator is to imitate."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture


def target_chart(target: Picture) -> alt.Chart:
    """The mixture's points."""
    return (
        alt.Chart(point_table(target.arrays["real"], "Real"))
        .mark_circle(size=14, opacity=0.75)
        .encode(
            x=alt.X("x:Q", title="x"),
            y=alt.Y("y:Q", title="y"),
            tooltip=[alt.Tooltip("x:Q", format=".2f"), alt.Tooltip("y:Q", format=".2f")],
        )
        .properties(title=alt.Title("Target"), height=400)
    )


def point_table(points: np.ndarray, kind: str) -> pd.DataFrame:
    """x, y and what they are, of points (n, 2)."""
    return pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "kind": kind})
