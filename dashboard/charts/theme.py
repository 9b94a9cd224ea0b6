"""What charts have in common: how a series looks. Colours themselves come from the theme in config.toml."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

# Curves often lie on top of each other, and a dashed one lets the one below show through. With the theme's
# eight colours the pair of colour and pattern repeats only after twenty-four series.
DASHES = ([1, 0], [9, 3], [3, 2])


def series_color(every: Sequence[str], shown: Sequence[str], field: str = "series") -> alt.Color:
    """The n-th of all series has the theme's n-th colour, whichever of them are shown now."""
    legend = alt.Legend(
        values=list(shown),
        orient="top",
        columns=3,  # fits a phone
        symbolType="stroke",
        symbolSize=300,
        padding=0,
        offset=10,
    )
    return alt.Color(field, type="nominal", scale=alt.Scale(domain=list(every)), title=None, legend=legend)


def series_dash(every: Sequence[str], field: str = "series") -> alt.StrokeDash:
    """The n-th of all series has the n-th dash pattern; the legend shows it with the colour."""
    dashes = [DASHES[n % len(DASHES)] for n in range(len(every))]
    scale = alt.Scale(domain=list(every), range=dashes)
    return alt.StrokeDash(field, type="nominal", scale=scale, title=None)
