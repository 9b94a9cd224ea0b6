"""Line charts over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.theme import series_color, series_dash

POINTS_ON_SCREEN = 300


def columns(records: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Fields of records as float32 columns; names maps a field to its column. None becomes NaN, a gap."""
    return {
        name: np.array([np.nan if record[field] is None else record[field] for record in records], np.float32)
        for field, name in names.items()
    }


def thin(table: Mapping[str, np.ndarray], limit: int = POINTS_ON_SCREEN) -> dict[str, np.ndarray]:
    """At most `limit` rows of equally long columns, with the extremes of every column kept.

    Each bucket of neighbouring rows keeps the rows of its smallest and largest values, so that a spike stays
    on the screen however long the run.
    """
    length = len(next(iter(table.values())))
    if length <= limit:
        return dict(table)
    buckets = np.array_split(np.arange(length), max(1, limit // (2 * len(table)) - 1))
    kept = {0, length - 1}
    for column in table.values():
        for bucket in buckets:
            values = np.nan_to_num(column[bucket].astype(float))
            kept.update((int(bucket[values.argmin()]), int(bucket[values.argmax()])))
    rows = sorted(kept)
    return {name: column[rows] for name, column in table.items()}


def lines(
    table: Mapping[str, np.ndarray],
    x: str,
    title: str,
    y_title: str,
    y_format: str = ".3f",
    y_scale: alt.Scale | None = None,
    height: int = 260,
    every: Sequence[str] = (),
    faint: Sequence[str] = (),
    x_domain: tuple[float, float] | None = None,
) -> alt.LayerChart:
    """One line for each column over column x, with a read-out where the pointer is.

    Names of columns are shown as they are; Vega reads dots and brackets in them as paths, so they must have
    none. x may be numbers or times (datetime64). Each series has a colour
    of the theme and a dash pattern of its own: by its number among `every`, where some may be missing.
    faint: what the others are compared with, in thinner lines. x_domain: from where to where x reaches,
    where more is still to come.
    """
    names = [name for name in table if name != x]
    every = every or names
    temporal = np.issubdtype(table[x].dtype, np.datetime64)
    x_type: Literal["temporal", "quantitative"] = "temporal" if temporal else "quantitative"
    x_axis = alt.Axis() if temporal else alt.Axis(tickMinStep=1, format=",.0f")
    first = len(table[x]) == 1  # a line through one point is nothing
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=[x], empty=False, name="pointer")
    base = alt.Chart(pd.DataFrame(thin(table))).encode(
        x=alt.X(x, type=x_type, title=x, axis=x_axis, scale=_scale(x_domain))
    )
    curves = (
        base.transform_fold([*names], as_=["series", "value"])
        .mark_line(clip=True, aria=False, point=first)
        .encode(
            y=alt.Y("value:Q", title=y_title, scale=y_scale or _around(table, names)),
            color=series_color(every, names),
            strokeDash=series_dash(every),
        )
    )
    if faint:
        is_faint = alt.FieldOneOfPredicate(field="series", oneOf=[*faint])
        curves = curves.encode(strokeWidth=alt.when(is_faint).then(alt.value(1.1)).otherwise(alt.value(2.2)))
    read_out = [alt.Tooltip(x, type=x_type, title=x)]
    read_out += [alt.Tooltip(name, type="quantitative", format=y_format) for name in names]
    shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    # A label for screen readers at every point would cost more than all the rest of the chart.
    rule = base.mark_rule(color="gray", aria=False).encode(opacity=shown, tooltip=read_out)
    return alt.LayerChart(layer=[curves, rule.add_params(pointer)], title=title, height=height)


def _scale(domain: tuple[float, float] | None) -> alt.Scale | alt.UndefinedType:
    return alt.Undefined if domain is None else alt.Scale(domain=[*domain], nice=False)


def _around(table: Mapping[str, np.ndarray], names: Sequence[str]) -> alt.Scale:
    """From the smallest value to the largest; around a value that never changes there is some room."""
    values = np.concatenate([table[name] for name in names]).astype(float)
    values = values[np.isfinite(values)]
    if not len(values) or values.min() < values.max():
        return alt.Scale(zero=False)
    room = max(abs(values[0]) / 10, 0.1)
    return alt.Scale(domain=[values[0] - room, values[0] + room])
