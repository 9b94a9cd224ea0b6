"""Errors of number formats over x, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.theme import power_label, series_color

HEIGHT = 300
Envelope = tuple[np.ndarray, np.ndarray]  # x, and the largest error near it


def error_chart(
    errors: Mapping[str, Envelope],
    limits: Mapping[str, float],
    every: Sequence[str],
    title: str,
    y_title: str,
    reach: float,
    straight_within: float | None = None,
    ceiling: float = math.inf,
) -> alt.LayerChart:
    """One line for each format: its largest error in each stretch of x, from -reach to reach.

    errors and limits are keyed by the format's name; limits are the errors that rounding alone may cause,
    drawn as dashed rules. every: all names that can appear, so that each keeps its colour. An error of 0 is
    drawn at the bottom of the axis ("exact"), one that is not finite at its top ("lost").
    straight_within makes x logarithmic beyond plus and minus that. Errors above the ceiling are drawn at it.
    """
    lowest, highest = _decades([error for _, error in errors.values()], [*limits.values()], ceiling)
    rows = pd.concat(
        pd.DataFrame({"x": x, "error": error, "shown": _onto(error, lowest, highest), "format": name})
        for name, (x, error) in errors.items()
    )
    rows["text"] = [_error_text(error) for error in rows["error"]]
    y = alt.Y(
        "shown:Q",
        title=y_title,
        scale=alt.Scale(type="log", domain=[lowest / 10, highest * 10], nice=False),
        axis=alt.Axis(
            values=_ticks(lowest, highest),
            labelExpr=f"datum.value < {lowest / 5} ? 'exact' : datum.value > {highest * 5} ? 'lost' : "
            + power_label(),
        ),
    )
    x = alt.X("x:Q", title="x", scale=_x_scale(reach, straight_within), axis=_x_axis(reach, straight_within))
    base = alt.Chart(rows).encode(x=x, y=y, color=series_color(every, [*errors], "format"))
    read = [alt.Tooltip("format:N", title="Format"), alt.Tooltip("x:Q", format=".4~g")]
    points = base.mark_point(opacity=0, size=90, aria=False).encode(
        tooltip=[*read, alt.Tooltip("text:N", title=y_title)]
    )
    layers = [base.mark_line(strokeWidth=1.6, aria=False), points]
    if limits:
        rules = pd.DataFrame({"format": [*limits], "limit": [*limits.values()]})
        layers.append(
            alt.Chart(rules)
            .mark_rule(strokeDash=[6, 4], opacity=0.8, aria=False)
            .encode(y="limit:Q", color=series_color(every, [*errors], "format"))
        )
    description = f"{y_title} over x for {', '.join(errors)}."
    return alt.LayerChart(
        layer=layers, title=alt.Title(title, offset=6), description=description, height=HEIGHT
    )


def _decades(errors: Sequence[np.ndarray], limits: Sequence[float], ceiling: float) -> tuple[float, float]:
    """Powers of ten around all errors that are neither 0 nor lost; at most twelve below the highest."""
    some = np.concatenate([*errors, np.array([*limits], float)])
    some = some[np.isfinite(some) & (some > 0)]
    if not len(some):
        return 1e-3, 1.0
    highest = math.ceil(math.log10(min(some.max(), ceiling)))
    lowest = max(math.floor(math.log10(some.min())), highest - 12)
    return 10.0 ** min(lowest, highest - 1), 10.0**highest


def _onto(error: np.ndarray, lowest: float, highest: float) -> np.ndarray:
    shown = np.where(np.isfinite(error), np.clip(error, lowest / 10, highest), highest * 10)
    return np.where(error == 0, lowest / 10, shown)


def _error_text(error: float) -> str:
    if error == 0:
        return "exact"
    return f"{error:.2g}" if math.isfinite(error) else "lost: infinite or NaN"


def _ticks(lowest: float, highest: float) -> list[float]:
    low, high = round(math.log10(lowest)), round(math.log10(highest))
    step = max(1, (high - low) // 5)
    return [lowest / 10, *(10.0**power for power in range(low, high + 1, step)), highest * 10]


_X_LABEL = (
    "datum.value != 0 && (abs(datum.value) >= 1e4 || abs(datum.value) < 1e-2) "
    f"? (datum.value < 0 ? '−' : '') + {power_label('abs(datum.value)')} : format(datum.value, '~f')"
)


def _x_scale(reach: float, straight_within: float | None) -> alt.Scale:
    domain = [-reach, reach]
    if straight_within is None:
        return alt.Scale(domain=domain, nice=False)
    return alt.Scale(type="symlog", constant=straight_within, domain=domain, nice=False)


def _x_axis(reach: float, straight_within: float | None) -> alt.Axis:
    if straight_within is None:
        return alt.Axis(labelExpr=_X_LABEL, labelOverlap="greedy")
    low, high = math.ceil(math.log10(straight_within)), math.floor(math.log10(reach))
    step = max(1, math.ceil((high - low) / 4))
    powers = [10.0**power for power in range(high, low - 1, -step)]
    return alt.Axis(
        values=[*(-power for power in powers), 0, *powers], labelExpr=_X_LABEL, labelOverlap="greedy"
    )
