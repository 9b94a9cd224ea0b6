"""The samples that a curve or a surface is learnt from."""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.events import Picture
from dashboard.charts.training.data.points import HEIGHT, SPLITS, SUBTITLE, split_shapes

MAX_SAMPLES = 300  # of each split: enough to see the shape


def curve_samples_chart(samples: Picture) -> alt.Chart:
    """Value over x; of a surface the plane, with blue above zero and orange below."""
    features, value = samples.values["features"], samples.values["answer"]
    names = [*features, value]
    table = sample_table(samples)
    y = names[1]
    chart = (
        alt.Chart(table)
        .mark_point(filled=True, size=36, color="gray", opacity=0.8)
        .encode(
            x=alt.X(names[0], type="quantitative", title=names[0]),
            y=alt.Y(y, type="quantitative", title=y),
            shape=split_shapes(),
            tooltip=[
                alt.Tooltip("split:N", title="Split"),
                *(alt.Tooltip(name, type="quantitative", format=".2f") for name in names),
            ],
        )
        .properties(title=alt.Title("Samples", subtitle=SUBTITLE, subtitleColor="gray"), height=HEIGHT)
    )
    if len(features) > 1:
        scale = alt.Scale(scheme="blueorange", reverse=True, domainMid=0)
        chart = chart.encode(color=alt.Color(value, type="quantitative", title=value, scale=scale))
    return chart


def sample_table(samples: Picture) -> pd.DataFrame:
    """A column for each feature and for the value, and `split`; at most 300 rows of each split."""
    names = [*samples.values["features"], samples.values["answer"]]
    tables = [
        pd.DataFrame(samples.arrays[split][:MAX_SAMPLES], columns=names).assign(split=name)
        for split, name in SPLITS.items()
    ]
    return pd.concat(tables)
