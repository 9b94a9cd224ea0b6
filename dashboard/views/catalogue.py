"""Catalogue: every activation function in one table, to sort, to filter, and to compare two side by side."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.activations import ACTIVATIONS, Activation, find
from core.activations.curves import curves, to_csv
from core.activations.properties import SATURATED_SLOPE, Properties
from dashboard.charts.curves import curve_chart
from dashboard.components.activation_picker import CUSTOM, name_of, pick_activations, pick_custom
from dashboard.components.activations.known_properties import by_worker, properties_of
from dashboard.components.activations.property_badges import TRAITS, trait_badges
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.layout import heading
from dashboard.components.number_text import interval, signed

SPARK_FROM, SPARK_TO, SPARK_POINTS = -4.0, 4.0, 41
COMPARED = 2


@st.cache_data(show_spinner=False)
def table(_known: dict[str, Properties]) -> pd.DataFrame:
    """One row for each function at its default parameters, with its properties; the index is its key."""
    computed = curves({key: {} for key in ACTIVATIONS}, SPARK_FROM, SPARK_TO, SPARK_POINTS)
    rows = {}
    for key, activation in ACTIVATIONS.items():
        found = _known[key]
        rows[key] = {
            "Name": activation.name,
            "f": computed.values[key].tolist(),
            "f′": computed.derivatives[key].tolist(),
            "Trains": not activation.unfit,
            "Lowest": found.lowest,
            "Highest": found.highest,
            "Steepest": found.lipschitz,
            "Mean output": None
            if found.mean_output is None
            else round(found.mean_output, 6) + 0.0,  # no -0.00
            "Saturates below": found.saturates_below,
            "Saturates above": found.saturates_above,
            "Slope 0": ", ".join(interval(*zone) for zone in found.dead),
            "Jumps at": ", ".join(map(signed, sorted(found.jumps))),
            "Kinks at": ", ".join(map(signed, sorted(found.kinks))),
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
            **{trait.name: trait.holds(found) for trait in TRAITS.values()},
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def parameters(activation: Activation) -> str:
    """Each parameter with its default and its range."""
    return ", ".join(
        f"{one.name.replace('_', ' ')} = {one.default:g} ({one.low:g} to {one.high:g})"
        for one in activation.parameters
    )


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
        "Parameters": text(help="Default, and the range that the Curves page offers"),
        "Formula": text(help="In LaTeX", width="medium"),
        "Derivative": text(help="In LaTeX", width="medium"),
        "Paper": text(width="medium"),
        "Link": st.column_config.LinkColumn(display_text="open", width="small"),
        "Note": text(width="large"),
        "In Chinese": text(width="large"),
    }


def matching(everything: pd.DataFrame, traits: list[str], search: str, trains: bool) -> pd.DataFrame:
    """Rows that have every trait, and each word of the search in a name or in what they are used for."""
    names = [TRAITS[trait].name for trait in traits]
    shown = everything[everything[names].all(axis=1)] if names else everything
    if trains:
        shown = shown[shown["Trains"]]
    for word in search.lower().split():
        texts = shown["Name"] + " " + shown["Also called"] + " " + shown["In use"]
        shown = shown[texts.str.lower().str.contains(word, regex=False)]
    return shown


def choose_rows(everything: pd.DataFrame) -> pd.DataFrame:
    """The rows that the filters leave."""
    names = {key: trait.name for key, trait in TRAITS.items()}
    traits = bound(
        st.pills, "Only functions that are", names, [], key="only", names=names, selection_mode="multi"
    )
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    search = left.text_input(
        "Search names and uses",
        key="search",
        bind="query-params",
        max_chars=60,
        placeholder="BERT, swish, phones …",
    )
    trains = right.toggle("Only functions that train", key="trains", bind="query-params")
    return matching(everything, traits, search or "", trains)


def pick(keys: list[str]) -> None:
    """Two selected rows become the pair, which is part of the address."""
    chosen = st.session_state.get("catalogue") or {}
    rows = [row for row in chosen.get("selection", {}).get("rows", ()) if row < len(keys)]
    if len(rows) >= COMPARED:
        st.session_state["pair"] = [keys[row] for row in rows[:COMPARED]]


def choose_pair() -> list[str]:
    """Keys of the functions to compare, at most one of them typed."""
    left, right = st.columns([3, 1.4])
    pair = pick_activations(
        left, [], max_selections=COMPARED, label="Two side by side", key="pair", as_chosen=True
    )
    return pair + pick_custom(right, "or one with a custom f(x)")


def draw_pair(keys: list[str]) -> None:
    """The chosen functions overlaid, and their properties beside each other."""
    computed = curves({key: {} for key in keys})
    for column, title, y_title, series, look in zip(
        st.columns(2),
        ("Function", "Derivative"),
        ("f(x)", "f′(x)"),
        (computed.values, computed.derivatives),
        ("Look at where the two part.", "Look for 0: there no gradient passes."),
        strict=True,
    ):
        named = {name_of(key): line for key, line in series.items()}
        spec = curve_chart(computed.x, named, title, y_title)
        column.vega_lite_chart(spec=spec, key=f"{title}_pair", width="stretch")
        column.caption(look)
    for column, key in zip(st.columns(len(keys)), keys, strict=True):
        with column.container(border=True, height="stretch"):
            draw_card(key)


def draw_card(key: str) -> None:
    """Formula, derivative and traits of one function."""
    activation = find(key)
    name = activation.name if key in ACTIVATIONS else f"{CUSTOM}: `{activation.name}`"
    st.markdown(
        f"## {name}\n\n{activation.note}\n\n$${activation.latex}$$\n\n$${activation.derivative_latex}$$"
    )
    st.markdown(trait_badges(properties_of({key: {}})[key]))
    if activation.unfit:
        st.markdown(f":orange-badge[no network learns through it] {activation.unfit}.")


def pair_csv(keys: list[str]) -> str:
    """Both curves at the default parameters."""
    defaults: dict[str, dict[str, float]] = {key: {} for key in keys}
    return to_csv(curves(defaults), defaults)


heading(
    "catalogue",
    "Every activation function, with its measured properties. Click a column to sort; select two rows to "
    "compare them.",
)
everything = table(by_worker(ACTIVATIONS))
shown = choose_rows(everything)
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
pair = choose_pair()
files = [
    File("Table as CSV", "activations.csv", lambda: shown.drop(columns=["f", "f′"]).to_csv(index_label="key"))
]
if len(pair) >= COMPARED:
    draw_pair(pair)
    files.append(File("Curves as CSV", "pair.csv", lambda: pair_csv(pair)))
elif pair:
    st.info("Choose one more to compare the two.")
downloads(*files, svg="pair.svg" if len(pair) >= COMPARED else None)
