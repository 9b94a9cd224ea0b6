"""Precision: what number formats of 32, 16 and 8 bits make of a function and its slope."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.activations import ACTIVATIONS
from core.activations.formats import FORMATS
from core.activations.precision import (
    LOST,
    NEAREST,
    Rounding,
    Stretch,
    Worst,
    envelope,
    precision,
    staircase,
    to_csv,
    worst,
)
from core.errors import InvalidRequest
from dashboard.charts.curves import curve_chart
from dashboard.charts.precision import Envelope, error_chart
from dashboard.components.custom_activation import choose_own, name_of
from dashboard.components.svg import svg_button

DEFAULT = ["Sigmoid", "GELU"]
MAX_FUNCTIONS = 3
NAMES = {activation.name: key for key, activation in ACTIVATIONS.items()}
FORMAT_KEYS = {format.name: key for key, format in FORMATS.items()}
REACHES = {"±1": 1.0, "±10": 10.0, "±100": 100.0, "±1,000": 1e3, "±65,504": 65504.0, "all": 3.4e38}
STRAIGHT = 100.0  # a straight axis of x that goes further shows nothing of where functions bend
MEASURES = {"Relative error": "relative", "Error in ulps": "ulps", "Absolute error": "absolute"}
TOP = {"Relative error": 10.0}  # ten times the result itself: nothing more is to be told above it
CURVE, CURVE_POINTS = "The curve itself", 401
STRETCHES_TOLD = 3


class Drawn(NamedTuple):
    """What the page shows of f or of f' in one format."""

    errors: Envelope | None
    curve: np.ndarray
    exact: np.ndarray
    worst: Worst | None
    largest: float
    lost: list[Stretch]


Settings = tuple[str, float, bool]  # what to draw, the reach of x, and whether x is logarithmic


def choose() -> tuple[list[str], list[str], Settings]:
    """Keys of functions and formats, and the settings."""
    left, middle, right = st.columns([2.2, 1.4, 2.4])
    names = left.multiselect(
        "Functions",
        [*NAMES],
        default=DEFAULT,
        max_selections=MAX_FUNCTIONS,
        key="functions",
        bind="query-params",
    )
    own = choose_own(middle)
    shown = right.pills(
        "Formats",
        [*FORMAT_KEYS],
        default=[*FORMAT_KEYS],
        selection_mode="multi",
        key="formats",
        bind="query-params",
    )
    left, middle, right = st.columns([3, 2, 1.4], vertical_alignment="bottom")
    measure = left.segmented_control(
        "Show", [*MEASURES, CURVE], default="Relative error", key="show", bind="query-params"
    )
    reach = middle.select_slider("x from, to", [*REACHES], "±10", key="reach", bind="query-params")
    logarithmic = right.toggle("Logarithmic x", key="log", bind="query-params") or REACHES[reach] > STRAIGHT
    keys = [FORMAT_KEYS[name] for name in FORMAT_KEYS if name in shown]
    settings = (measure or "Relative error", REACHES[reach], logarithmic)
    return [NAMES[name] for name in names] + own, keys, settings


@st.cache_resource(max_entries=200, show_spinner=False)
def drawn(key: str, format_key: str, measure: str, reach: float, logarithmic: bool) -> tuple[Drawn, Drawn]:
    """f and f' of one function in one format, cut down to what is shown."""
    result = precision(key, format_key)
    return _drawn(result.value, measure, reach, logarithmic), _drawn(
        result.slope, measure, reach, logarithmic
    )


def _drawn(rounding: Rounding, measure: str, reach: float, logarithmic: bool) -> Drawn:
    x = np.linspace(-reach, reach, CURVE_POINTS)
    return Drawn(
        errors=envelope(rounding, MEASURES[measure], reach, logarithmic) if measure in MEASURES else None,
        curve=staircase(rounding, x),
        exact=rounding.exact[rounding.nearest(x)],
        worst=worst(rounding, reach),
        largest=rounding.largest,
        lost=rounding.lost(),
    )


def rounding_alone(measure: str, format_keys: list[str]) -> dict[str, float]:
    """The error up to which rounding the exact result leads, by the format's name."""
    if measure == "Relative error":
        return {FORMATS[key].name: FORMATS[key].epsilon / 2 for key in format_keys}
    return {FORMATS[format_keys[0]].name: 0.5} if measure == "Error in ulps" else {}


def chart(key: str, part: int, shown: dict[str, Drawn], settings: Settings) -> None:
    """The chart of f (part 0) or f' (part 1) of one function; shown is keyed by format."""
    measure, reach, logarithmic = settings
    title = f"{name_of(key)}: {('f(x)', 'f′(x)')[part]}"
    every = [format.name for format in FORMATS.values()]
    if measure == CURVE:
        x = np.linspace(-reach, reach, CURVE_POINTS).astype(np.float32)
        widest = next(iter(shown.values()))
        series = {"float64": widest.exact.astype(np.float32)}
        series |= {FORMATS[name].name: result.curve.astype(np.float32) for name, result in shown.items()}
        spec = curve_chart(x, series, title, ("f(x)", "f′(x)")[part], every=[*every, "float64"])
        st.vega_lite_chart(spec=spec, key=f"{key} {part}", width="stretch")
        return
    errors = {FORMATS[name].name: result.errors for name, result in shown.items() if result.errors}
    st.altair_chart(
        error_chart(
            errors,
            rounding_alone(measure, [*shown]),
            every,
            title,
            measure,
            reach,
            NEAREST if logarithmic else None,
            ceiling=TOP.get(measure, math.inf),
        ),
        key=f"{key} {part}",
        width="stretch",
    )


def row(key: str, part: str, format_key: str, result: Drawn) -> dict[str, Any]:
    """One row of the table of limits."""
    of = {what: [stretch for stretch in result.lost if stretch.what == what] for what in LOST}
    return {
        "Function": name_of(key),
        "Of": part,
        "Format": FORMATS[format_key].name,
        "Worst error": _signed(result.worst.relative) if result.worst else "–",
        "at x": _signed(result.worst.at) if result.worst else "–",
        "in ulps": _signed(result.worst.ulps) if result.worst else "–",
        "Largest result": _signed(result.largest),
        **{what.capitalize() if what != "NaN" else what: _places(of[what]) for what in LOST},
    }


def _places(stretches: list[Stretch]) -> str:
    """Where x leads to a loss; a warning sign where the exact result would have had a place."""
    if len(stretches) > 2 * STRETCHES_TOLD:
        low, high = _signed(stretches[0].low), _signed(stretches[-1].high)
        avoidable = any(stretch.avoidable for stretch in stretches)
        return f"{len(stretches)} stretches from {low} to {high}{' ⚠' if avoidable else ''}"
    return ", ".join(_stretch(stretch) for stretch in stretches) or "–"


def _stretch(stretch: Stretch) -> str:
    low, high = _signed(stretch.low), _signed(stretch.high)
    if math.isinf(stretch.low):
        said = "every x" if math.isinf(stretch.high) else f"x ≤ {high}"
    elif math.isinf(stretch.high):
        said = f"x ≥ {low}"
    else:
        said = low if low == high else f"{low} to {high}"
    return said + (" ⚠" if stretch.avoidable else "")


def _signed(x: float) -> str:
    return f"{x:.3g}".replace("-", "−").replace("e+", "e").replace("inf", "∞")


st.title("Precision")
st.markdown(
    "Graphics cards compute fastest in 16 or 8 bits, which leave two or three digits; here is how wrong a "
    "function and its slope become, and where they are lost."
)
functions, formats, settings = choose()
if not functions or not formats:
    st.info("Choose at least one function and one format.")
    st.stop()

try:
    with st.spinner("Loading PyTorch…"):
        results = {key: {name: drawn(key, name, *settings) for name in formats} for key in functions}
except InvalidRequest as error:
    st.warning(str(error))
    st.stop()

for key in functions:
    for part, column in enumerate(st.columns(2)):
        with column:
            chart(key, part, {name: both[part] for name, both in results[key].items()}, settings)
if settings[0] == CURVE:
    st.caption("Look for stairs: with 8 bits many x share one result, and a slope of 0 comes early.")
elif settings[0] == "Absolute error":
    st.caption(
        "Look at how the error grows with the result: a format has fewer digits after the point there."
    )
else:
    st.caption(
        "Look for lines above their dashed rule: to the rule the exact result, rounded once, is as wrong; "
        "more means that a step on the way lost digits, as 1 − tanh² does where tanh nears 1. "
        "At 1 nothing is right. A spike at x = 0 is of results too small for all their digits."
    )

st.subheader("Limits")
st.dataframe(
    pd.DataFrame(
        row(key, part, name, both[n])
        for key in functions
        for n, part in enumerate(("f", "f′"))
        for name, both in results[key].items()
    ),
    hide_index=True,
    column_config={
        "Worst error": st.column_config.TextColumn(
            help="Relative, over the chosen x, of results that are not lost and not too small for all digits"
        ),
        "in ulps": st.column_config.TextColumn(
            help="The largest error in steps between neighbouring numbers; 0.5 is rounding alone"
        ),
        "Largest result": st.column_config.TextColumn(help="Over every x of the format"),
        "Infinite": st.column_config.TextColumn(width=130, help="x whose result is infinite: an overflow"),
        "NaN": st.column_config.TextColumn(width=130, help="x whose result is not a number"),
        "Zero": st.column_config.TextColumn(help="x whose result is 0 though the exact one is not"),
        "Clipped": st.column_config.TextColumn(
            help="x that give the largest number in place of a larger one"
        ),
    },
)
st.caption(
    "Infinite, NaN, zero and clipped are looked for at every number x of the format (of float32, at some "
    "140,000). ⚠ the exact result would fit: a step on the way failed. Look for ⚠ beside infinite or NaN: "
    "such an x ends a training."
)
with st.container(horizontal=True):
    st.download_button(
        "Errors as CSV",
        lambda: to_csv(
            {key: {name: precision(key, name) for name in formats} for key in functions}, settings[1]
        ),
        "precision.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    svg_button("precision.svg")
with st.expander("How it is computed"):
    st.markdown(
        "Exact are the function and its derivative in float64, at the same x, which is a number of the "
        "format: rounding x itself does not count. float64 runs out of digits too: in it GELU is 0 below "
        "−8.4. The slope is autograd's. float32, bfloat16 and float16 compute as PyTorch does on a CPU, "
        "where some functions keep more digits inside; a graphics card may differ in the last digit. float8 "
        "has no arithmetic: x is a float8 number, the function is computed in float32, and the result is "
        "rounded to float8."
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Format": format.name,
                "Bits": 1 + format.exponent_bits + format.fraction_bits,
                "Exponent": format.exponent_bits,
                "Fraction": format.fraction_bits,
                "Step after 1": _signed(format.epsilon),
                "Largest": _signed(format.largest),
                "Smallest": _signed(format.smallest),
                "Note": format.note,
            }
            for format in FORMATS.values()
        ),
        hide_index=True,
    )
