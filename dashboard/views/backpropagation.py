"""Backpropagation by hand: one step of a network of nine weights, number by number."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.backpropagation import (
    ACTIONS,
    EDGES,
    FUNCTIONS,
    LAST,
    MOMENTS,
    Network,
    Values,
    after,
    backward,
    due,
    equation,
    forward,
    seen,
    stepped,
)
from core.backpropagation.network import MAX_RATE, MAX_VALUE, MIN_RATE
from core.errors import InvalidRequest
from dashboard.charts.backpropagation import network_chart, short
from dashboard.components.address import bound
from dashboard.components.layout import heading, one_row
from dashboard.components.markdown import escaped

DEFAULT = Network()
HELP = {
    "forward": "The next value, from the inputs to the output.",
    "loss": "How far the output is from y.",
    "backward": "The next derivative, from the loss back to the inputs.",
    "step": "Each weight less the rate times its derivative.",
}


def choose() -> Network:
    """The numbers of the controls. Raises InvalidRequest."""
    first, second, third, fourth, fifth = st.columns([1, 1, 1, 1.4, 1], vertical_alignment="bottom")
    x1 = number(first, "x₁", "x1", DEFAULT.x1)
    x2 = number(second, "x₂", "x2", DEFAULT.x2)
    y = number(third, "Target y", "y", DEFAULT.y)
    activation = bound(
        fourth.selectbox,
        "Activation",
        FUNCTIONS,
        DEFAULT.activation,
        key="activation",
        names={key: function.name for key, function in FUNCTIONS.items()},
        help="Of the hidden units and of the output.",
    )
    rate = fifth.number_input(
        "Learning rate",
        MIN_RATE,
        MAX_RATE,
        DEFAULT.rate,
        step=0.1,
        format="%g",
        key="rate",
        bind="query-params",
    )
    weights = {}
    with st.expander("Weights and biases"):
        columns = st.columns(3)
        for column, keys in zip(
            columns, (("w11", "w12", "b1"), ("w21", "w22", "b2"), ("v1", "v2", "c")), strict=True
        ):
            for key in keys:
                weights[key] = number(column, key, key, DEFAULT.weights[key])
    return Network(x1, x2, y, activation, rate, weights)


def number(at: DeltaGenerator, label: str, key: str, default: float) -> float:
    """A number of the network, which the address holds."""
    value: float = at.number_input(
        label, -MAX_VALUE, MAX_VALUE, default, step=0.05, format="%.4g", key=key, bind="query-params"
    )
    return value


def press(action: str, network: Network) -> None:
    """What a button does, before the page is drawn: show more numbers, or take the step."""
    state = st.session_state
    moment = int(state.get("at", 0))
    if action == "step":
        try:
            new = stepped(network)
        except InvalidRequest as error:
            state["refused"] = str(error)
            return
        state["last step"] = (
            int(state.get("last step", (0,))[0]) + 1,
            forward(network).loss,
            forward(new).loss,
        )
        state.update(new.weights)
    state["at"] = after(moment, action)
    shown = MOMENTS[state["at"] - 1] if state["at"] else ""
    if shown in EDGES:
        state["edge"] = shown


def start_again() -> None:
    """The weights of the example, and nothing computed."""
    st.session_state.update(DEFAULT.weights)
    st.session_state["at"] = 0
    st.session_state.pop("last step", None)


def buttons(row: DeltaGenerator, network: Network, moment: int) -> None:
    """The passes; each shows one more number, or all that comes before it."""
    for action in ACTIONS:
        row.button(
            action.capitalize(),
            key=f"press {action}",
            type="primary" if action == due(moment) else "secondary",
            on_click=press,
            args=(action, network),
            help=HELP[action],
        )
    row.button("Reset", on_click=start_again, help="The weights of the example, and nothing computed.")


def moment_shown() -> int:
    """How many numbers are there: what the buttons lead to, and anybody can go back to."""
    moment: int = st.slider(
        "Numbers that are there", 0, LAST, 0, key="at", bind="query-params", help="Go back to any of them."
    )
    return moment


def draw_forward(network: Network, values: Values, there: frozenset[str]) -> None:
    """A line for each value that is known."""
    w, lines = network.weights, []
    for j in "12":
        if f"h{j}" in there:
            products = (
                f"{_n(w[f'w{j}1'])} \\cdot {_n(network.x1)} + {_n(w[f'w{j}2'])} \\cdot {_n(network.x2)}"
            )
            z, h = getattr(values, f"z{j}"), getattr(values, f"h{j}")
            lines.append(f"z_{j} &= {products} + {_n(w[f'b{j}'])} = {z:.4g}")
            lines.append(f"h_{j} &= f(z_{j}) = {h:.4g}")
    if "o" in there:
        products = f"{_n(w['v1'])} \\cdot {_n(values.h1)} + {_n(w['v2'])} \\cdot {_n(values.h2)}"
        lines.append(f"z &= {products} + {_n(w['c'])} = {values.z:.4g}")
        lines.append(f"o &= f(z) = {values.o:.4g}")
    if "loss" in there:
        squared = rf"\tfrac12 (o - y)^2 = \tfrac12 ({values.o:.4g} - {_n(network.y)})^2"
        lines.append(rf"L &= {squared} = {values.loss:.4g}")
    if lines:
        st.latex(r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}")


def draw_edge(network: Network, values: Values, gradient: dict[str, float], there: frozenset[str]) -> str:
    """The chain rule's line of the chosen weight, once its derivative is known; returns the weight."""
    ends = {key: (_node(edge.source), _node(edge.target)) for key, edge in EDGES.items()}
    edge: str = bound(
        st.selectbox,
        "Chain rule for",
        EDGES,
        "v1",
        key="edge",
        names={key: f"{key}: from {source} to {target}" for key, (source, target) in ends.items()},
    )
    if edge not in there:
        st.caption("Its derivative is not known yet: Backward shows one after the other.")
        return edge
    st.latex(equation(network, values, edge))
    weight, symbol = network.weights[edge], EDGES[edge].latex
    new = weight - network.rate * gradient[edge]
    st.latex(
        rf"{symbol} - \eta \frac{{\partial L}}{{\partial {symbol}}} = {_n(weight)} - {network.rate:g} \cdot "
        rf"{_n(gradient[edge])} = {new:.4g}"
    )
    return edge


def draw_table(network: Network, gradient: dict[str, float], there: frozenset[str]) -> None:
    """All weights with what is known of them."""
    rows = {
        key: (
            short(weight),
            short(gradient[key]) if key in there else "",
            short(weight - network.rate * gradient[key]) if key in there else "",
        )
        for key, weight in ((key, network.weights[key]) for key in EDGES)
    }
    st.table(pd.DataFrame.from_dict(rows, "index", columns=["weight", "∂L/∂weight", "after the step"]))


def _node(key: str) -> str:
    return {"one": "1 (a bias)", "o": "the output"}.get(key, key)


def _n(value: float) -> str:
    """A number in a formula, in parentheses where it is negative."""
    return f"({value:.4g})" if value < 0 else f"{value:.4g}"


heading(
    "backpropagation",
    "Two inputs, two hidden units, one output, nine weights. **Forward** computes the values, **Loss** how "
    "far the output is from its target, **Backward** the derivative of the loss by each weight, and **Step** "
    "moves all weights against them.",
)
try:
    network = choose()
except InvalidRequest as error:
    st.warning(escaped(str(error)))
    st.stop()
row = one_row()
moment = moment_shown()
buttons(row, network, moment)
if refused := st.session_state.pop("refused", None):
    st.warning(escaped(refused))
there, values = seen(moment), forward(network)
gradient = backward(network, values)
if "last step" in st.session_state:
    count, before, now = st.session_state["last step"]
    st.caption(f"Step {count}: the loss went from {before:.6g} to {now:.6g}.")
picture, lines = st.columns([1.5, 1], gap="medium")
with lines:
    draw_forward(network, values, there)
    edge = draw_edge(network, values, gradient, there)
picture.altair_chart(network_chart(network, values, gradient, there, edge), key="network")
draw_table(network, gradient, there)
function = FUNCTIONS[network.activation]
st.latex(rf"f = \text{{{function.name}}}, \quad a = f(z), \quad f'(z) = {function.latex}")
