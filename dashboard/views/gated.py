"""Gated: functions of more than one input, gated linear units and softmax."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.activations import ACTIVATIONS
from core.activations.gated import (
    GATED,
    OF_VECTOR,
    Gated,
    OfVector,
    VectorOutput,
    at_point,
    at_temperature,
    outputs_csv,
    over_first_logit,
    over_temperatures,
)
from core.activations.properties import properties
from core.activations.surfaces import gate, to_csv
from core.errors import InvalidRequest
from dashboard.charts.gated import bars_chart, outputs_chart
from dashboard.charts.surfaces import slices_chart, surface_chart
from dashboard.components.svg import svg_button

NAMES = {unit.name: key for key, unit in GATED.items()}
NAMES |= {function.name: key for key, function in OF_VECTOR.items()}
AXES = ("a", "b", "f")
SMALL_POINTS = 61
LOGITS = {"logit1": 2.0, "logit2": 1.0, "logit3": -1.0}
INDICES = ("₁", "₂", "₃")


def card(entry: Gated | OfVector, gradients_latex: str) -> None:
    """Formula, derivatives, note, use and paper."""
    paper = entry.source
    title = f"[{paper.title}]({paper.url})" if paper.url else paper.title
    with st.container(border=True, height="stretch"):
        st.markdown(
            f"#### {entry.name}\n\n{entry.note}\n\n:gray[{entry.note_zh}]\n\n$${entry.latex}$$\n\n"
            f"$${gradients_latex}$$\n\n:small[In use: {entry.use}]\n\n"
            f":small[{paper.authors} {paper.year}, {title}]"
        )


def show_gated(key: str) -> None:
    """The unit at one point, as a surface, cut at several values, and its two derivatives."""
    unit = GATED[key]
    left, right = st.columns([1, 1], gap="large")
    with left:
        card(unit, unit.gradients_latex)
    with right:
        st.markdown("**At one point**")
        a = st.slider("Value $a$", -5.0, 5.0, 2.0, 0.1, key="a", bind="query-params")
        b = st.slider("Gate $b$", -5.0, 5.0, 1.0, 0.1, key="b", bind="query-params")
        reach = st.slider("Pictures from, to ±", 1.0, 10.0, 4.0, 0.5, "%g", key="reach", bind="query-params")
        value, by_a, by_b = at_point(key, a, b)
        first, second, third = st.columns(3)
        first.metric("f(a, b)", signed(value))
        second.metric("∂f/∂a", signed(by_a))
        third.metric("∂f/∂b", signed(by_b))
        activation = ACTIVATIONS[unit.gate]
        shuts = properties(activation).saturates_below is not None
        st.caption(
            f"Move b far down: the gate, {activation.name}, shuts, and what is left of a, and of its "
            "gradient, goes to 0."
            if shuts
            else "Move b: this gate never shuts; below 0 it turns the sign of a and of its gradient."
        )
    surface = gate(key, reach)
    left, right = st.columns(2, gap="large")
    with left:
        picture = surface_chart(surface.at, surface.z, unit.name, AXES)
        st.vega_lite_chart(spec=picture, key="f", width="stretch")
        st.caption(
            "Look at the lower half: where the gate is shut, f is near 0 whatever a is."
            if shuts
            else "Look at the saddle: f rises along one diagonal and falls along the other."
        )
        picture = surface_chart(surface.at, surface.dz_dx, "Slope by the value", ("a", "b", "∂f/∂a"))
        st.vega_lite_chart(spec=picture, key="by a", width="stretch")
        st.caption(
            "Look across: it is the same for every a, namely the gate itself. A gradient takes this path as "
            "if through a line."
        )
    with right:
        cuts = surface.slices(of=surface.z.T)
        cut_chart = slices_chart(
            surface.at, cuts, f"{unit.name}: cuts at five values", ("b", "a", "f"), height=380
        )
        st.vega_lite_chart(spec=cut_chart, key="cuts", width="stretch")
        st.caption(
            "Look at one cut: it is the gate's own curve, stretched by a, upside down where a is negative."
        )
        picture = surface_chart(surface.at, surface.dz_dy, "Slope by the gate", ("a", "b", "∂f/∂b"))
        st.vega_lite_chart(spec=picture, key="by b", width="stretch")
        st.caption("Look at a = 0: there the gate learns nothing, for it has nothing to let through.")
    st.subheader("All of them, in one scale of colour")
    every = {entry.name: gate(name, reach, SMALL_POINTS) for name, entry in GATED.items()}
    largest = max(float(np.abs(one.z).max()) for one in every.values())
    for column, (name, one) in zip(st.columns(len(every)), every.items(), strict=True):
        small = surface_chart(one.at, one.z, name, AXES, largest, height=230, readings=17)
        column.vega_lite_chart(spec=small, key=f"small {name}", width="stretch")
    download("Surface as CSV", partial(to_csv, surface, AXES), key)


def show_of_vector(key: str) -> None:
    """Three logits and a temperature: the outputs, their Jacobian, and where they saturate."""
    function = OF_VECTOR[key]
    left, right = st.columns([1, 1], gap="large")
    with left:
        card(function, function.jacobian_latex)
    with right:
        st.markdown("**Three logits**")
        logits = [
            st.slider(f"$x_{n}$", -10.0, 10.0, first, 0.1, key=name, bind="query-params")
            for n, (name, first) in enumerate(LOGITS.items(), 1)
        ]
        temperature = st.slider(
            "Temperature: the logits are divided by it",
            0.05,
            10.0,
            1.0,
            0.05,
            key="temperature",
            bind="query-params",
        )
    found = at_temperature(key, logits, temperature)
    softmax = key == "softmax"
    y_title = "Probability" if softmax else "Log probability"
    outputs = [f"f{index}" for index in INDICES]
    left, right = st.columns(2, gap="large")
    with left:
        st.altair_chart(
            bars_chart(outputs, found.outputs.tolist(), function.name, y_title), key="bars", width="stretch"
        )
        st.caption("Add the same to all three logits: nothing changes. Only their differences count.")
    with right:
        st.markdown("**Jacobian**: each output's slope by each logit")
        st.dataframe(
            pd.DataFrame(found.jacobian, index=outputs, columns=[f"∂/∂x{index}" for index in INDICES]).map(
                signed
            )
        )
        first, second = st.columns(2)
        first.metric("Largest slope", signed(found.largest_slope))
        second.metric("Sum of a row", signed(float(found.jacobian.sum(1).max())))
        st.caption(
            "Look at the largest slope while one logit runs away from the others: a sure softmax is a "
            "saturated one, with no gradient left. Each row sums to 0."
            if softmax
            else "Look at the largest slope: unlike softmax's it never fades, which is why losses use it."
        )
    left, right = st.columns(2, gap="large")
    along = over_first_logit(key, logits, temperature)
    warm = over_temperatures(key, logits)
    with left:
        chart = outputs_chart(
            np.array([one.logits[0] for one in along]),
            lines(along, softmax),
            logits[0],
            "Over x₁",
            "x₁",
            y_title,
        )
        st.altair_chart(chart, key="over x1", width="stretch")
        st.caption(
            "Look at f₁: with the others held, softmax is a sigmoid of one logit, flat at both ends."
            if softmax
            else "Look at f₁: straight on the left, where softmax itself is flat, so a gradient is left."
        )
    with right:
        chart = outputs_chart(
            np.array([one.temperature for one in warm]),
            lines(warm, softmax),
            temperature,
            "Over the temperature",
            "Temperature",
            y_title,
            logarithmic=True,
        )
        st.altair_chart(chart, key="over temperature", width="stretch")
        st.caption(
            "Cold, to the left, one output takes all; hot, to the right, all become alike. Look where the "
            "largest slope peaks: a gradient passes best between the two."
            if softmax
            else "Cold, to the left, all but one go far down; hot, to the right, all near −ln 3."
        )
    download("Outputs as CSV", partial(outputs_csv, [*along, *warm]), key)


def lines(every: list[VectorOutput], slope: bool) -> dict[str, np.ndarray]:
    """The outputs as series, and if wanted the largest slope in size."""
    outputs = np.array([one.outputs for one in every])
    series = {f"f{index}": outputs[:, n] for n, index in enumerate(INDICES)}
    return series | ({"largest slope": np.array([one.largest_slope for one in every])} if slope else {})


def download(label: str, data: partial[str], key: str) -> None:
    """Buttons that take the page's numbers and charts away."""
    icon = ":material/download:"
    with st.container(horizontal=True):
        st.download_button(label, data, f"{key}.csv", "text/csv", icon=icon, on_click="ignore")
        svg_button(f"{key}.svg")


def signed(x: float) -> str:
    """Three digits, and a minus that is as wide as a plus."""
    return f"{x + 0.0 if abs(x) > 1e-12 else 0.0:.3g}".replace("-", "−")


st.title("Gated units and softmax")
st.markdown(
    "Most activations take one number; these take more: in a gated unit one number decides how much of "
    "another passes, and softmax makes numbers compete for a share of 1."
)
name = st.pills("Function", [*NAMES], default="SwiGLU", key="function", bind="query-params") or "SwiGLU"
try:
    with st.spinner("Loading PyTorch…"):
        (show_gated if NAMES[name] in GATED else show_of_vector)(NAMES[name])
except InvalidRequest as error:
    st.warning(str(error))
