"""Panels of softmax and log-softmax: three logits and a temperature, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.activations.gated import (
    OF_VECTOR,
    VectorOutput,
    at_temperature,
    outputs_csv,
    over_first_logit,
    over_temperatures,
)
from dashboard.charts.softmax import bars_chart, outputs_chart
from dashboard.components.downloads import File, downloads
from dashboard.components.number_text import signed

LOGITS = {"logit1": 2.0, "logit2": 1.0, "logit3": -1.0}
INDICES = ("₁", "₂", "₃")
OUTPUTS = [f"f{index}" for index in INDICES]
SOFTMAX = "softmax"
ROUNDING = 1e-12  # smaller results are 0


def choose_logits() -> tuple[list[float], float]:
    """Three logits, and a temperature."""
    st.markdown("**Three logits**")
    logits = [
        st.slider(f"$x_{n}$", -10.0, 10.0, first, 0.1, key=name, bind="query-params")
        for n, (name, first) in enumerate(LOGITS.items(), 1)
    ]
    label = "Temperature: the logits are divided by it"
    return logits, st.slider(label, 0.05, 10.0, 1.0, 0.05, key="temperature", bind="query-params")


def draw_softmax(key: str, logits: Sequence[float], temperature: float) -> None:
    """Outputs and Jacobian at the logits, and outputs over the first logit and over the temperature."""
    y_title = "Probability" if key == SOFTMAX else "Log probability"
    found = at_temperature(key, logits, temperature)
    along, warm = over_first_logit(key, logits, temperature), over_temperatures(key, logits)
    left, right = st.columns(2, gap="large")
    with left:
        bars = bars_chart(OUTPUTS, found.outputs.tolist(), OF_VECTOR[key].name, y_title)
        st.altair_chart(bars, key="bars", width="stretch")
        st.caption("Add the same to all three logits: nothing changes. Only their differences count.")
    with right:
        draw_jacobian(key, found)
    left, right = st.columns(2, gap="large")
    with left:
        draw_over_logit(key, along, logits[0], y_title)
    with right:
        draw_over_temperature(key, warm, temperature, y_title)
    file = File("Outputs as CSV", f"{key}.csv", partial(outputs_csv, [*along, *warm]))
    downloads(file, svg=f"{key}.svg")


def draw_jacobian(key: str, found: VectorOutput) -> None:
    """The Jacobian as a table, and its largest entry."""
    st.markdown("**Jacobian**: each output's slope by each logit")
    columns = [f"∂/∂x{index}" for index in INDICES]
    table = pd.DataFrame(found.jacobian, index=OUTPUTS, columns=columns)
    st.dataframe(table.map(lambda slope: signed(slope, 3, ROUNDING)))
    first, second = st.columns(2)
    first.metric("Largest slope", signed(found.largest_slope, 3, ROUNDING))
    second.metric("Sum of a row", signed(float(found.jacobian.sum(1).max()), 3, ROUNDING))
    st.caption(
        "Look at the largest slope while one logit runs away from the others: a sure softmax is a "
        "saturated one, with no gradient left. Each row sums to 0."
        if key == SOFTMAX
        else "Look at the largest slope: unlike softmax's it never fades, which is why losses use it."
    )


def draw_over_logit(key: str, along: Sequence[VectorOutput], now: float, y_title: str) -> None:
    """Outputs over the first logit."""
    x = np.array([one.logits[0] for one in along])
    chart = outputs_chart(x, outputs_of(key, along), now, "Over x₁", "x₁", y_title)
    st.altair_chart(chart, key="over x1", width="stretch")
    st.caption(
        "Look at f₁: with the others fixed, softmax is a sigmoid of one logit, flat at both ends."
        if key == SOFTMAX
        else "Look at f₁: straight on the left, where softmax itself is flat, so a gradient is left."
    )


def draw_over_temperature(key: str, warm: Sequence[VectorOutput], now: float, y_title: str) -> None:
    """Outputs over the temperature."""
    x = np.array([one.temperature for one in warm])
    series = outputs_of(key, warm)
    chart = outputs_chart(x, series, now, "Over the temperature", "Temperature", y_title, logarithmic=True)
    st.altair_chart(chart, key="over temperature", width="stretch")
    st.caption(
        "Cold, to the left, one output is all; hot, to the right, all become alike. Look where the "
        "largest slope peaks: a gradient passes best between the two."
        if key == SOFTMAX
        else "Cold, to the left, all but one fall far down; hot, to the right, all near −ln 3."
    )


def outputs_of(key: str, every: Sequence[VectorOutput]) -> dict[str, np.ndarray]:
    """The outputs as series, and of softmax the largest slope."""
    outputs = np.array([one.outputs for one in every])
    series = {name: outputs[:, n] for n, name in enumerate(OUTPUTS)}
    if key == SOFTMAX:
        series["largest slope"] = np.array([one.largest_slope for one in every])
    return series
