"""A machine's best products among those of other devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from core.timing.quick_check.references import DATA_SHEET, HERE, MEASURED

ROW_PX = 19
_COLOURS = {HERE: "#0072b2", MEASURED: "#8a8f98", DATA_SHEET: "#c9ccd2"}


def reference_chart(rows: Sequence[Mapping[str, Any]], dtype: str) -> alt.LayerChart:
    """A bar for what was measured, a hollow mark for a data sheet; one scale, logarithmic."""
    shown = pd.DataFrame(rows)
    order = list(dict.fromkeys(shown["name"]))
    y = alt.Y(
        "name:N", sort=order, title=None, axis=alt.Axis(labelLimit=150, ticks=False, labelOverlap=False)
    )
    x = alt.X(
        "gflops:Q",
        title="GFLOP/s, each line ten times the one before",
        scale=alt.Scale(type="log", nice=False, padding=8),
        axis=alt.Axis(format="~s", tickCount=6),
    )
    colour = alt.Color(
        "is:N",
        title=None,
        scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
        legend=alt.Legend(orient="top", symbolType="circle", symbolOpacity=1),
    )
    tooltip = [
        alt.Tooltip("name:N", title="Device"),
        alt.Tooltip("gflops:Q", title="GFLOP/s", format=",.4~g"),
        alt.Tooltip("is:N", title="Figure"),
        alt.Tooltip("source:N", title="Source"),
    ]
    base = alt.Chart(shown).encode(x=x, y=y, color=colour, tooltip=tooltip)
    here = base.transform_filter(alt.datum["is"] == HERE)
    return alt.LayerChart(
        layer=[
            base.mark_point(filled=True, size=90, opacity=1),
            here.mark_rule(strokeWidth=1, strokeDash=[2, 3], aria=False).encode(
                y=alt.value(0), y2=alt.value("height"), tooltip=alt.value(None)
            ),
        ],
        title=f"Best {dtype} products compared",
        description=f"Best products in {dtype}: "
        + "; ".join(f"{row['name']} {row['gflops']:,.0f} GFLOP/s ({row['is']})" for row in rows),
        height=ROW_PX * len(order) + 20,
    )
