"""Surfaces: what an activation makes of two inputs, in one neuron and in a small network."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.activations import ACTIVATIONS
from core.activations.surfaces import MAX_HIDDEN, MAX_LAYERS, POINTS, Surface, neuron, to_csv
from core.errors import InvalidRequest
from dashboard.charts.surfaces import slices_chart, surface_chart
from dashboard.components.activation_picker import NAMES, name_of, pick_activations, pick_custom
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.figures import figures
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped

COMPARED = ["relu", "tanh", "gelu", "sine"]
MAX_COMPARED, COMPARED_POINTS = 8, 81
QUANTITIES = {"z": "Output z", "slope": "Slope |∇z|"}
AXES = {"z": ("x", "y", "z"), "slope": ("x", "y", "|∇z|")}
IN_A_ROW = 4


class NetworkSettings(NamedTuple):
    """A small network with random weights, and how far its surface reaches."""

    hidden: tuple[int, ...]
    gain: float
    seed: int
    reach: float


def network_surfaces(keys: list[str], settings: NetworkSettings, points: int = POINTS) -> list[Surface]:
    """The network's surface with each of these functions. Raises InvalidRequest."""
    asked = [{"function": key, "points": points} | settings._asdict() for key in keys]
    return figures("network_surface", asked, "Computing the surfaces…")


def choose_weight(container: DeltaGenerator, label: str, default: float, key: str) -> float:
    """A slider for a weight."""
    return container.slider(label, -5.0, 5.0, default, 0.1, key=key, bind="query-params")


def choose_neuron(key: str, reach: float) -> Surface:
    """One neuron with the weights of its sliders."""
    with st.container(border=True, height="stretch"):
        st.markdown("**One neuron**, $z = f(w_1 x + w_2 y + b)$")
        first, second, third = st.columns(3)
        w1 = choose_weight(first, "$w_1$", 1.0, "w1")
        w2 = choose_weight(second, "$w_2$", 1.0, "w2")
        bias = choose_weight(third, "$b$", 0.0, "b")
    with st.spinner("Loading PyTorch…"):  # one product: less than drawing it
        return neuron(key, w1, w2, bias, reach)


def choose_network(reach: float) -> NetworkSettings:
    """Hidden layers, scale of the weights, and seed."""
    with st.container(border=True, height="stretch"):
        st.markdown("**A small network** with random weights")
        first, second, third, fourth = st.columns(4)
        units = first.slider("Units per layer", 1, MAX_HIDDEN, 8, key="units", bind="query-params")
        layers = second.slider("Layers", 1, MAX_LAYERS, 2, key="layers", bind="query-params")
        gain = third.slider("Weight scale", 0.5, 5.0, 2.0, 0.1, key="gain", bind="query-params")
        seed = fourth.number_input("Seed", 0, 9999, 1, key="seed", bind="query-params")
    return NetworkSettings((units,) * layers, gain, seed, reach)


def choose_function(container: DeltaGenerator, custom_container: DeltaGenerator) -> tuple[str, list[str]]:
    """Key of the function, which is the typed one if one is typed, and that one again for the comparison."""
    chosen = bound(container.selectbox, "Function", ACTIVATIONS, "tanh", key="function", names=NAMES)
    custom = pick_custom(custom_container, "or a custom f(x)")
    return (custom or [chosen])[0], custom


def values_of(surface: Surface, quantity: str) -> np.ndarray:
    """Output or slope at each point, (y, x)."""
    return surface.z if quantity == "z" else surface.slope


def draw(surface: Surface, quantity: str, title: str, key: str) -> None:
    """A picture of the output or the slope, and its slices."""
    values = values_of(surface, quantity)
    picture = surface_chart(surface.at, values, title, AXES[quantity])
    slices = slices_chart(surface.at, surface.slices(of=values), f"{title}: slices", AXES[quantity])
    st.vega_lite_chart(spec=picture, key=f"{key} picture", width="stretch")
    st.vega_lite_chart(spec=slices, key=f"{key} slices", width="stretch")


def draw_comparison(keys: list[str], settings: NetworkSettings, quantity: str) -> None:
    """The same network with each activation, in small pictures."""
    pairs = [*zip(keys, network_surfaces(keys, settings, COMPARED_POINTS), strict=True)]
    for start in range(0, len(pairs), IN_A_ROW):
        for column, (key, one) in zip(st.columns(IN_A_ROW), pairs[start : start + IN_A_ROW], strict=False):
            values = values_of(one, quantity)
            picture = surface_chart(one.at, values, name_of(key), AXES[quantity], height=230, readings=17)
            column.vega_lite_chart(spec=picture, key=f"small {key}", width="stretch")


heading(
    "surfaces",
    "A neuron with two inputs draws one straight fold or step across the plane; a network adds many of them "
    "up to any landscape.",
)
left, second, middle, right = st.columns([1.4, 1.6, 1.4, 1.6], vertical_alignment="bottom")
key, custom = choose_function(left, second)
quantity = bound(middle.segmented_control, "Show", QUANTITIES, "z", key="show", names=QUANTITIES)
reach = right.slider("x and y from, to ±", 1.0, 10.0, 3.0, 0.5, "%g", key="reach", bind="query-params")

left, right = st.columns(2, gap="large")
try:
    with left:
        one = choose_neuron(key, reach)
        draw(one, quantity, f"One neuron, {name_of(key)}", "neuron")
        st.caption(
            "Look along a contour line: the output is the same on it, because a neuron sees its inputs only "
            "through one weighted sum. $w_1$ and $w_2$ turn the fold and make it steeper, $b$ shifts it."
        )
    with right:
        settings = choose_network(reach)
        (many,) = network_surfaces([key], settings)
        sizes = "–".join(map(str, (2, *settings.hidden, 1)))
        draw(many, quantity, f"Network {sizes}, {name_of(key)}", "network")
        st.caption(
            "Look for creases: units with a kink make flat facets, smooth ones make hills. More units make "
            "more of them, and more layers make them fold again."
        )
except InvalidRequest as error:
    st.warning(escaped(str(error)))
    st.stop()

st.header("The same network with other functions")
compared = pick_activations(st.container(), COMPARED, max_selections=MAX_COMPARED, as_chosen=True)
if compared + custom:
    draw_comparison(compared + custom, settings, quantity)
st.caption(
    "Same weights, other function. Look at how ReLU cuts the plane into facets, where Tanh is flat, and "
    "how a sine never is. Each picture has a colour scale of its own; blue is above 0, orange below."
)
downloads(
    File("Neuron as CSV", "neuron.csv", partial(to_csv, one)),
    File("Network as CSV", "network.csv", partial(to_csv, many)),
    svg="surfaces.svg",
)
