"""Line charts of events over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

POINTS_ON_SCREEN = 300


def thin(columns: Mapping[str, np.ndarray], limit: int = POINTS_ON_SCREEN) -> dict[str, np.ndarray]:
    """At most `limit` rows of equally long columns, with the extremes of every column kept.

    Each bucket of neighbouring rows keeps the rows of its smallest and largest values, so that a spike stays
    on the screen however long the run.
    """
    length = len(next(iter(columns.values())))
    if length <= limit:
        return dict(columns)
    buckets = np.array_split(np.arange(length), max(1, limit // (2 * len(columns)) - 1))
    kept = {0, length - 1}
    for column in columns.values():
        for bucket in buckets:
            values = np.nan_to_num(column[bucket].astype(float))
            kept.update((int(bucket[values.argmin()]), int(bucket[values.argmax()])))
    rows = sorted(kept)
    return {name: column[rows] for name, column in columns.items()}


def lines(
    records: Sequence[Mapping[str, Any]],
    x: str,
    series: Mapping[str, str],
    title: str,
    x_title: str,
    y_title: str,
    y_format: str = ".3f",
    zero: bool = False,
    height: int = 260,
) -> alt.LayerChart:
    """One line a series over x. series maps a field of the records to the name in the legend.

    Points that are None leave a gap. Each series has a colour of the theme and a dash pattern of its own.
    """
    columns = {x: np.array([record[x] for record in records], np.float32)}
    for key, name in series.items():
        values = [record.get(key) for record in records]
        columns[name] = np.array([np.nan if value is None else value for value in values], np.float32)
    table = pd.DataFrame(thin(columns))
    names = list(series.values())
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=[x], empty=False, name="pointer")
    base = alt.Chart(table).encode(
        x=alt.X(x, type="quantitative", title=x_title, axis=alt.Axis(tickMinStep=1))
    )
    curves = (
        base.transform_fold([*names], as_=["series", "value"])
        .mark_line(clip=True)
        .encode(
            y=alt.Y("value:Q", title=y_title, scale=alt.Scale(zero=zero)),
            color=alt.Color("series:N", sort=names, title=None, legend=alt.Legend(orient="top")),
            strokeDash=alt.StrokeDash("series:N", sort=names, title=None),
        )
    )
    rule = base.mark_rule(color="gray").encode(
        opacity=alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0)),
        tooltip=[alt.Tooltip(x, type="quantitative", title=x_title)]
        + [alt.Tooltip(name, type="quantitative", format=y_format) for name in names],
    )
    return alt.LayerChart(layer=[curves, rule.add_params(pointer)], title=title, height=height)
