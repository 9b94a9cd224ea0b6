"""Gated units and softmax: functions of more than one input."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from core.activations import ACTIVATIONS
from core.activations.gated import GATED, OF_VECTOR, Gated, OfVector, at_point
from core.activations.properties import properties
from core.activations.surfaces import Surface, gate, to_csv
from core.errors import InvalidRequest
from dashboard.charts.surfaces import slices_chart, surface_chart
from dashboard.components.activations.softmax_panels import ROUNDING, choose_logits, draw_softmax
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped
from dashboard.components.number_text import signed

NAMES = {key: unit.name for key, unit in GATED.items()}
NAMES |= {key: function.name for key, function in OF_VECTOR.items()}
AXES = ("a", "b", "f")
SMALL_POINTS = 61


def draw_card(entry: Gated | OfVector, gradients_latex: str) -> None:
    """Formula, derivatives, note, use and paper."""
    paper = entry.source
    title = f"[{paper.title}]({paper.url})" if paper.url else paper.title
    with st.container(border=True, height="stretch"):
        st.markdown(
            f"## {entry.name}\n\n{entry.note}\n\n:gray[{entry.note_zh}]\n\n$${entry.latex}$$\n\n"
            f"$${gradients_latex}$$\n\n:small[In use: {entry.use}]\n\n"
            f":small[{paper.authors} {paper.year}, {title}]"
        )


def show_gated(key: str) -> None:
    """The unit at one point, as a surface with slices, and its two derivatives."""
    unit = GATED[key]
    shuts = properties(ACTIVATIONS[unit.gate]).saturates_below is not None
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw_card(unit, unit.gradients_latex)
    with right:
        reach = choose_point(key, shuts)
    surface = gate(key, reach)
    draw_surface(unit, surface, shuts)
    draw_slopes(surface)
    draw_all(reach)
    downloads(File("Surface as CSV", f"{key}.csv", partial(to_csv, surface, AXES)), svg=f"{key}.svg")


def choose_point(key: str, shuts: bool) -> float:
    """Sliders with the unit's value and slopes there; gives how far the pictures reach."""
    st.markdown("**At one point**")
    a = st.slider("Value $a$", -5.0, 5.0, 2.0, 0.1, key="a", bind="query-params")
    b = st.slider("Gate $b$", -5.0, 5.0, 1.0, 0.1, key="b", bind="query-params")
    reach = st.slider("Pictures from, to ±", 1.0, 10.0, 4.0, 0.5, "%g", key="reach", bind="query-params")
    value, by_a, by_b = at_point(key, a, b)
    first, second, third = st.columns(3)
    first.metric("f(a, b)", signed(value, 3, ROUNDING))
    second.metric("∂f/∂a", signed(by_a, 3, ROUNDING))
    third.metric("∂f/∂b", signed(by_b, 3, ROUNDING))
    st.caption(
        f"Move b far down: the gate, {ACTIVATIONS[GATED[key].gate].name}, shuts, and what is left of a, "
        "and of its gradient, approaches 0."
        if shuts
        else "Move b: this gate never shuts; below 0 it turns the sign of a and of its gradient."
    )
    return reach


def draw_surface(unit: Gated, surface: Surface, shuts: bool) -> None:
    """The unit over value and gate, and its slices."""
    left, right = st.columns(2, gap="large")
    with left:
        picture = surface_chart(surface.at, surface.z, unit.name, AXES)
        st.vega_lite_chart(spec=picture, key="f", width="stretch")
        st.caption(
            "Look at the lower half: where the gate is shut, f is near 0 whatever a is."
            if shuts
            else "Look at the saddle: f rises along one diagonal and falls along the other."
        )
    with right:
        slices = slices_chart(
            surface.at,
            surface.slices(of=surface.z.T),
            f"{unit.name}: slices at five values",
            ("b", "a", "f"),
            height=380,
        )
        st.vega_lite_chart(spec=slices, key="slices", width="stretch")
        st.caption(
            "Look at one slice: it is the gate's own curve, stretched by a, upside down where a is negative."
        )


def draw_slopes(surface: Surface) -> None:
    """Both derivatives over value and gate."""
    left, right = st.columns(2, gap="large")
    with left:
        picture = surface_chart(surface.at, surface.dz_dx, "Slope by the value", ("a", "b", "∂f/∂a"))
        st.vega_lite_chart(spec=picture, key="by a", width="stretch")
        st.caption(
            "Look across: it is the same for every a, namely the gate itself. A gradient takes this path as "
            "if through a line."
        )
    with right:
        picture = surface_chart(surface.at, surface.dz_dy, "Slope by the gate", ("a", "b", "∂f/∂b"))
        st.vega_lite_chart(spec=picture, key="by b", width="stretch")
        st.caption("Look at a = 0: there the gate learns nothing, for it has nothing to let through.")


def draw_all(reach: float) -> None:
    """Every gated unit in small."""
    st.header("All of them, in one colour scale")
    every = {entry.name: gate(name, reach, SMALL_POINTS) for name, entry in GATED.items()}
    largest = max(float(np.abs(one.z).max()) for one in every.values())
    for column, (name, one) in zip(st.columns(len(every)), every.items(), strict=True):
        small = surface_chart(one.at, one.z, name, AXES, largest, height=230, readings=17)
        column.vega_lite_chart(spec=small, key=f"small {name}", width="stretch")


def show_of_vector(key: str) -> None:
    """Three logits and a temperature: the outputs, their Jacobian, and where they saturate."""
    function = OF_VECTOR[key]
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw_card(function, function.jacobian_latex)
    with right:
        logits, temperature = choose_logits()
    draw_softmax(key, logits, temperature)


heading(
    "gated_units",
    "Most activations take one number; these take more: in a gated unit one number decides how much of "
    "another passes, and softmax makes numbers compete for a total of 1.",
)
key = bound(st.pills, "Function", NAMES, "swiglu", key="function", names=NAMES)
try:
    with st.spinner("Loading PyTorch…"):
        (show_gated if key in GATED else show_of_vector)(key)
except InvalidRequest as error:
    st.warning(escaped(str(error)))
