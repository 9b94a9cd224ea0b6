"""Without one: a deep network that has no activation function is one matrix."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.activations import ACTIVATIONS
from core.errors import InvalidRequest
from core.experiments.linear_collapse import FORMATS, MAX_LAYERS, Collapse, collapse, to_csv, unexplained
from dashboard.charts.linear import by_depth, singular_values
from dashboard.components.custom_activation import OWN, choose_own, name_of
from dashboard.components.svg import svg_button

NAMES = {activation.name: key for key, activation in ACTIVATIONS.items()}
DEFAULT = ["Identity", "Sigmoid", "Tanh", "ReLU"]
WIDTHS = [2, 4, 8, 16, 32, 64, 128]


@st.cache_data(max_entries=200, show_spinner=False)
def product(sizes: tuple[int, ...], seed: int) -> Collapse:
    """Network and matrix beside each other."""
    return collapse(sizes, seed)


@st.cache_data(max_entries=400, show_spinner=False)
def left_over(sizes: tuple[int, ...], activation: str, seed: int) -> np.ndarray:
    """What no matrix explains of the same network with an activation function."""
    return unexplained(sizes, activation, seed)


def choose() -> tuple[tuple[int, ...], int]:
    """Sizes of the layers, and seed."""
    first, second, third, fourth = st.columns([3, 2, 3, 2], vertical_alignment="bottom")
    layers = first.slider("Layers", 1, MAX_LAYERS, 10, key="layers", bind="query-params")
    width = second.selectbox("Units a layer", WIDTHS, 4, key="width", bind="query-params")
    narrowest = third.select_slider(
        "Narrowest layer",
        [size for size in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128) if size <= width],
        value=width,
        key=f"narrowest of {width}",
        help="The layer in the middle. Nothing that is wider than it gets through.",
    )
    seed = fourth.number_input("Seed", 0, 9999, 0, key="seed", bind="query-params")
    sizes = [width] * (layers + 1)
    sizes[len(sizes) // 2] = narrowest
    return tuple(sizes), seed


def small_example(seed: int) -> None:
    """Three layers of two units with their numbers, and the one matrix that does the same."""
    found = collapse((2, 2, 2, 2), seed)
    matrices = [_latex(matrix) for matrix in reversed(found.matrices)]
    x = np.array([1.0, 2.0])
    step = x
    for matrix in found.matrices:
        step = matrix @ step
    st.markdown("**Three layers of two units, in numbers.** Layer after layer, or all at once:")
    st.latex(f"W_3 W_2 W_1 = {' '.join(matrices)} = {_latex(found.matrix)} = M")
    st.latex(
        rf"x = \begin{{pmatrix}} 1 \\ 2 \end{{pmatrix}}: \quad W_3 (W_2 (W_1 x)) = {_latex(step[:, None])}"
        rf" \quad M x = {_latex((found.matrix @ x)[:, None])}"
    )


def _latex(matrix: np.ndarray) -> str:
    rows = r" \\ ".join(" & ".join(f"{value:.2f}" for value in row) for row in matrix)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def told(found: Collapse) -> str:
    """The finding in a sentence."""
    layers, error = len(found.sizes) - 1, found.error["float32"][-1]
    steps = error / found.epsilon["float32"]
    inputs, outputs = found.sizes[0], found.sizes[-1]
    same = (
        "exactly equal"
        if error == 0
        else f"equal up to rounding (float32: {steps:.1f} of its smallest steps)"
    )
    weights = sum(matrix.size for matrix in found.matrices)
    one = f"**one {outputs} × {inputs} matrix of rank {found.rank}**"
    return f"{layers} layers with {weights:,} weights do what {one} does: {same}."


st.title("Without one")
st.markdown(
    "Without an activation function, layers only multiply matrices, and matrices multiplied are one matrix: "
    "however deep, such a network can draw nothing but a straight line between two classes."
)
try:
    sizes, seed = choose()
    with st.spinner("Multiplying…"):
        found = product(sizes, seed)
except InvalidRequest as error:
    st.warning(str(error))
    st.stop()
st.markdown(told(found))
left, right = st.columns(2)
with left:
    in_steps = {name: found.error[name] / found.epsilon[name] for name in FORMATS}
    st.altair_chart(
        by_depth(in_steps, "Network against matrix", "Difference, in steps"),
        key="error",
    )
    st.caption(
        "Look at the scale: a step is the smallest one from 1 to the next number. The difference grows "
        "slowly, since each layer rounds once more, and is the same in both formats: rounding alone."
    )
with right:
    st.altair_chart(singular_values(found.singular_values, found.rank), key="singular values")
    st.caption(
        "How much of each direction gets through. Look for the cut: a narrow layer lets no more directions "
        "pass than it has units, and many layers squeeze the others ever thinner."
    )

st.subheader("And with one")
left, right = st.columns([3, 1.4])
names = left.multiselect(
    "Functions", [*NAMES], default=DEFAULT, max_selections=8, key="functions", bind="query-params"
)
keys = [NAMES[name] for name in NAMES if name in names] + choose_own(right)
shares = {name_of(key): 100 * left_over(sizes, key, seed) for key in keys}
if shares:
    st.altair_chart(
        by_depth(shares, "What no matrix can do", "Beyond a matrix, %", every=[*NAMES, OWN]),
        key="shares",
    )
    st.caption(
        "The same weights with a function between the layers. Look at the identity: 0 at every depth. The "
        "higher a line, the less of the network a matrix could replace; this is what depth is worth."
    )
small_example(seed)
with st.container(horizontal=True):
    st.download_button(
        "Figures as CSV",
        lambda: to_csv(found, shares),
        "without-one.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    svg_button("without-one.svg")
