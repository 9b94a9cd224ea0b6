"""What a verdict looks like, in all charts alike: one colour and one sign."""

from __future__ import annotations

from collections.abc import Container

import altair as alt

BASELINE, NO_VERDICT = "baseline", "no verdict"
VERDICTS = {
    "FASTER": ("#009E73", "triangle-up"),
    "SAME": ("#56B4E9", "circle"),
    "SLOWER": ("#D55E00", "triangle-down"),
    "UNSURE": ("#999999", "diamond"),
    BASELINE: ("#0072B2", "square"),
    NO_VERDICT: ("#CC79A7", "cross"),
}


def verdict_marks(field: str, shown: Container[str], columns: int) -> tuple[alt.Color, alt.Shape]:
    """Colour and shape by a field that holds verdicts, with one legend of those that are shown."""
    names = [name for name in VERDICTS if name in shown]
    colours, shapes = (
        alt.Scale(domain=names, range=[VERDICTS[name][index] for name in names]) for index in (0, 1)
    )
    legend = alt.Legend(orient="top", columns=columns, symbolOpacity=1, symbolSize=90, labelLimit=0)
    return (
        alt.Color(f"{field}:N", title=None, scale=colours, legend=legend),
        alt.Shape(f"{field}:N", title=None, scale=shapes, legend=legend),
    )
