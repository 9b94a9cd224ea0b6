"""Linear collapse: a deep network that has no activation function is one matrix."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.errors import InvalidRequest
from core.experiments.linear_collapse import MAX_LAYERS, Collapse, collapse, to_csv
from dashboard.charts.linear_collapse import by_depth, singular_values
from dashboard.components.activation_picker import EVERY_NAME, name_of, pick_activations, pick_custom
from dashboard.components.downloads import File, downloads
from dashboard.components.figures import figures
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped

DEFAULT = ["identity", "sigmoid", "tanh", "relu"]
MAX_FUNCTIONS = 8
WIDTHS = [2, 4, 8, 16, 32, 64, 128]
NARROWEST = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128]


def collapsed(sizes: tuple[int, ...], seed: int) -> Collapse:
    """Network and matrix beside each other. Raises InvalidRequest."""
    found: Collapse = figures("linear_collapse", [{"sizes": sizes, "seed": seed}], "Multiplying…")[0]
    return found


def remainders(sizes: tuple[int, ...], keys: list[str], seed: int) -> list[np.ndarray]:
    """What no matrix explains of the same network with each of these functions."""
    asked = [{"sizes": sizes, "seed": seed, "function": key} for key in keys]
    return figures("beyond_a_matrix", asked, "Looking for the best matrix…")


def choose() -> tuple[tuple[int, ...], int]:
    """Sizes of the layers, and seed."""
    first, second, third, fourth = st.columns([3, 2, 3, 2], vertical_alignment="bottom")
    layers = first.slider("Layers", 1, MAX_LAYERS, 10, key="layers", bind="query-params")
    width = second.selectbox("Units per layer", WIDTHS, 4, key="width", bind="query-params")
    narrowest = third.select_slider(
        "Narrowest layer",
        [size for size in NARROWEST if size <= width],
        value=width,
        key=f"narrowest of {width}",
        help="The layer in the middle. Nothing that is wider than it gets through.",
    )
    seed = fourth.number_input("Seed", 0, 9999, 0, key="seed", bind="query-params")
    sizes = [width] * (layers + 1)
    sizes[len(sizes) // 2] = narrowest
    return tuple(sizes), seed


def finding(found: Collapse) -> str:
    """The finding in a sentence."""
    layers, error = len(found.sizes) - 1, found.error_in_epsilons["float32"][-1]
    inputs, outputs = found.sizes[0], found.sizes[-1]
    same = (
        "exactly equal"
        if error == 0
        else f"equal up to rounding (float32: {error:.1f} times its machine epsilon)"
    )
    one = f"**one {outputs} × {inputs} matrix of rank {found.rank}**"
    return f"{layers} layers with {found.parameters:,} weights do what {one} does: {same}."


def draw_matrix(found: Collapse) -> None:
    """How far network and matrix differ, and what the matrix lets through."""
    left, right = st.columns(2)
    with left:
        chart = by_depth(found.error_in_epsilons, "Network against matrix", "Difference, in machine epsilons")
        st.altair_chart(chart, key="error")
        st.caption(
            "Look at the scale: the machine epsilon is the step from 1 to the next number. The difference "
            "grows slowly, as each layer rounds once more, and is the same in both formats: rounding alone."
        )
    with right:
        st.altair_chart(singular_values(found.singular_values, found.rank), key="singular values")
        st.caption(
            "How much of each direction gets through. Look for the drop: a narrow layer lets no more "
            "directions pass than it has units, and many layers squeeze the others ever thinner."
        )


def draw_with_activations(sizes: tuple[int, ...], seed: int) -> dict[str, np.ndarray]:
    """The same network with activation functions: by name, what no matrix explains at each depth."""
    st.header("With an activation function")
    left, right = st.columns([3, 1.4])
    keys = pick_activations(left, DEFAULT, max_selections=MAX_FUNCTIONS) + pick_custom(right)
    percent = {
        name_of(key): 100 * fractions
        for key, fractions in zip(keys, remainders(sizes, keys, seed), strict=True)
    }
    if percent:
        chart = by_depth(percent, "What no matrix can do", "Beyond a matrix, %", every=EVERY_NAME)
        st.altair_chart(chart, key="unexplained")
        st.caption(
            "The same weights with a function between the layers. Look at the identity: 0 at every depth. "
            "The higher a line, the less of the network a matrix could replace; this is what depth is worth."
        )
    return percent


def draw_example(seed: int) -> None:
    """Three layers of two units with their numbers, and the one matrix that does the same."""
    found = collapse((2, 2, 2, 2), seed)
    matrices = [_latex(matrix) for matrix in reversed(found.matrices)]
    x = np.array([1.0, 2.0])
    deep, flat = _latex(found.layer_by_layer(x)[:, None]), _latex(found.as_one_matrix(x)[:, None])
    st.markdown("**Three layers of two units, in numbers.** Layer after layer, or all at once:")
    st.latex(f"W_3 W_2 W_1 = {' '.join(matrices)} = {_latex(found.matrix)} = M")
    st.latex(
        rf"x = \begin{{pmatrix}} 1 \\ 2 \end{{pmatrix}}: \quad W_3 (W_2 (W_1 x)) = {deep}"
        rf" \quad M x = {flat}"
    )


def _latex(matrix: np.ndarray) -> str:
    rows = r" \\ ".join(" & ".join(f"{value:.2f}" for value in row) for row in matrix)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


heading(
    "linear_collapse",
    "Without an activation function, layers only multiply matrices, and matrices multiplied are one matrix: "
    "however deep, such a network can draw nothing but a straight line between two classes.",
)
try:
    sizes, seed = choose()
    found = collapsed(sizes, seed)
except InvalidRequest as error:
    st.warning(escaped(str(error)))
    st.stop()
st.markdown(finding(found))
draw_matrix(found)
percent = draw_with_activations(sizes, seed)
draw_example(seed)
downloads(
    File("Figures as CSV", "linear-collapse.csv", lambda: to_csv(found, percent)), svg="linear-collapse.svg"
)
