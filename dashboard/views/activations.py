"""Activation functions: curves, derivatives and what is known of each."""

from __future__ import annotations

import math

import streamlit as st

from core.activations import ACTIVATIONS, Activation, find
from core.activations.curves import to_csv
from core.activations.properties import SATURATED_SLOPE, Properties, properties, share_of_range
from core.errors import InvalidRequest
from dashboard.components.custom_activation import OWN, choose_own, name_of
from dashboard.components.drawings import drawing
from dashboard.components.svg import svg_button

DEFAULT = ["sigmoid", "tanh", "relu", "leaky_relu", "gelu"]
CARDS_IN_A_ROW = 3
PLACES_TOLD = 3
NAMES = {activation.name: key for key, activation in ACTIVATIONS.items()}
SHARE_BETWEEN = (-4.0, 4.0)


def choose_functions() -> list[str]:
    """Keys of the chosen activations, in the order of the registry."""
    names = st.multiselect(
        "Functions",
        [*NAMES],
        default=[ACTIVATIONS[key].name for key in DEFAULT],
        key="functions",
        bind="query-params",
        wrap=True,
    )
    return [key for name, key in NAMES.items() if name in names]


def choose_parameters(keys: list[str]) -> dict[str, dict[str, float]]:
    """The chosen activations with a slider for each parameter."""
    chosen: dict[str, dict[str, float]] = {key: {} for key in keys}
    pairs = [(key, parameter) for key in keys for parameter in find(key).parameters]
    columns = st.columns(max(3, len(pairs))) if pairs else []
    for column, (key, parameter) in zip(columns, pairs, strict=False):
        chosen[key][parameter.name] = column.slider(
            f"{name_of(key)}: {parameter.name.replace('_', ' ')} ${parameter.symbol}$",
            parameter.low,
            parameter.high,
            parameter.default,
            parameter.step,
            key=f"{key}_{parameter.name}",
            bind="query-params",
        )
    return chosen


def badges(found: Properties) -> str:
    """The properties as badges: blue for a property that the function has, grey for one that it lacks."""
    jumping = "value" if found.jumps else "slope"
    nearest = sorted(found.jumps or found.kinks, key=abs)[:PLACES_TOLD]
    more = len(found.jumps or found.kinks) > PLACES_TOLD
    places = " and ".join([*map(_signed, sorted(nearest)), *(["elsewhere"] if more else [])])
    mean = "" if math.isnan(found.mean_output) else f" {found.mean_output:.2f}"
    sides = [
        f"{side} {_signed(place)}"
        for side, place in (("below", found.saturates_below), ("above", found.saturates_above))
        if place is not None
    ]
    words = [
        (found.monotonic, "monotonic", "not monotonic"),
        (found.continuous_derivatives > 0, "smooth", f"{jumping} jumps at {places}"),
        (found.bounded, "bounded", "unbounded"),
        (found.zero_centred, "zero-centred", f"mean output{mean or ' undefined'}"),
        (bool(sides), f"saturates {' and '.join(sides)}", "never saturates"),
    ]
    if found.dead:
        words.append((False, "", f"no gradient {' and '.join(_stretch(*zone) for zone in found.dead)}"))
    return " ".join(f":blue-badge[{yes}]" if holds else f":gray-badge[{no}]" for holds, yes, no in words)


def _signed(x: float) -> str:
    return f"{x:.2g}".replace("-", "−")


def _stretch(low: float, high: float) -> str:
    if math.isinf(low):
        return "anywhere" if math.isinf(high) else f"below {_signed(high)}"
    return f"above {_signed(low)}" if math.isinf(high) else f"from {_signed(low)} to {_signed(high)}"


def _steepest(found: Properties) -> str:
    return f"{found.lipschitz:.3g}" if math.isfinite(found.lipschitz) else "without bound"


def card(activation: Activation, found: Properties) -> None:
    """Formula, derivative, range, properties and source of one activation."""
    paper = activation.source
    title = f"[{paper.title}]({paper.url})" if paper.url else paper.title
    origin = (
        f":small[Also called {', '.join(activation.aliases)}. In use: {activation.use}]\n\n"
        f":small[{paper.authors} {paper.year}, {title}]"
    )
    heading = activation.name if paper.year else f"{OWN}: `{activation.name}`"
    st.markdown(
        f"#### {heading}\n\n{activation.note}\n\n:gray[{activation.note_zh}]\n\n"
        f"$${activation.latex}$$\n\n$${activation.derivative_latex}$$\n\n"
        f"Range ${activation.range_latex}$ · steepest slope {_steepest(found)}\n\n"
        f"{badges(found)}\n\n" + (origin if paper.year else "")
    )


@st.fragment
def picture(chosen: dict[str, dict[str, float]], found: dict[str, Properties]) -> None:
    """The curves, and what decides how they are drawn. A fragment: its slider runs nothing else again."""
    names = {name_of(key): key for key in chosen}
    left, right = st.columns([3, 1.4])
    low, high = left.slider("x from, to", -20.0, 20.0, (-6.0, 6.0), 0.5, "%g", key="x", bind="query-params")
    shade = right.selectbox(
        f"Shade where slope < {SATURATED_SLOPE:g}",
        ["nothing", *names],
        index=1,
        key="shade",
        bind="query-params",
    )
    zones = found[names[shade]].saturated_within(low, high) if shade in names else []
    try:
        drawn, specs = drawing(
            tuple((key, tuple(parameters.items())) for key, parameters in chosen.items()),
            low,
            high,
            tuple(zones),
        )
    except InvalidRequest as error:
        st.warning(str(error))
        return
    for column, spec, look in zip(
        st.columns(3),
        specs,
        (
            "Look at the ends: a flat curve no longer tells its inputs apart.",
            "Look for 0: no gradient passes there. Below 1 a gradient shrinks from layer to layer.",
            "Look for peaks: the slope changes fastest there. Straight pieces have 0, and a kink has none.",
        ),
        strict=True,
    ):
        with column:
            title = spec["title"]["text"]
            st.vega_lite_chart(spec=dict(spec), key=f"{title}_chart", width="stretch")
            st.caption(look)
    if shade in names:
        tell_share(names[shade], chosen[names[shade]])
    with st.container(horizontal=True):
        st.download_button(
            "Curves as CSV",
            lambda: to_csv(drawn, chosen),
            "activations.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        svg_button("activations.svg")


def tell_share(key: str, parameters: dict[str, float]) -> None:
    """How much of the range lies in the middle, of a function that has a range and a middle."""
    low, high = SHARE_BETWEEN
    share = share_of_range(find(key), low, high, **parameters)
    if share is not None:
        between = f"Between x = {_signed(low)} and {_signed(high)}"
        st.caption(f"{between} {name_of(key)} passes through {share:.3f} of its range.")


st.title("Activations")
st.markdown(
    "What a neuron does to the sum that it receives, and the slope by which it passes a gradient back."
)

left, right = st.columns([3, 1.4])
with left:
    keys = choose_functions()
keys += choose_own(right)
chosen = choose_parameters(keys)
if not keys:
    st.info("Choose at least one function.")
    st.stop()

with st.spinner("Loading PyTorch…"):
    found = {key: properties(find(key), **parameters) for key, parameters in chosen.items()}
picture(chosen, found)

for start in range(0, len(keys), CARDS_IN_A_ROW):
    for column, key in zip(st.columns(CARDS_IN_A_ROW), keys[start : start + CARDS_IN_A_ROW], strict=False):
        with column.container(border=True, height="stretch"):
            card(find(key), found[key])
st.caption(
    "Properties are measured from the functions themselves. Smooth: the slope never jumps. "
    "Zero-centred: the mean output over standard normal x is 0. "
    f"Saturates: the slope stays under {SATURATED_SLOPE:g} and goes to 0."
)
