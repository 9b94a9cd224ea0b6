"""Precision: what number formats of 32, 16 and 8 bits make of a function and its slope."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from core.activations.formats import FORMATS
from core.activations.precision import NEAREST, to_csv
from core.errors import InvalidRequest
from core.page_figures.rounding import CURVE, CURVE_POINTS, Settings, ShownRounding, ShownRoundings
from dashboard.charts.curves import curve_chart
from dashboard.charts.precision import error_chart
from dashboard.components.activation_picker import name_of, pick_activations, pick_custom
from dashboard.components.activations.precision_tables import draw_formats, draw_limits
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.figures import figures
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped

DEFAULT = ["sigmoid", "gelu"]
MAX_FUNCTIONS = 3
FORMAT_NAMES = {key: format.name for key, format in FORMATS.items()}
REACHES = {"1": 1.0, "10": 10.0, "100": 100.0, "1000": 1e3, "65504": 65504.0, "all": 3.4e38}
REACH_NAMES = {key: key if key == "all" else f"±{reach:,.0f}" for key, reach in REACHES.items()}
STRAIGHT = 100.0  # a linear axis of x that reaches further shows nothing of where functions bend
MEASURES = {
    "relative": "Relative error",
    "ulps": "Error in ulps",
    "absolute": "Absolute error",
    CURVE: "The curve itself",
}
CEILINGS = {"relative": 10.0}  # ten times the result itself: more says nothing further
PARTS = ("f(x)", "f′(x)")
WHAT_TO_SEE = {
    CURVE: "Look for stairs: with 8 bits many x share one result, and a slope of 0 comes early.",
    "absolute": "Look at how the error grows with the result: a format has fewer decimals there.",
}
WHAT_TO_SEE |= dict.fromkeys(
    ("relative", "ulps"),
    "Look for lines above their dashed rule: up to the rule the exact result, rounded once, is as wrong; "
    "more means that a step on the way lost digits, as 1 − tanh² does where tanh nears 1. "
    "At 1 nothing is right. A spike at x = 0 is of results too small for all their digits.",
)


def choose() -> tuple[list[str], list[str], Settings]:
    """Keys of functions and formats, and the settings."""
    left, middle, right = st.columns([2.2, 1.4, 2.4])
    functions = pick_activations(left, DEFAULT, max_selections=MAX_FUNCTIONS, as_chosen=True)
    functions += pick_custom(middle)
    formats = bound(
        right.pills,
        "Formats",
        FORMATS,
        [*FORMATS],
        key="formats",
        names=FORMAT_NAMES,
        selection_mode="multi",
    )
    left, middle, right = st.columns([3, 2, 1.4], vertical_alignment="bottom")
    measure = bound(left.segmented_control, "Show", MEASURES, "relative", key="show", names=MEASURES)
    reach = bound(middle.select_slider, "x from, to", REACHES, "10", key="reach", names=REACH_NAMES)
    logarithmic = right.toggle("Logarithmic x", key="log", bind="query-params")
    return (
        functions,
        [key for key in FORMATS if key in formats],
        Settings(measure, REACHES[reach], logarithmic or REACHES[reach] > STRAIGHT),
    )


def computed(
    functions: list[str], formats: list[str], settings: Settings
) -> dict[str, dict[str, ShownRoundings]]:
    """f and f' of each function in each format. Raises InvalidRequest."""
    pairs = [(key, name) for key in functions for name in formats]
    asked = [{"function": key, "format": name} | settings._asdict() for key, name in pairs]
    found = dict(zip(pairs, figures("rounding", asked, "Rounding every number…"), strict=True))
    return {key: {name: found[key, name] for name in formats} for key in functions}


def rounding_alone(measure: str, formats: list[str]) -> dict[str, float]:
    """The error up to which rounding the exact result leads, by the format's name."""
    if measure == "relative":
        return {FORMATS[key].name: FORMATS[key].epsilon / 2 for key in formats}
    return {FORMATS[formats[0]].name: 0.5} if measure == "ulps" else {}


def draw_chart(key: str, part: int, shown: dict[str, ShownRounding], settings: Settings) -> None:
    """The chart of f (part 0) or f' (part 1) of one function; shown is keyed by format."""
    (draw_staircase if settings.measure == CURVE else draw_errors)(key, part, shown, settings)


def draw_staircase(key: str, part: int, shown: dict[str, ShownRounding], settings: Settings) -> None:
    """The function itself as each format computes it, beside the exact one."""
    x = np.linspace(-settings.reach, settings.reach, CURVE_POINTS).astype(np.float32)
    series = {"float64": next(iter(shown.values())).exact.astype(np.float32)}
    series |= {FORMATS[name].name: result.curve.astype(np.float32) for name, result in shown.items()}
    title = f"{name_of(key)}: {PARTS[part]}"
    spec = curve_chart(x, series, title, PARTS[part], every=[*FORMAT_NAMES.values(), "float64"])
    st.vega_lite_chart(spec=spec, key=f"{key} {part}", width="stretch")


def draw_errors(key: str, part: int, shown: dict[str, ShownRounding], settings: Settings) -> None:
    """Errors over x, with the rule of rounding alone."""
    errors = {FORMATS[name].name: result.errors for name, result in shown.items() if result.errors}
    chart = error_chart(
        errors,
        rounding_alone(settings.measure, [*shown]),
        [*FORMAT_NAMES.values()],
        f"{name_of(key)}: {PARTS[part]}",
        MEASURES[settings.measure],
        settings.reach,
        NEAREST if settings.logarithmic else None,
        ceiling=CEILINGS.get(settings.measure, math.inf),
    )
    st.altair_chart(chart, key=f"{key} {part}", width="stretch")


heading(
    "precision",
    "Graphics cards compute fastest in 16 or 8 bits, which leave two or three digits; here is how wrong a "
    "function and its slope become, and where they are lost.",
)
functions, formats, settings = choose()
if not functions or not formats:
    st.info("Choose at least one function and one format.")
    st.stop()

try:
    results = computed(functions, formats, settings)
except InvalidRequest as error:
    st.warning(escaped(str(error)))
    st.stop()

for key in functions:
    for part, column in enumerate(st.columns(2)):
        with column:
            draw_chart(key, part, {name: both[:2][part] for name, both in results[key].items()}, settings)
st.caption(WHAT_TO_SEE[settings.measure])
draw_limits(
    [
        (key, part, name, both[:2][n])
        for key in functions
        for n, part in enumerate(("f", "f′"))
        for name, both in results[key].items()
    ]
)
downloads(
    File(
        "Errors as CSV",
        "precision.csv",
        lambda: to_csv({key: {name: both.table for name, both in of.items()} for key, of in results.items()}),
    ),
    svg="precision.svg",
)
draw_formats()
