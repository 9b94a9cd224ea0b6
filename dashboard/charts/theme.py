"""What charts have in common: how a series looks. Colours themselves come from the theme in config.toml."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

# Curves often lie on top of each other, and a dashed one lets the one below show through. With the theme's
# eight colours the pair of colour and pattern repeats only after fifty-six series.
COLOURS = 8
LONGEST = 16  # characters of a name in a legend: a typed function must not push the others off a phone
_SHORTENED = f"length(datum.label) > {LONGEST} ? slice(datum.label, 0, {LONGEST - 1}) + '…' : datum.label"
DASHES = ([1, 0], [9, 3], [3, 2], [12, 3, 2, 3], [6, 6], [1, 3], [9, 3, 2, 3, 2, 3])


def series_color(every: Sequence[str], shown: Sequence[str], field: str = "series") -> alt.Color:
    """The n-th of all series has the theme's n-th colour, whichever of them are shown now."""
    legend = alt.Legend(
        values=list(shown),
        orient="top",
        columns=3,  # fits a phone
        symbolType="stroke",
        symbolSize=300,
        labelExpr=_SHORTENED,
        padding=0,
        offset=10,
    )
    return alt.Color(field, type="nominal", scale=alt.Scale(domain=list(every)), title=None, legend=legend)


def series_dash(every: Sequence[str], field: str = "series", shown: Sequence[str] = ()) -> alt.StrokeDash:
    """The n-th of all series has the n-th dash pattern; the legend shows it with the colour.

    Where two of those shown would look the same, the later one gets the next pattern that its colour leaves.
    """
    scale = alt.Scale(domain=list(every), range=[list(DASHES[n]) for n in dash_numbers(every, shown)])
    return alt.StrokeDash(field, type="nominal", scale=scale, title=None)


def dash_numbers(every: Sequence[str], shown: Sequence[str] = ()) -> list[int]:
    """For each series the number of its pattern; no two of those shown share both colour and pattern."""
    numbers = [n % len(DASHES) for n in range(len(every))]
    used: set[tuple[int, int]] = set()
    for n, name in enumerate(every):
        if name not in shown:
            continue
        colour = n % COLOURS
        free = [k % len(DASHES) for k in range(numbers[n], numbers[n] + len(DASHES))]
        numbers[n] = next((k for k in free if (colour, k) not in used), numbers[n])
        used.add((colour, numbers[n]))
    return numbers
