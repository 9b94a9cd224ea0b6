"""2-D: what an activation makes of two inputs, in one neuron and in a small network."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.activations import ACTIVATIONS
from core.activations.surfaces import MAX_HIDDEN, MAX_LAYERS, POINTS, Surface, network, neuron, to_csv
from core.errors import InvalidRequest
from dashboard.charts.surfaces import slices_chart, surface_chart
from dashboard.components.custom_activation import choose_own, name_of
from dashboard.components.svg import svg_button

NAMES = {activation.name: key for key, activation in ACTIVATIONS.items()}
COMPARED = ["ReLU", "Tanh", "GELU", "Sine"]
MAX_COMPARED, COMPARED_POINTS = 8, 81
SHOWN = {"Output z": "z", "Slope |∇z|": "|∇z|"}
IN_A_ROW = 4


@st.cache_data(max_entries=200, show_spinner=False)
def network_surface(
    key: str, hidden: tuple[int, ...], gain: float, seed: int, reach: float, points: int = POINTS
) -> Surface:
    """Remembered, for the settings of the neuron change without it."""
    return network(key, hidden, gain, seed, reach, points)


def slider(place: DeltaGenerator, label: str, default: float, key: str) -> float:
    """A weight."""
    return place.slider(label, -5.0, 5.0, default, 0.1, key=key, bind="query-params")


def the_neuron(key: str, reach: float) -> Surface:
    """One neuron with the weights of its sliders."""
    with st.container(border=True, height="stretch"):
        st.markdown("**One neuron**, $z = f(w_1 x + w_2 y + b)$")
        first, second, third = st.columns(3)
        w1 = slider(first, "$w_1$", 1.0, "w1")
        w2 = slider(second, "$w_2$", 1.0, "w2")
        bias = slider(third, "$b$", 0.0, "b")
    with st.spinner("Loading PyTorch…"):
        return neuron(key, w1, w2, bias, reach)


def choose_network() -> tuple[tuple[int, ...], float, int]:
    """Hidden layers, scale of the weights, and seed."""
    with st.container(border=True, height="stretch"):
        st.markdown("**A small network**, its weights drawn at random")
        first, second, third, fourth = st.columns(4)
        units = first.slider("Units a layer", 1, MAX_HIDDEN, 8, key="units", bind="query-params")
        layers = second.slider("Layers", 1, MAX_LAYERS, 2, key="layers", bind="query-params")
        gain = third.slider("Weight scale", 0.5, 5.0, 2.0, 0.1, key="gain", bind="query-params")
        seed = fourth.number_input("Seed", 0, 9999, 1, key="seed", bind="query-params")
    return (units,) * layers, gain, seed


def draw(surface: Surface, shown: str, title: str, key: str) -> None:
    """A picture of the output or the slope, and its cuts."""
    values = surface.z if SHOWN[shown] == "z" else surface.slope
    names = ("x", "y", SHOWN[shown])
    picture = surface_chart(surface.at, values, title, names)
    cuts = slices_chart(surface.at, surface.slices(of=values), f"{title}: cuts", names)
    st.vega_lite_chart(spec=picture, key=f"{key} picture", width="stretch")
    st.vega_lite_chart(spec=cuts, key=f"{key} cuts", width="stretch")


def compare(keys: list[str], settings: tuple[tuple[int, ...], float, int, float], shown: str) -> None:
    """The same network with each activation, in small pictures."""
    names = ("x", "y", SHOWN[shown])
    for start in range(0, len(keys), IN_A_ROW):
        for column, key in zip(st.columns(IN_A_ROW), keys[start : start + IN_A_ROW], strict=False):
            one = network_surface(key, *settings, points=COMPARED_POINTS)
            values = one.z if SHOWN[shown] == "z" else one.slope
            picture = surface_chart(one.at, values, name_of(key), names, height=230, readings=17)
            column.vega_lite_chart(spec=picture, key=f"small {key}", width="stretch")


def choose_function(place: DeltaGenerator, own_place: DeltaGenerator) -> tuple[str, list[str]]:
    """Key of the function, which is the typed one if one is typed, and that one again for the comparison."""
    name = place.selectbox("Function", [*NAMES], [*NAMES].index("Tanh"), key="function", bind="query-params")
    own = choose_own(own_place, "or your own f(x)")
    return (own or [NAMES[name]])[0], own


st.title("2-D")
st.markdown(
    "A neuron with two inputs draws one straight fold or step across the plane; a network adds many of them "
    "up to any landscape."
)
left, second, middle, right = st.columns([1.4, 1.6, 1.4, 1.6], vertical_alignment="bottom")
key, own = choose_function(left, second)
shown = middle.segmented_control("Show", [*SHOWN], default="Output z", key="show", bind="query-params")
reach = right.slider("x and y from, to ±", 1.0, 10.0, 3.0, 0.5, "%g", key="reach", bind="query-params")
shown = shown or "Output z"

left, right = st.columns(2, gap="large")
try:
    with left:
        one = the_neuron(key, reach)
        draw(one, shown, f"One neuron, {name_of(key)}", "neuron")
        st.caption(
            "Look along a contour line: the output is the same on it, because a neuron sees its inputs only "
            "through one weighted sum. $w_1$ and $w_2$ turn the fold and make it steeper, $b$ shifts it."
        )
    with right:
        settings = choose_network()
        many = network_surface(key, *settings, reach)
        sizes = "–".join(map(str, (2, *settings[0], 1)))
        draw(many, shown, f"Network {sizes}, {name_of(key)}", "network")
        st.caption(
            "Look for creases: units with a kink make flat facets, smooth ones make hills. More units make "
            "more of them, and more layers make them fold again."
        )
except InvalidRequest as error:
    st.warning(str(error))
    st.stop()

st.subheader("The same network with other functions")
names = st.multiselect(
    "Functions",
    [*NAMES],
    default=COMPARED,
    max_selections=MAX_COMPARED,
    key="functions",
    bind="query-params",
)
compare([*(NAMES[name] for name in names), *own], (*settings, reach), shown)
st.caption(
    "Same weights, other function. Look at how ReLU cuts the plane into facets, where Tanh goes flat, and "
    "how a sine never does. Each picture has a colour scale of its own; blue is above 0, orange below."
)
with st.container(horizontal=True):
    for label, surface, name in (("Neuron as CSV", one, "neuron"), ("Network as CSV", many, "network")):
        st.download_button(
            label,
            partial(to_csv, surface),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    svg_button("surfaces.svg")
