"""A linear network beside its one matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.theme import powers_of_ten, series_color, series_dash


def by_depth(
    series: Mapping[str, np.ndarray], title: str, y_title: str, every: Sequence[str] = (), height: int = 300
) -> alt.LayerChart:
    """One line for each series over the number of layers, (layers,) each, with a read-out; nan is a gap."""
    names, every = [*series], [*(every or series)]
    rows = pd.concat(
        pd.DataFrame({"layers": np.arange(1, len(line) + 1), "value": line, "series": name})
        for name, line in series.items()
    ).dropna()
    x = alt.X(
        "layers:Q",
        title="Layers",
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(zero=False, nice=False),
    )
    line = (
        alt.Chart(rows)
        .mark_line(strokeWidth=2.2, aria=False, point=len(next(iter(series.values()))) == 1)
        .encode(
            x=x,
            y=alt.Y("value:Q", title=y_title),
            color=series_color(every, names),
            strokeDash=series_dash(every, shown=names),
        )
    )
    wide = pd.DataFrame({"layers": np.arange(1, len(next(iter(series.values()))) + 1)})
    tooltip = [alt.Tooltip("layers:Q", title="Layers")]
    for number, (name, values) in enumerate(series.items()):
        wide[f"line{number}"] = values
        tooltip.append(alt.Tooltip(f"line{number}:Q", title=name, format=".3~g"))
    pointer = alt.selection_point(
        nearest=True, on="pointerover", fields=["layers"], empty=False, name="pointer"
    )
    shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    rule = alt.Chart(wide).mark_rule(color="gray", aria=False).encode(x=x, opacity=shown, tooltip=tooltip)
    return alt.LayerChart(
        layer=[line, rule.add_params(pointer)],
        title=alt.Title(title, offset=6),
        description=f"{y_title} over the number of layers for {', '.join(names)}.",
        height=height,
    )


def singular_values(values: np.ndarray, rank: int, height: int = 300) -> alt.LayerChart:
    """The singular values of the matrix, falling, with the rank marked."""
    rows = pd.DataFrame({"number": np.arange(1, len(values) + 1), "value": np.maximum(values, 1e-20)})
    rows["counts"] = np.where(rows["number"] <= rank, "gets through", "is rounding")
    kinds = ["gets through", "is rounding"]
    points = (
        alt.Chart(rows)
        .mark_point(filled=True, size=45, aria=False)
        .encode(
            x=alt.X(
                "number:Q",
                title="Direction",
                axis=alt.Axis(tickMinStep=1, format="d"),
                scale=alt.Scale(domain=[0.5, len(values) + 0.5], nice=False),
            ),
            y=alt.Y(
                "value:Q",
                title="Singular value",
                scale=alt.Scale(type="log"),
                axis=powers_of_ten(6),
            ),
            color=series_color(kinds, kinds, "counts"),
            shape=alt.Shape("counts:N", legend=None),
            tooltip=[
                alt.Tooltip("number:Q", title="Direction"),
                alt.Tooltip("value:Q", title="Singular value", format=".3~g"),
                alt.Tooltip("counts:N", title="It"),
            ],
        )
    )
    return alt.LayerChart(
        layer=[points],
        title=alt.Title(f"Rank {rank} of {len(values)}", offset=6),
        description=f"Singular values of the product; {rank} of {len(values)} are not rounding.",
        height=height,
    )
