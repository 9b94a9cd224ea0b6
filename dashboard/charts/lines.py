"""Line charts over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.drawing import Drawing, Rows
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


def lines(table: Mapping[str, np.ndarray], x: str, title: str, y_title: str, **look: Any) -> alt.LayerChart:
    """One line for each column over column x, with a read-out where the pointer is; look: of a LineChart.

    x may be numbers or times (datetime64). What is drawn again and again is better kept apart: see drawing().
    """
    return drawing(table, x, title, y_title, **look).chart()


def drawing(table: Mapping[str, np.ndarray], x: str, title: str, y_title: str, **look: Any) -> Drawing:
    """The same, its look apart from its rows."""
    names = tuple(name for name in table if name != x)
    if not look.get("from_zero"):
        look.setdefault("y_domain", _room_around(table, names))
    chart = LineChart(
        x=x,
        names=names,
        title=title,
        y_title=y_title,
        temporal=bool(np.issubdtype(table[x].dtype, np.datetime64)),
        one_point=len(table[x]) == 1,
        **look,
    )
    return Drawing(chart, pd.DataFrame(thin(table)))


@dataclass(frozen=True)
class LineChart:
    """All that a line chart depends on but its rows.

    Names of columns are shown as they are; Vega reads dots and brackets in them as paths, so they must have
    none. Each series has a colour of the theme and a dash pattern of its own: by its number among `every`,
    where some may be missing. faint: what the others are compared with, in thinner lines. x_domain: from
    where to where x reaches, where more is still to come. baseline: a line across the chart.
    """

    x: str
    names: tuple[str, ...]
    title: str
    y_title: str
    temporal: bool = False
    one_point: bool = False
    y_format: str = ".3f"
    from_zero: bool = False
    y_domain: tuple[float, float] | None = None
    height: int = 260
    every: tuple[str, ...] = ()
    faint: tuple[str, ...] = ()
    x_domain: tuple[float, float] | None = None
    baseline: Baseline | None = None

    def chart(self, rows: Rows) -> alt.LayerChart:
        """The chart of these rows."""
        x, every = self.x, self.every or self.names
        x_type: Literal["temporal", "quantitative"] = "temporal" if self.temporal else "quantitative"
        x_axis = alt.Axis() if self.temporal else alt.Axis(tickMinStep=1, format=",.0f")
        pointer = alt.selection_point(nearest=True, on="pointerover", fields=[x], empty=False, name="pointer")
        base = alt.Chart(rows).encode(
            x=alt.X(x, type=x_type, title=x, axis=x_axis, scale=_scale(self.x_domain))
        )
        curves = (
            base.transform_fold([*self.names], as_=["series", "value"])
            .mark_line(clip=True, aria=False, point=self.one_point)  # a line through one point is nothing
            .encode(
                y=alt.Y("value:Q", title=self.y_title, scale=self._y_scale()),
                color=series_color(every, self.names),
                strokeDash=series_dash(every),
            )
        )
        if self.faint:
            is_faint = alt.FieldOneOfPredicate(field="series", oneOf=[*self.faint])
            width = alt.when(is_faint).then(alt.value(1.1)).otherwise(alt.value(2.2))
            curves = curves.encode(strokeWidth=width)
        read_out = [alt.Tooltip(x, type=x_type, title=x)]
        read_out += [alt.Tooltip(name, type="quantitative", format=self.y_format) for name in self.names]
        shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
        # A label for screen readers at every point would cost more than all the rest of the chart.
        rule = base.mark_rule(color="gray", aria=False).encode(opacity=shown, tooltip=read_out)
        layers = [curves, rule.add_params(pointer)]
        chart = alt.LayerChart(layer=layers, title=self.title, height=self.height)
        if self.baseline:
            chart.layer += self.baseline.layers()
        return chart

    def _y_scale(self) -> alt.Scale:
        if self.y_domain:
            return alt.Scale(domain=[*self.y_domain])
        return alt.Scale(zero=self.from_zero)


@dataclass(frozen=True)
class Baseline:
    """A line across a chart, with its name."""

    value: float
    name: str
    format: str

    def layers(self) -> list[alt.Chart]:
        """The line and its name."""
        row = pd.DataFrame({"baseline": [self.value], "name": [self.name]})
        base = alt.Chart(row).encode(y="baseline:Q")
        tooltip = [alt.Tooltip("name:N", title="Always"), alt.Tooltip("baseline:Q", format=self.format)]
        line = base.mark_rule(color="gray", strokeDash=[2, 3], aria=False).encode(tooltip=tooltip)
        words = base.mark_text(align="right", baseline="bottom", color="gray", dx=-4, aria=False)
        return [line, words.encode(x=alt.value("width"), text="name:N")]


def _scale(domain: tuple[float, float] | None) -> alt.Scale | alt.UndefinedType:
    return alt.Undefined if domain is None else alt.Scale(domain=[*domain], nice=False)


def _room_around(table: Mapping[str, np.ndarray], names: Sequence[str]) -> tuple[float, float] | None:
    """What the y axis shows around a value that never changes; None where the values say it themselves."""
    values = np.concatenate([table[name] for name in names]).astype(float)
    values = values[np.isfinite(values)]
    if not len(values) or values.min() < values.max():
        return None
    room = max(abs(values[0]) / 10, 0.1)
    return (float(values[0] - room), float(values[0] + room))
