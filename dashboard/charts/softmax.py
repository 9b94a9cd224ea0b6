"""Outputs of a softmax: as bars, and over one number that changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.theme import series_color, series_dash

HEIGHT = 280


def bars_chart(names: Sequence[str], values: Sequence[float], title: str, y_title: str) -> alt.LayerChart:
    """One bar for each output, with its number on it."""
    rows = pd.DataFrame({"output": list(names), "value": np.asarray(values, float)})
    low, high = float(rows["value"].min()), float(rows["value"].max())
    ends = [min(0.0, 1.2 * low), max(1.0, 1.1 * high) if high > 0 else 0.0]
    base = alt.Chart(rows).encode(
        x=alt.X("output:N", title="Output", axis=alt.Axis(labelAngle=0), sort=None),
        y=alt.Y("value:Q", title=y_title, scale=alt.Scale(domain=ends)),
        tooltip=[
            alt.Tooltip("output:N", title="Output"),
            alt.Tooltip("value:Q", title=y_title, format=".4~g"),
        ],
    )
    bars = base.mark_bar().encode(
        color=alt.Color("output:N", scale=alt.Scale(domain=list(names)), legend=None)
    )
    numbers = base.mark_text(dy=-8 if high > 0 else 12, color="gray", fontSize=13).encode(
        text=alt.Text("value:Q", format=".3f")
    )
    return alt.LayerChart(
        layer=[bars, numbers],
        title=alt.Title(title, offset=6),
        description=f"{y_title} of {', '.join(names)}.",
        height=HEIGHT,
    )


def outputs_chart(
    x: np.ndarray,
    series: Mapping[str, np.ndarray],
    now: float,
    title: str,
    x_title: str,
    y_title: str,
    logarithmic: bool = False,
) -> alt.LayerChart:
    """One line for each series over x, and a dashed rule at the x of now."""
    names = [*series]
    wide = pd.DataFrame({"x": x} | {f"s{n}": line for n, line in enumerate(series.values())})
    long = wide.melt("x", var_name="key", value_name="value")
    long["series"] = [names[int(key[1:])] for key in long["key"]]
    scale = alt.Scale(type="log" if logarithmic else "linear", nice=False, zero=False)
    at = alt.X("x:Q", title=x_title, scale=scale)
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=2.2, aria=False)
        .encode(
            x=at,
            y=alt.Y("value:Q", title=y_title),
            color=series_color(names, names),
            strokeDash=series_dash(names),
        )
    )
    here = alt.Chart(pd.DataFrame({"x": [now]})).mark_rule(strokeDash=[5, 4], color="gray", aria=False)
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=["x"], empty=False, name="pointer")
    read = [alt.Tooltip("x:Q", title=x_title, format=".3~g")]
    read += [alt.Tooltip(f"s{n}:Q", title=name, format=".4~g") for n, name in enumerate(names)]
    shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    rule = alt.Chart(wide).mark_rule(color="gray", aria=False).encode(x=at, opacity=shown, tooltip=read)
    return alt.LayerChart(
        layer=[lines, here.encode(x=at), rule.add_params(pointer)],
        title=alt.Title(title, offset=6),
        description=f"{y_title} over {x_title} for {', '.join(names)}.",
        height=HEIGHT,
    )
