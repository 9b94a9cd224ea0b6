"""Charts of an ensemble: how a measure is distributed over the seeds while they learn, and who ends best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.theme import series_color, series_dash

POINTS_ON_SCREEN = 150  # of each variant


def distribution_chart(
    epochs: Sequence[Mapping[str, Any]], variants: Sequence[str], field: str, title: str, y_title: str
) -> alt.LayerChart:
    """Median over the seeds after each epoch with the middle half and the middle nine tenths around it.

    epochs are records of EnsembleEpochCompleted; field is one of its distributions.
    """
    every = max(1, len(epochs) * len(variants) // (POINTS_ON_SCREEN * max(1, len(variants))))
    rows = [
        dict(
            zip(("low5", "low25", "median", "high25", "high5"), quantiles, strict=True),
            epoch=record["epoch"],
            series=name,
        )
        for record in [*epochs[:-1:every], *epochs[-1:]]
        for name, quantiles in record[field].items()
    ]
    table = pd.DataFrame(rows, columns=["epoch", "series", "low5", "low25", "median", "high25", "high5"])
    base = alt.Chart(table).encode(
        x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1)),
        color=series_color(variants, variants),
    )
    scale = alt.Scale(zero=False)
    outer = base.mark_area(opacity=0.12, aria=False).encode(y=alt.Y("low5:Q", scale=scale), y2="high5")
    inner = base.mark_area(opacity=0.25, aria=False).encode(y=alt.Y("low25:Q", scale=scale), y2="high25")
    median = base.mark_line().encode(
        y=alt.Y("median:Q", title=y_title, scale=scale),
        strokeDash=series_dash(variants),
        tooltip=[
            alt.Tooltip("series:N", title="Variant"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("median:Q", title="Median", format=".4f"),
            alt.Tooltip("low5:Q", title="5% lie below", format=".4f"),
            alt.Tooltip("high5:Q", title="5% lie above", format=".4f"),
        ],
    )
    subtitle = "Line: median over the seeds. Bands: middle half, and nine tenths."
    return alt.LayerChart(
        layer=[outer, inner, median],
        title=alt.Title(title, subtitle=subtitle, subtitleColor="gray"),
        height=280,
    )


def ranking_chart(finished: Mapping[str, Any]) -> alt.LayerChart:
    """Every seed's final metric as a tick, and the median with its 95% interval, the best variant on top."""
    order = [place["variant"] for place in finished["ranking"]]
    seeds = pd.DataFrame(
        [(name, value) for name in order for value in finished["final"][name] if value is not None],
        columns=["variant", "value"],
    )
    places = pd.DataFrame(finished["ranking"])
    places["note"] = ["best" if n == 0 else "tied" if tied else "" for n, tied in enumerate(places["tied"])]
    y = alt.Y("variant:N", sort=order, title=None, axis=alt.Axis(labelLimit=160))
    x_title = f"{finished['metric'].capitalize().replace('_', ' ')}, held back"
    scale = alt.Scale(zero=False)
    ticks = (
        alt.Chart(seeds)
        .mark_tick(opacity=0.35, thickness=1.5, aria=False)
        .encode(x=alt.X("value:Q", title=x_title, scale=scale), y=y)
    )
    base = alt.Chart(places).encode(
        y=y,
        tooltip=[
            alt.Tooltip("variant:N", title="Variant"),
            alt.Tooltip("median:Q", title="Median", format=".4f"),
            alt.Tooltip("low:Q", title="Interval from", format=".4f"),
            alt.Tooltip("high:Q", title="to", format=".4f"),
            alt.Tooltip("behind:Q", title="Behind the first", format=".4f"),
            alt.Tooltip("diverged:Q", title="Diverged"),
            alt.Tooltip("seconds:Q", title="Seconds a network", format=".3f"),
        ],
    )
    interval = base.mark_rule(strokeWidth=4, opacity=0.8).encode(x=alt.X("low:Q", scale=scale), x2="high")
    median = base.mark_point(filled=True, size=90, opacity=1).encode(x=alt.X("median:Q", scale=scale))
    notes = base.mark_text(dy=-14, fontSize=11, color="gray").encode(
        x=alt.X("median:Q", scale=scale), text="note:N"
    )
    subtitle = "Ticks: each seed. Bar: 95% interval of the median. “tied”: no certain difference to the best."
    return alt.LayerChart(
        layer=[ticks, interval, median, notes],
        title=alt.Title("Who ends best", subtitle=subtitle, subtitleColor="gray"),
        height=alt.Step(38),
    )
