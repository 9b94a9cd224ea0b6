"""What a network predicts along a curve, beside the truth."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.theme import series_color, series_dash
from dashboard.charts.training.data.curve_samples import sample_table
from dashboard.charts.training.data.points import SPLITS, SUBTITLE, split_shapes

SERIES = ["Network", "Truth"]


def curve_chart(picture: Picture, samples: Picture | None = None) -> alt.LayerChart:
    """The network's curve and the truth, over the samples."""
    feature, target = picture.values["feature"], picture.values["answer"]
    table = pd.DataFrame(
        {feature: picture.arrays["x"]}
        | {name: picture.arrays[name.lower()].astype(np.float32) for name in SERIES}
    )
    base = alt.Chart(table).encode(
        x=alt.X(feature, type="quantitative", title=feature, scale=alt.Scale(nice=False, zero=False))
    )
    # Far beyond the samples a network may predict anything: the samples and the truth set the scale.
    scale = alt.Scale(domain=_range(picture, samples), nice=True)
    curves = (
        base.transform_fold([*SERIES], as_=["series", "value"])
        .mark_line(clip=True, aria=False, strokeWidth=2.5)
        .encode(
            y=alt.Y("value:Q", title=target, scale=scale),
            color=series_color(SERIES, SERIES),
            strokeDash=series_dash(SERIES),
        )
    )
    pointer = alt.selection_point(
        nearest=True, on="pointerover", fields=[feature], empty=False, name="pointer"
    )
    shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    read_out = [alt.Tooltip(name, type="quantitative", format=".3f") for name in (feature, *SERIES)]
    rule = base.mark_rule(color="gray", aria=False).encode(opacity=shown, tooltip=read_out)
    dots = [] if samples is None else [_dots(samples, feature, target)]
    return alt.LayerChart(
        layer=[*dots, curves, rule.add_params(pointer)],
        title=alt.Title("Curve", subtitle=SUBTITLE, subtitleColor="gray"),
        height=360,
    )


def _range(picture: Picture, samples: Picture | None) -> list[float]:
    """Lowest and highest of the truth and of the samples."""
    parts = [] if samples is None else [samples.arrays[split][:, -1] for split in SPLITS]
    every = np.concatenate([picture.arrays["truth"], *parts])
    return [float(every.min()), float(every.max())]


def _dots(samples: Picture, feature: str, target: str) -> alt.Chart:
    return (
        alt.Chart(sample_table(samples))
        .mark_point(filled=True, size=26, color="gray", opacity=0.55)
        .encode(
            x=alt.X(feature, type="quantitative"),
            y=alt.Y(target, type="quantitative"),
            shape=split_shapes(),
            tooltip=[
                alt.Tooltip("split:N", title="Split"),
                alt.Tooltip(feature, type="quantitative", format=".2f"),
                alt.Tooltip(target, type="quantitative", format=".2f"),
            ],
        )
    )
