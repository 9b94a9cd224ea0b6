"""Catalogue: every activation function in one table, to sort, to filter, and to set two side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.activations import ACTIVATIONS
from core.activations.curves import curves
from core.activations.properties import SATURATED_SLOPE, Properties, properties
from dashboard.charts.curves import curve_chart

SPARK_FROM, SPARK_TO, SPARK_POINTS = -4.0, 4.0, 41
COMPARED = 2

# What the table can be filtered by: each says whether a function has it.
FILTERS = {
    "monotonic": lambda found: found.monotonic,
    "smooth": lambda found: not found.kinks,
    "bounded": lambda found: found.bounded,
    "zero-centred": lambda found: found.zero_centred,
    "never saturates": lambda found: found.saturates_below is None and found.saturates_above is None,
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
            "Lowest": found.lowest,
            "Highest": found.highest,
            "Steepest": found.largest_slope,
            "Mean output": found.mean_output,
            "Saturates below": found.saturates_below,
            "Saturates above": found.saturates_above,
            "Year": activation.source.year,
            **{name: has(found) for name, has in FILTERS.items()},
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def columns() -> dict[str, Any]:
    """How the columns look."""
    spark = st.column_config.LineChartColumn
    number = st.column_config.NumberColumn
    at = f"where the slope stays under {SATURATED_SLOPE:g}"
    return {
        "f": spark("f", help=f"The function from {SPARK_FROM:g} to {SPARK_TO:g}", width="small"),
        "f′": spark("f′", help="Its slope, which gradients are multiplied by", width="small"),
        "Lowest": number(format="%.3g"),
        "Highest": number(format="%.3g"),
        "Steepest": number(format="%.3g", help="Largest slope: the Lipschitz constant"),
        "Mean output": number(format="%.2f", help="Over standard normal x; 0 is zero-centred"),
        "Saturates below": number(format="%.2g", help=f"x {at} to the left"),
        "Saturates above": number(format="%.2g", help=f"x {at} to the right"),
        "Year": number(format="%d"),
    }


def side_by_side(keys: list[str]) -> None:
    """The chosen functions overlaid, and their properties beside each other."""
    drawn = curves({key: {} for key in keys})
    for column, title, y_title, series in zip(
        st.columns(2),
        ("Function", "Derivative"),
        ("f(x)", "f′(x)"),
        (drawn.values, drawn.derivatives),
        strict=True,
    ):
        named = {ACTIVATIONS[key].name: line for key, line in series.items()}
        column.vega_lite_chart(
            spec=curve_chart(drawn.x, named, title, y_title), key=f"{title}_pair", width="stretch"
        )
    for column, key in zip(st.columns(len(keys)), keys, strict=True):
        activation = ACTIVATIONS[key]
        with column.container(border=True):
            st.markdown(f"#### {activation.name}\n\n{activation.note}\n\n$${activation.latex}$$")
            st.markdown(in_words(properties(activation, **activation.with_defaults())))


def in_words(found: Properties) -> str:
    """The properties that the filters know, as badges."""
    return " ".join(
        f":{'blue' if has(found) else 'gray'}-badge[{name if has(found) else f'not {name}'}]".replace(
            "not never saturates", "saturates"
        )
        for name, has in FILTERS.items()
    )


st.title("Catalogue")
st.markdown("Every activation function; what is measured. Click a heading to sort; tick two rows to compare.")
with st.spinner("Loading PyTorch…"):
    everything = table()
wanted = st.pills("Only those that are", [*FILTERS], selection_mode="multi", key="only", bind="query-params")
shown = everything[everything[[*wanted]].all(axis=1)] if wanted else everything
st.caption(f"{len(shown)} of {len(everything)} functions.")
picked = st.dataframe(
    shown,
    hide_index=True,
    column_config=columns(),
    on_select="rerun",
    selection_mode="multi-row",
    key="catalogue",
    height=min(620, 40 + 35 * max(1, len(shown))),
)
rows = [shown.index[row] for row in picked["selection"]["rows"] if row < len(shown)]
if len(rows) >= COMPARED:
    side_by_side(rows[:COMPARED])
elif rows:
    st.info("Tick one more row to compare the two.")
