"""Signal propagation: a signal through many equal layers, and a gradient on its way back."""

from __future__ import annotations

import streamlit as st

from core.errors import InvalidRequest
from core.experiments.signal_propagation import (
    INITIALISATIONS,
    MAX_GAIN,
    MAX_LAYERS,
    MIN_GAIN,
    PRESERVED,
    DepthConfig,
    to_csv,
)
from core.models.initialisation import INITIALISATIONS as ENTRIES
from core.page_figures.kinds import Propagated
from core.records import to_record
from dashboard.charts.signal_propagation import by_layer, histograms
from dashboard.components.activation_picker import EVERY_NAME, name_of, pick_activations, pick_custom
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.figures import figures
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped

DEFAULT = ["sigmoid", "tanh", "relu", "selu"]
MAX_FUNCTIONS = 4
WIDTHS = [16, 32, 64, 128, 256, 512]


def choose() -> list[DepthConfig]:
    """One stack for each chosen function. Raises InvalidRequest."""
    left, right = st.columns([3, 1.4])
    keys = pick_activations(left, DEFAULT, max_selections=MAX_FUNCTIONS) + pick_custom(right)
    first, second, third, fourth, fifth = st.columns([3, 2, 3, 3, 3], vertical_alignment="bottom")
    layers = first.slider("Layers", 1, MAX_LAYERS, 50, key="layers", bind="query-params")
    width = second.selectbox("Units per layer", WIDTHS, 4, key="width", bind="query-params")
    initialisation = bound(
        third.selectbox,
        "Initialization",
        INITIALISATIONS,
        INITIALISATIONS[0],
        key="initialisation",
        names={key: ENTRIES[key].name for key in INITIALISATIONS},
        help="\n".join(f"- **{ENTRIES[key].name}**: {ENTRIES[key].description}" for key in INITIALISATIONS),
    )
    gain = fourth.slider("Weight gain", MIN_GAIN, MAX_GAIN, 1.0, 0.05, "%g", key="gain", bind="query-params")
    bias = fifth.slider(
        "Standard deviation of biases", 0.0, 2.0, 0.0, 0.05, "%g", key="bias", bind="query-params"
    )
    return [
        DepthConfig(key, layers=layers, width=width, initialisation=initialisation, gain=gain, bias_std=bias)
        for key in keys
    ]


def verdict(config: DepthConfig, result: Propagated) -> str:
    """What becomes of the gradient, and what would preserve it, in words."""
    found, theory = result.measured, result.theory
    name = f"**{name_of(config.activation)}**"
    if config.function.unfit and found.overflows_at:
        return f"{name}: no signal comes through: {config.function.unfit}."
    if found.overflows_at:
        return (
            f"{name}: from layer {found.overflows_at} on the values no longer fit float32, "
            "because the function grows faster than its input. It needs normalization between the layers."
        )
    if found.gradient_ratio == 0:
        return f"{name}: no gradient comes through: the slope is 0 everywhere."
    fate = found.gradient_fate
    sentence = (
        f"{name}: the gradient :{'green' if fate == PRESERVED else 'red'}[**{fate}**], "
        f"×{_number(found.per_layer)} per layer, ×{_number(found.gradient_ratio)} from end to end. "
        f"Theory calls this {theory.phase}."
    )
    return sentence if fate == PRESERVED else f"{sentence} {advice(result)}"


def advice(result: Propagated) -> str:
    """Which initialization preserves this function's gradient, and which gain would."""
    name, depth = result.best or ("", None)
    if depth is None:
        return "No initialization changes that."
    sentence = f"{ENTRIES[name].name} preserves it best: ×{_number(depth.gradient_ratio)} from end to end."
    if result.gain is None:
        return f"{sentence} In theory no gain on these weights preserves it."
    return f"{sentence} In theory a gain of {result.gain:.3g} on these weights preserves it."


def _number(value: float) -> str:
    if 0.01 <= value < 1000:
        return f"{value:.3g}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits} · 10<sup>{int(power)}</sup>".replace("-", "−")


def draw_lines(names: list[str], results: list[Propagated]) -> None:
    """Gradient and signal over the layers, with their predictions."""
    pairs = [*zip(names, results, strict=True)]
    left, right = st.columns(2)
    with left:
        chart = by_layer(
            {name: found.gradient for name, (found, *_) in pairs},
            {name: theory.gradient for name, (_, theory, *_) in pairs},
            EVERY_NAME,
            "Backward: the gradient",
            "Root mean square of the gradient",
        )
        st.altair_chart(chart, key="gradient")
        st.caption(
            "Read from right to left. A straight line falling to the left is a gradient that vanishes: the "
            "first layers learn nothing. One that rises explodes. Level is best. Dashed is theory."
        )
    with right:
        chart = by_layer(
            {name: found.variance for name, (found, *_) in pairs},
            {name: theory.variance for name, (_, theory, *_) in pairs},
            EVERY_NAME,
            "Forward: the signal",
            "Variance of the outputs",
        )
        st.altair_chart(chart, key="variance")
        st.caption(
            "Look at the right end: a variance that sinks towards 0 means that all inputs look alike there. "
            "Dashed is the theory of infinitely wide layers: the wider the layers, the closer they follow it."
        )


def draw_histograms(names: list[str], results: list[Propagated]) -> None:
    """The outputs of each layer, a picture for each function."""
    for start in range(0, len(names), 2):
        for column, name, (found, *_) in zip(
            st.columns(2), names[start : start + 2], results[start : start + 2], strict=False
        ):
            readings = {
                "mean": found.mean,
                "variance": found.variance,
                "dead": found.dead,
                "saturated": found.saturated,
            }
            chart = histograms(found.histogram, found.edges, readings, f"{name}: outputs of each layer")
            column.altair_chart(chart, key=f"histogram {name}")
    st.caption(
        "Each column is the histogram of one layer. Look for columns that shrink to one dark line: there the "
        "layer's output is the same for every input. Dark edges are saturated units."
    )


heading(
    "signal_propagation",
    "A deep network only learns if its last layers still see the input in the signal and its first layers "
    "still feel the error in the gradient; each layer multiplies both.",
)
try:
    configs = choose()
except InvalidRequest as error:
    st.warning(escaped(str(error)))
    st.stop()
if not configs:
    st.info("Choose at least one function.")
    st.stop()
try:
    asked = [to_record(config) for config in configs]
    results = figures("signal_propagation", asked, "Sending a signal through the layers…")
except InvalidRequest as error:
    st.warning(escaped(str(error)))
    st.stop()
verdicts = [verdict(config, result) for config, result in zip(configs, results, strict=True)]
st.markdown("\n\n".join(verdicts), unsafe_allow_html=True)
names = [name_of(config.activation) for config in configs]
draw_lines(names, results)
draw_histograms(names, results)
downloads(
    File(
        "Figures as CSV",
        "signal-propagation.csv",
        lambda: to_csv(configs, [(result.measured, result.theory) for result in results]),
    ),
    svg="signal-propagation.svg",
)
with st.expander("How it is computed"):
    st.markdown(
        "Every layer is $f(W x + b)$ with as many outputs as inputs; the inputs are 128 standard normal "
        "vectors. The gradient starts as a standard normal one at the last outputs, and its size is the "
        "root mean square by each layer's pre-activations $W x + b$. Theory: "
        r"$q_{l+1} = \sigma_w^2\, \mathbb{E} f(\sqrt{q_l}\, z)^2 + \sigma_b^2$, and each layer multiplies "
        r"the gradient's variance by $\chi = \sigma_w^2\, \mathbb{E} f'(\sqrt{q_l}\, z)^2$; ordered is "
        r"$\chi < 1$, chaotic $\chi > 1$, critical $\chi = 1$ at the last layer "
        "(Poole et al. 2016; Schoenholz et al. 2017)."
    )
