"""Catalogue: every activation function in one table, to sort, to filter, and to set two side by side."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.activations import ACTIVATIONS, Activation, find
from core.activations.curves import curves, to_csv
from core.activations.properties import SATURATED_SLOPE, Properties, properties
from dashboard.charts.curves import curve_chart
from dashboard.components.custom_activation import OWN, choose_own, name_of
from dashboard.components.svg import svg_button

SPARK_FROM, SPARK_TO, SPARK_POINTS = -4.0, 4.0, 41
COMPARED = 2
NAMES = {activation.name: key for key, activation in ACTIVATIONS.items()}

# What the table can be filtered by: each says whether a function has it, and what one is that has it not.
FILTERS = {
    "monotonic": (lambda found: found.monotonic, "not monotonic"),
    "smooth": (lambda found: found.continuous_derivatives > 0, "not smooth"),
    "bounded": (lambda found: found.bounded, "unbounded"),
    "zero-centred": (lambda found: found.zero_centred, "not zero-centred"),
    "never saturates": (
        lambda found: found.saturates_below is None and found.saturates_above is None,
        "saturates",
    ),
    "no dead zone": (lambda found: not found.dead, "dead zone"),
    "no jump": (lambda found: not found.jumps, "jumps"),
    "Lipschitz": (lambda found: math.isfinite(found.lipschitz), "not Lipschitz"),
}


@st.cache_data(show_spinner=False)
def table() -> pd.DataFrame:
    """One row for each function at its usual parameters; the index is its key."""
    drawn = curves({key: {} for key in ACTIVATIONS}, SPARK_FROM, SPARK_TO, SPARK_POINTS)
    rows = {}
    for key, activation in ACTIVATIONS.items():
        found = properties(activation, **activation.with_defaults())
        rows[key] = {
            "Name": activation.name,
            "f": drawn.values[key].tolist(),
            "f′": drawn.derivatives[key].tolist(),
            "Trains": not activation.unfit,
            "Lowest": found.lowest,
            "Highest": found.highest,
            "Steepest": found.lipschitz,
            "Mean output": round(found.mean_output, 6) + 0.0,  # no -0.00
            "Saturates below": found.saturates_below,
            "Saturates above": found.saturates_above,
            "Slope 0": ", ".join(stretch(*zone) for zone in found.dead),
            "Jumps at": places(found.jumps),
            "Kinks at": places(found.kinks),
            "Year": activation.source.year,
            "Also called": ", ".join(activation.aliases),
            "In use": activation.use,
            "Parameters": parameters(activation),
            "Formula": activation.latex,
            "Derivative": activation.derivative_latex,
            "Authors": activation.source.authors,
            "Paper": activation.source.title,
            "Link": activation.source.url,
            "Note": activation.note,
            "In Chinese": activation.note_zh,
            **{name: has(found) for name, (has, _) in FILTERS.items()},
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def parameters(activation: Activation) -> str:
    """Each parameter with its usual value and its range."""
    return ", ".join(
        f"{one.name.replace('_', ' ')} = {one.default:g} ({one.low:g} to {one.high:g})"
        for one in activation.parameters
    )


def places(found: tuple[float, ...]) -> str:
    """Places on the x axis."""
    return ", ".join(map(signed, sorted(found)))


def stretch(low: float, high: float) -> str:
    """From one place to another, of which either may be infinite."""
    if math.isinf(low):
        return "everywhere" if math.isinf(high) else f"below {signed(high)}"
    return f"above {signed(low)}" if math.isinf(high) else f"{signed(low)} to {signed(high)}"


def signed(x: float) -> str:
    """Two digits, and a minus that is as wide as a plus."""
    return f"{x:.2g}".replace("-", "−")


def columns() -> dict[str, Any]:
    """How the columns look."""
    spark, number = st.column_config.LineChartColumn, st.column_config.NumberColumn
    text, check = st.column_config.TextColumn, st.column_config.CheckboxColumn
    at = f"where the slope stays under {SATURATED_SLOPE:g}"
    return {
        "Name": text(pinned=True),
        "f": spark("f", help=f"The function from {SPARK_FROM:g} to {SPARK_TO:g}", width="small"),
        "f′": spark("f′", help="Its slope, which gradients are multiplied by", width="small"),
        "Trains": check(help="Whether a gradient passes, so that a network with it can be trained"),
        "Lowest": number(format="%.3g"),
        "Highest": number(format="%.3g"),
        "Steepest": number(
            format="%.3g", help="The Lipschitz constant: the largest slope; infinite where the value jumps"
        ),
        "Mean output": number(format="%.2f", help="Over standard normal x; 0 is zero-centred"),
        "Saturates below": number(format="%.2g", help=f"x {at} to the left"),
        "Saturates above": number(format="%.2g", help=f"x {at} to the right"),
        "Slope 0": text(width=125, help="Dead zones: x over which no gradient at all passes"),
        "Jumps at": text(help="x where the value jumps"),
        "Kinks at": text(help="x where the slope jumps"),
        "Year": number(format="%d"),
        "Parameters": text(help="Usual value, and what it can be set to on the Curves page"),
        "Formula": text(help="In LaTeX", width="medium"),
        "Derivative": text(help="In LaTeX", width="medium"),
        "Paper": text(width="medium"),
        "Link": st.column_config.LinkColumn(display_text="open", width="small"),
        "Note": text(width="large"),
        "In Chinese": text(width="large"),
    }


def matching(everything: pd.DataFrame, wanted: list[str], sought: str, trains: bool) -> pd.DataFrame:
    """Rows that have every wanted property and the sought text in a name or in what they are used for."""
    shown = everything[everything[wanted].all(axis=1)] if wanted else everything
    if trains:
        shown = shown[shown["Trains"]]
    for word in sought.lower().split():
        texts = shown["Name"] + " " + shown["Also called"] + " " + shown["In use"]
        shown = shown[texts.str.lower().str.contains(word, regex=False)]
    return shown


def pick(keys: list[str]) -> None:
    """Two ticked rows become the pair that the address keeps."""
    rows = [row for row in st.session_state["catalogue"]["selection"]["rows"] if row < len(keys)]
    if len(rows) >= COMPARED:
        st.session_state["pair"] = [ACTIVATIONS[keys[row]].name for row in rows[:COMPARED]]


def side_by_side(keys: list[str]) -> None:
    """The chosen functions overlaid, and their properties beside each other."""
    drawn = curves({key: {} for key in keys})
    for column, title, y_title, series, look in zip(
        st.columns(2),
        ("Function", "Derivative"),
        ("f(x)", "f′(x)"),
        (drawn.values, drawn.derivatives),
        ("Look at where the two part.", "Look for 0: there no gradient passes."),
        strict=True,
    ):
        named = {name_of(key): line for key, line in series.items()}
        column.vega_lite_chart(
            spec=curve_chart(drawn.x, named, title, y_title), key=f"{title}_pair", width="stretch"
        )
        column.caption(look)
    for column, key in zip(st.columns(len(keys)), keys, strict=True):
        activation = find(key)
        heading = activation.name if key in ACTIVATIONS else f"{OWN}: `{activation.name}`"
        with column.container(border=True, height="stretch"):
            st.markdown(
                f"#### {heading}\n\n{activation.note}\n\n$${activation.latex}$$\n\n"
                f"$${activation.derivative_latex}$$"
            )
            st.markdown(in_words(properties(activation, **activation.with_defaults())))
            if activation.unfit:
                st.markdown(f":orange-badge[no network learns through it] {activation.unfit}.")


def pair_csv(keys: list[str]) -> str:
    """Both curves at the usual parameters."""
    default: dict[str, dict[str, float]] = {key: {} for key in keys}
    return to_csv(curves(default), default)


def in_words(found: Properties) -> str:
    """The properties that the filters know, as badges."""
    return " ".join(
        f":blue-badge[{name}]" if has(found) else f":gray-badge[{lacks}]"
        for name, (has, lacks) in FILTERS.items()
    )


st.title("Catalogue")
st.markdown("Every activation function; what is measured. Click a heading to sort; tick two rows to compare.")
with st.spinner("Loading PyTorch…"):
    everything = table()
wanted = st.pills("Only those that are", [*FILTERS], selection_mode="multi", key="only", bind="query-params")
left, right = st.columns([3, 1], vertical_alignment="bottom")
sought = left.text_input(
    "Search names and uses",
    key="search",
    bind="query-params",
    max_chars=60,
    placeholder="BERT, swish, phones …",
)
trains = right.toggle("Only those that train", key="trains", bind="query-params")
shown = matching(everything, list(wanted), sought or "", trains)
st.caption(
    f"{len(shown)} of {len(everything)} functions. Look at what goes together: nearly every bounded function "
    "saturates."
)
st.dataframe(
    shown,
    hide_index=True,
    column_config=columns(),
    on_select=partial(pick, list(shown.index)),
    selection_mode="multi-row",
    key="catalogue",
    height=min(620, 40 + 35 * max(1, len(shown))),
)
left, right = st.columns([3, 1.4])
names = left.multiselect(
    "Two side by side", [*NAMES], max_selections=COMPARED, key="pair", bind="query-params"
)
pair = [NAMES[name] for name in names] + choose_own(right, "or one with your own f(x)")
if len(pair) >= COMPARED:
    side_by_side(pair)
elif pair:
    st.info("Choose one more to compare the two.")
with st.container(horizontal=True):
    st.download_button(
        "Table as CSV",
        lambda: shown.drop(columns=["f", "f′"]).to_csv(index_label="key"),
        "activations.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    if len(pair) >= COMPARED:
        st.download_button(
            "Curves as CSV",
            lambda: pair_csv(pair),
            "pair.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        svg_button("pair.svg")
