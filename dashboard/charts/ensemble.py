"""Charts of an ensemble: how a measure is distributed over the seeds while they learn, and who ends best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.theme import LONGEST, series_color, series_dash, series_scale

POINTS_ON_SCREEN = 150  # of each variant


def distribution_chart(
    epochs: Sequence[Mapping[str, Any]], variants: Sequence[str], field: str, title: str, y_title: str
) -> alt.LayerChart:
    """Median over the seeds after each epoch with the middle half and the middle nine tenths around it.

    epochs are records of EnsembleEpochCompleted; field is one of its distributions.
    """
    every = max(1, -(-len(epochs) // POINTS_ON_SCREEN))
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
    x = alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1))
    scale = alt.Scale(zero=False)
    base = alt.Chart(table).encode(x=x)
    band_color = alt.Color("series:N", scale=series_scale(variants), legend=None)
    bands = [
        base.mark_area(opacity=opacity, aria=False).encode(
            color=band_color, y=alt.Y(f"{low}:Q", scale=scale), y2=high
        )
        for low, high, opacity in (("low5", "high5", 0.12), ("low25", "high25", 0.25))
    ]
    median = base.mark_line().encode(
        y=alt.Y("median:Q", title=y_title, scale=scale),
        color=series_color(variants, variants),
        strokeDash=series_dash(variants).legend(None),
        tooltip=[
            alt.Tooltip("series:N", title="Variant"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("median:Q", title="Median", format=".4f"),
            alt.Tooltip("low5:Q", title="5th percentile", format=".4f"),
            alt.Tooltip("high5:Q", title="95th percentile", format=".4f"),
        ],
    )
    subtitle = ["Line: median over the seeds.", "Bands: middle half, and nine tenths."]
    # Each layer keeps its own colours, so that the legend shows the lines' and not the pale bands'.
    return alt.LayerChart(
        layer=[*bands, median],
        title=alt.Title(title, subtitle=subtitle, subtitleColor="gray"),
        height=360,  # of which the legend is a part
    ).resolve_scale(color="independent")


def ranking_chart(finished: Mapping[str, Any]) -> alt.LayerChart:
    """Every seed's final metric as a tick, and the median with its 95% interval, the best variant on top."""
    names = {entry["variant"]: _ranked_name(entry, n) for n, entry in enumerate(finished["ranking"])}
    seeds = pd.DataFrame(
        [
            (name, value)
            for key, name in names.items()
            for value in finished["final"][key]
            if value is not None
        ],
        columns=["variant", "value"],
    )
    table = pd.DataFrame([dict(entry, variant=names[entry["variant"]]) for entry in finished["ranking"]])
    y = alt.Y("variant:N", sort=[*names.values()], title=None, axis=alt.Axis(labelLimit=160))
    x_title = f"{finished['metric'].capitalize().replace('_', ' ')}, test"
    scale = alt.Scale(zero=False)
    ticks = (
        alt.Chart(seeds)
        .mark_tick(opacity=0.35, thickness=1.5, aria=False)
        .encode(x=alt.X("value:Q", title=x_title, scale=scale), y=y)
    )
    base = alt.Chart(table).encode(
        y=y,
        tooltip=[
            alt.Tooltip("variant:N", title="Variant"),
            alt.Tooltip("median:Q", title="Median", format=".4f"),
            alt.Tooltip("low:Q", title="Interval from", format=".4f"),
            alt.Tooltip("high:Q", title="to", format=".4f"),
            alt.Tooltip("behind:Q", title="Behind the first", format=".4f"),
            alt.Tooltip("diverged:Q", title="Diverged"),
            alt.Tooltip("seconds:Q", title="Seconds per network", format=".3f"),
        ],
    )
    interval = base.mark_rule(strokeWidth=4, color="gray").encode(x=alt.X("low:Q", scale=scale), x2="high")
    median = base.mark_point(filled=True, size=90, opacity=1).encode(x=alt.X("median:Q", scale=scale))
    subtitle = [
        "Ticks: each seed. Bar: 95% interval of the median.",
        "Tied: no certain difference to the best.",
    ]
    return alt.LayerChart(
        layer=[ticks, interval, median],
        title=alt.Title("Who ends best", subtitle=subtitle, subtitleColor="gray"),
        height=alt.Step(38),
    )


def interquartile_chart(finished: Mapping[str, Any]) -> alt.LayerChart:
    """The interquartile mean of each variant with its 95% interval, in the order of the ranking."""
    rows = [
        (_ranked_name(entry, n), entry["iqm"], entry["iqm_low"], entry["iqm_high"])
        for n, entry in enumerate(finished["ranking"])
    ]
    metric = finished["metric"].capitalize().replace("_", " ")
    return _intervals(
        rows,
        alt.Scale(zero=False),
        alt.X("value:Q", title=f"{metric}, test"),
        alt.Title(
            "Interquartile mean",
            subtitle=[
                "The mean of the middle half of the seeds, with its",
                "95% interval: steadier than a median.",
            ],
            subtitleColor="gray",
        ),
        "Interquartile mean",
    )


def improvement_chart(finished: Mapping[str, Any]) -> alt.LayerChart:
    """How probable it is that a run of the best ends better than one of each other variant."""
    best, *others = finished["ranking"]
    rows = [
        (
            _ranked_name(entry, n),
            *(entry[key] for key in ("improvement", "improvement_low", "improvement_high")),
        )
        for n, entry in enumerate(others, 1)
    ]
    scale = alt.Scale(domain=[0, 1])
    chart = _intervals(
        rows,
        scale,
        alt.X("value:Q", title="Probability of improvement", axis=alt.Axis(format="%")),
        alt.Title(
            "Does the best improve on it?",
            subtitle=[
                f"How often {_short(best['variant'])} ends better, of two runs.",
                "An interval on the line, 50%: as good as a coin.",
            ],
            subtitleColor="gray",
        ),
        "Probability",
    )
    even = alt.Chart(pd.DataFrame({"even": [0.5]})).mark_rule(strokeDash=[4, 4], color="gray", aria=False)
    chart.layer.insert(0, even.encode(x=alt.X("even:Q", scale=scale)))
    return chart


def _intervals(
    rows: Sequence[tuple[str, float | None, float | None, float | None]],
    scale: alt.Scale,
    x: alt.X,
    title: alt.Title,
    label: str,
) -> alt.LayerChart:
    """A point a variant on the bar of its interval."""
    table = pd.DataFrame(rows, columns=["variant", "value", "low", "high"])
    base = alt.Chart(table).encode(
        y=alt.Y("variant:N", sort=[row[0] for row in rows], title=None, axis=alt.Axis(labelLimit=160)),
        tooltip=[
            alt.Tooltip("variant:N", title="Variant"),
            alt.Tooltip("value:Q", title=label, format=".4f"),
            alt.Tooltip("low:Q", title="Interval from", format=".4f"),
            alt.Tooltip("high:Q", title="to", format=".4f"),
        ],
    )
    interval = base.mark_rule(strokeWidth=4, color="gray").encode(x=alt.X("low:Q", scale=scale), x2="high")
    point = base.mark_point(filled=True, size=90, opacity=1).encode(x=x.scale(scale))
    return alt.LayerChart(layer=[interval, point], title=title, height=alt.Step(38))


def _ranked_name(entry: Mapping[str, Any], number: int) -> str:
    """A variant with its rank, where there is something to say."""
    if number == 0:
        return f"{entry['variant']} (best)"
    return f"{entry['variant']} (tied)" if entry["tied"] else str(entry["variant"])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
