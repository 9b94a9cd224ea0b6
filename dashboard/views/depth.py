"""Through depth: what many equal layers do to a signal on its way up, and to a gradient on its way down."""

from __future__ import annotations

import streamlit as st

from core.activations import ACTIVATIONS
from core.errors import InvalidRequest
from core.experiments.signal_propagation import (
    INITIALISATIONS,
    MAX_GAIN,
    MAX_LAYERS,
    MIN_GAIN,
    Depth,
    DepthConfig,
    Prediction,
    best_initialisation,
    critical_gain,
    predict,
    through_depth,
    to_csv,
)
from core.models.initialisation import INITIALISATIONS as DRAWN
from dashboard.charts.depth import by_layer, histograms
from dashboard.components.custom_activation import OWN, choose_own, name_of
from dashboard.components.svg import svg_button

NAMES = {activation.name: key for key, activation in ACTIVATIONS.items()}
DEFAULT = ["Sigmoid", "Tanh", "ReLU", "SELU"]
MAX_FUNCTIONS = 4
WIDTHS = [16, 32, 64, 128, 256, 512]
KEPT_FROM, KEPT_TO = 0.01, 100.0  # a gradient that ends within is trained on without trouble


@st.cache_data(max_entries=400, show_spinner=False)
def measured(config: DepthConfig) -> tuple[Depth, Prediction]:
    """Both ways through the stack; some tenths of a second."""
    return through_depth(config), predict(config)


@st.cache_data(max_entries=400, show_spinner=False)
def best(activation: str, layers: int, width: int, seed: int) -> tuple[str, Depth | None]:
    """Which initialisation suits the function, tried out."""
    return best_initialisation(DepthConfig(activation, layers=layers, width=width, seed=seed))


@st.cache_data(max_entries=400, show_spinner=False)
def critical(config: DepthConfig) -> float | None:
    """The gain that would keep the gradient."""
    return critical_gain(config)


def choose() -> list[DepthConfig]:
    """One stack for each chosen function."""
    left, right = st.columns([3, 1.4])
    names = left.multiselect(
        "Functions",
        [*NAMES],
        default=DEFAULT,
        max_selections=MAX_FUNCTIONS,
        key="functions",
        bind="query-params",
    )
    keys = [NAMES[name] for name in NAMES if name in names] + choose_own(right)
    first, second, third, fourth, fifth = st.columns([3, 2, 3, 3, 3], vertical_alignment="bottom")
    layers = first.slider("Layers", 1, MAX_LAYERS, 50, key="layers", bind="query-params")
    width = second.selectbox("Units a layer", WIDTHS, 4, key="width", bind="query-params")
    initialisation = third.selectbox(
        "Weights drawn by",
        INITIALISATIONS,
        format_func=lambda key: DRAWN[key].name,
        key="initialisation",
        bind="query-params",
        help="\n".join(f"- **{DRAWN[key].name}**: {DRAWN[key].description}" for key in INITIALISATIONS),
    )
    gain = fourth.slider(
        "Weights times", MIN_GAIN, MAX_GAIN, 1.0, 0.05, "%g", key="gain", bind="query-params"
    )
    bias = fifth.slider("Spread of biases", 0.0, 2.0, 0.0, 0.05, "%g", key="bias", bind="query-params")
    return [
        DepthConfig(key, layers=layers, width=width, initialisation=initialisation, gain=gain, bias_std=bias)
        for key in keys
    ]


def verdict(config: DepthConfig, found: Depth, theory: Prediction) -> str:
    """What becomes of the gradient, and what would keep it, in words."""
    name = f"**{name_of(config.activation)}**"
    if config.function.unfit and found.overflows_at:
        return f"{name}: no signal comes through: {config.function.unfit}."
    if found.overflows_at:
        return (
            f"{name}: from layer {found.overflows_at} on the values no longer fit float32, "
            "because the function grows faster than its input. It needs normalization between the layers."
        )
    kept, factor = found.gradient_kept, found.per_layer
    if kept == 0:
        return f"{name}: no gradient comes through: the slope is 0 everywhere."
    fate = "vanishes" if kept < KEPT_FROM else "explodes" if kept > KEPT_TO else "is kept"
    words = (
        f"{name}: the gradient :{'green' if fate == 'is kept' else 'red'}[**{fate}**], "
        f"×{_number(factor)} a layer, ×{_number(kept)} from end to end. Theory calls this {theory.phase}"
    )
    if fate == "is kept":
        return f"{words}."
    return f"{words}. {advice(config)}"


def advice(config: DepthConfig) -> str:
    """Which initialisation keeps this function alive, and which gain would."""
    name, depth = best(config.activation, config.layers, config.width, config.seed)
    if depth is None:
        return "No initialisation changes that."
    told = f"{DRAWN[name].name} does best of all: ×{_number(depth.gradient_kept)} from end to end."
    gain = critical(config)
    if gain is None:
        return f"{told} In theory no factor on these weights keeps it."
    return f"{told} In theory these weights times {gain:.3g} keep it."


def _number(value: float) -> str:
    if 0.01 <= value < 1000:
        return f"{value:.3g}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits} · 10<sup>{int(power)}</sup>".replace("-", "−")


st.title("Through depth")
st.markdown(
    "A deep network only learns if its first layers still see the input in the signal and still feel the "
    "error in the gradient; each layer multiplies both."
)
try:
    configs = choose()
except InvalidRequest as error:
    st.warning(str(error))
    st.stop()
if not configs:
    st.info("Choose at least one function.")
    st.stop()
with st.spinner("Sending a signal through the layers…"):
    results = [measured(config) for config in configs]
    told = [verdict(config, *result) for config, result in zip(configs, results, strict=True)]
st.markdown("\n\n".join(told), unsafe_allow_html=True)

names = [name_of(config.activation) for config in configs]
every = [*NAMES, OWN]
left, right = st.columns(2)
with left:
    st.altair_chart(
        by_layer(
            {name: found.gradient for name, (found, _) in zip(names, results, strict=True)},
            {name: theory.gradient for name, (_, theory) in zip(names, results, strict=True)},
            every,
            "Gradient on its way down",
            "Size of the gradient",
        ),
        key="gradient",
    )
    st.caption(
        "Read from right to left. A straight line falling to the left is a gradient that vanishes: the first "
        "layers learn nothing. One that rises explodes. Level is what one wants. Dashed is theory."
    )
with right:
    st.altair_chart(
        by_layer(
            {name: found.variance for name, (found, _) in zip(names, results, strict=True)},
            {name: theory.variance for name, (_, theory) in zip(names, results, strict=True)},
            every,
            "Signal on its way up",
            "Variance of the outputs",
        ),
        key="variance",
    )
    st.caption(
        "Look at the right end: a variance that sinks towards 0 means that all inputs look alike there. "
        "Dashed is the theory of infinitely wide layers: the wider the layers, the closer they follow it."
    )

for start in range(0, len(configs), 2):
    for column, name, (found, _) in zip(
        st.columns(2), names[start : start + 2], results[start : start + 2], strict=False
    ):
        numbers = {
            "mean": found.mean,
            "variance": found.variance,
            "dead": found.dead,
            "saturated": found.saturated,
        }
        with column:
            st.altair_chart(
                histograms(found.histogram, found.edges, numbers, f"{name}: outputs of each layer"),
                key=f"histogram {name}",
            )
st.caption(
    "Each column is the histogram of one layer. Look for columns that shrink to one dark line: there the "
    "layer says the same whatever it is shown. Dark edges are saturated units."
)
with st.container(horizontal=True):
    st.download_button(
        "Figures as CSV",
        lambda: to_csv(configs, results),
        "depth.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    svg_button("depth.svg")
with st.expander("How it is computed"):
    st.markdown(
        "Every layer is $f(W x + b)$ with as many outputs as inputs; the inputs are 128 standard normal "
        "vectors. The gradient starts as a standard normal one at the last outputs, and its size is the "
        "root mean square by each layer's sums $W x + b$. Theory: "
        r"$q_{l+1} = \sigma_w^2\, \mathbb{E} f(\sqrt{q_l}\, z)^2 + \sigma_b^2$, and each layer multiplies "
        r"the gradient's variance by $\chi = \sigma_w^2\, \mathbb{E} f'(\sqrt{q_l}\, z)^2$; ordered is "
        r"$\chi < 1$, chaotic $\chi > 1$, critical $\chi = 1$ at the last layer "
        "(Poole et al. 2016; Schoenholz et al. 2017)."
    )
