"""What charts have in common: how a series looks. Colours themselves come from the theme in config.toml."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import altair as alt
from altair.utils.schemapi import disable_debug_mode

from dashboard.charts.series_colours import COLOURS, domain_of


def _unchecked(cls: type[alt.TopLevelMixin], instance: object, schema: object = None) -> None:
    """What the library calls to check a chart against Vega-Lite's schema."""


# Such a check finds a fault of ours and none of a visitor's, and takes a sixth of a page's time: the tests of
# charts make it, and pages leave it out, of a chart's parts (the library's "debug mode") and of the whole.
disable_debug_mode()
alt.TopLevelMixin.validate = classmethod(_unchecked)  # type: ignore[attr-defined]

# Curves often lie on top of each other, and a dashed one lets the one below show through. With the theme's
# eight colours the pair of colour and pattern repeats only after fifty-six series.
LONGEST = 16  # characters of a name in a legend: a typed function must not push the others off a phone
DASHES = ([1, 0], [9, 3], [3, 2], [12, 3, 2, 3], [6, 6], [1, 3], [9, 3, 2, 3, 2, 3])


def series_color(
    every: Sequence[str], shown: Sequence[str], field: str = "series", columns: int = 3
) -> alt.Color:
    """Each of all series has the colour of series_colours.py, whichever of them are shown now.

    columns: of the legend; three of short names fit a phone, and two of the longest.
    """
    legend = alt.Legend(
        values=list(shown),
        orient="top",
        columns=columns,
        symbolType="stroke",
        symbolSize=300,
        symbolOpacity=1,  # also where the first mark is a faint band
        labelExpr=f"{json.dumps(short_names(shown))}[datum.label] || datum.label",
        padding=0,
        offset=10,
    )
    return alt.Color(field, type="nominal", scale=series_scale(every), title=None, legend=legend)


def series_scale(every: Sequence[str]) -> alt.Scale:
    """The scale of series_color(), for marks beside those of the legend."""
    return alt.Scale(domain=domain_of(every))


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Each name in at most LONGEST characters: its beginning, or where another begins alike its two ends.

    Two that agree in these as well get their numbers.
    """
    found = {name: name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names}
    half = LONGEST // 2
    for name in _alike(found):
        if len(name) > LONGEST:
            found[name] = f"{name[: half - 1]}…{name[-half:]}"
    for name in _alike(found):
        if len(name) > LONGEST:
            found[name] = f"{name[:half]}… ({list(names).index(name) + 1})"
    return found


def _alike(short: Mapping[str, str]) -> list[str]:
    """The names whose short form another one has too."""
    times = Counter(short.values())
    return [name for name, text in short.items() if times[text] > 1]


def series_dash(every: Sequence[str], field: str = "series", shown: Sequence[str] = ()) -> alt.StrokeDash:
    """Each of all series has the dash pattern of its number in the domain; the legend shows both.

    Where two of those shown would look the same, the later one gets the next pattern that its colour leaves.
    """
    domain = domain_of(every)
    scale = alt.Scale(domain=domain, range=[list(DASHES[n]) for n in dash_numbers(domain, shown)])
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


def powers_of_ten(ticks: int) -> alt.Axis:
    """The axis of a quantity over many powers of ten, whose labels read 10⁻³ and 2·10⁻³."""
    return alt.Axis(tickCount=ticks, labelExpr=power_label())


def power_label(value: str = "datum.value") -> str:
    """Vega's expression for a positive number as a power of ten, to one digit."""
    digit, exponent = (f"split(format({value}, '.0e'), 'e')[{part}]" for part in (0, 1))
    exponent = f"replace({exponent}, '+', '')"
    for plain, raised in zip("−-0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True):
        exponent = f"replace({exponent}, /{plain}/g, '{raised}')"
    return f"({digit} == '1' ? '10' : {digit} + '·10') + {exponent}"
