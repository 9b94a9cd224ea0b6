"""Curves: activation functions with both derivatives, and what is known of each."""

from __future__ import annotations

import math

import streamlit as st

from core.activations import Activation, find
from core.activations.curves import to_csv
from core.activations.properties import SATURATED_SLOPE, Properties, fraction_of_range
from core.errors import InvalidRequest
from dashboard.components.activation_picker import CUSTOM, name_of, pick_activations, pick_custom
from dashboard.components.activations.cached_curves import cached_curves
from dashboard.components.activations.known_properties import properties_of
from dashboard.components.activations.property_badges import detailed_badges
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped
from dashboard.components.number_text import signed

DEFAULT = ["sigmoid", "tanh", "relu", "leaky_relu", "gelu"]
CARDS_IN_A_ROW = 3
MIDDLE = (-4.0, 4.0)
WHAT_TO_SEE = (
    "Look at the ends: a flat curve no longer tells its inputs apart.",
    "Look for 0: no gradient passes there. Below 1 a gradient shrinks from layer to layer.",
    "Look for peaks: the slope changes fastest there. Straight pieces have 0, and a kink has none.",
)

Parameters = dict[str, dict[str, float]]  # by the keys of functions, which may be typed expressions


def choose_parameters(keys: list[str]) -> Parameters:
    """The chosen functions with a slider for each parameter."""
    chosen: Parameters = {key: {} for key in keys}
    pairs = [(key, parameter) for key in keys for parameter in find(key).parameters]
    columns = st.columns(max(3, len(pairs))) if pairs else []
    for column, (key, parameter) in zip(columns, pairs, strict=False):
        chosen[key][parameter.name] = column.slider(
            f"{name_of(key)}: {parameter.name.replace('_', ' ')} ${parameter.symbol}$",
            parameter.low,
            parameter.high,
            parameter.default,
            parameter.step,
            key=f"{key}_{parameter.name}",
            bind="query-params",
        )
    return chosen


def choose_shaded(chosen: Parameters) -> str | None:
    """The function whose saturated intervals are shaded, or None."""
    keys = {"custom" if name_of(key) == CUSTOM else key: key for key in chosen}
    names = {"none": "nothing"} | {token: name_of(key) for token, key in keys.items()}
    label = f"Shade where slope < {SATURATED_SLOPE:g}"
    return keys.get(bound(st.selectbox, label, names, next(iter(keys)), key="shade", names=names))


@st.fragment
def draw_curves(chosen: Parameters, found: dict[str, Properties]) -> None:
    """The curves, and what decides how they are drawn. A fragment: its slider runs nothing else again."""
    left, right = st.columns([3, 1.4])
    low, high = left.slider("x from, to", -20.0, 20.0, (-6.0, 6.0), 0.5, "%g", key="x", bind="query-params")
    with right:
        shaded = choose_shaded(chosen)
    zones = tuple(found[shaded].saturated_within(low, high)) if shaded else ()
    try:
        computed, specs = cached_curves(
            tuple((key, tuple(parameters.items())) for key, parameters in chosen.items()), low, high, zones
        )
    except InvalidRequest as error:
        st.warning(escaped(str(error)))
        return
    for column, spec, look in zip(st.columns(3), specs, WHAT_TO_SEE, strict=True):
        title = spec["title"]["text"]
        column.vega_lite_chart(spec=dict(spec), key=f"{title}_chart", width="stretch")
        column.caption(look)
    if shaded:
        draw_share(shaded, found[shaded], chosen[shaded])
    downloads(
        File("Curves as CSV", "activations.csv", lambda: to_csv(computed, chosen)), svg="activations.svg"
    )


def draw_share(key: str, found: Properties, parameters: dict[str, float]) -> None:
    """How much of its range a bounded function covers in the middle."""
    fraction = fraction_of_range(find(key), found, *MIDDLE, **parameters)
    if fraction is not None:
        low, high = map(signed, MIDDLE)
        st.caption(f"Between x = {low} and {high} {name_of(key)} passes through {fraction:.3f} of its range.")


def draw_cards(chosen: Parameters, found: dict[str, Properties]) -> None:
    """A card for each function."""
    keys = [*chosen]
    for start in range(0, len(keys), CARDS_IN_A_ROW):
        row = keys[start : start + CARDS_IN_A_ROW]
        for column, key in zip(st.columns(CARDS_IN_A_ROW), row, strict=False):
            with column.container(border=True, height="stretch"):
                draw_card(find(key), found[key])
    st.caption(
        "Properties are measured from the functions themselves. Smooth: the slope never jumps. "
        "Zero-centred: the mean output over standard normal x is 0. "
        f"Saturates: the value approaches a number, and the slope stays under {SATURATED_SLOPE:g}."
    )


def steepest_slope(found: Properties) -> str:
    """The largest |f'| in words."""
    if found.lipschitz is None:
        return "not determined"
    return f"{found.lipschitz:.3g}" if math.isfinite(found.lipschitz) else "unbounded"


def draw_card(activation: Activation, found: Properties) -> None:
    """Formula, derivative, range, properties and source of one function."""
    paper = activation.source
    title = f"[{paper.title}]({paper.url})" if paper.url else paper.title
    origin = (
        f":small[Also called {', '.join(activation.aliases)}. In use: {activation.use}]\n\n"
        f":small[{paper.authors} {paper.year}, {title}]"
    )
    steepest = steepest_slope(found)
    st.markdown(
        f"## {activation.name if paper.year else f'{CUSTOM}: `{activation.name}`'}\n\n"
        f"{activation.note}\n\n:gray[{activation.note_zh}]\n\n"
        f"$${activation.latex}$$\n\n$${activation.derivative_latex}$$\n\n"
        f"Range ${activation.range_latex or found.range_latex}$ · steepest slope {steepest}\n\n"
        f"{detailed_badges(found)}\n\n" + (origin if paper.year else "")
    )


heading(
    "curves", "What a neuron makes of its pre-activation, and the slope by which it passes a gradient back."
)
left, right = st.columns([3, 1.4])
chosen = choose_parameters(pick_activations(left, DEFAULT) + pick_custom(right))
if not chosen:
    st.info("Choose at least one function.")
    st.stop()
found = properties_of(chosen)
draw_curves(chosen, found)
draw_cards(chosen, found)
