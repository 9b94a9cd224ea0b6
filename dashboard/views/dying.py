"""Dying units: at which learning rates and biases units fall silent for good, and what saves them."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from core.activations import ACTIVATIONS
from core.data import DATASETS
from core.errors import InvalidRequest
from core.events import Picture
from core.experiments.dying_units.config import FITTING, POSSIBLE, DyingUnitsConfig
from core.experiments.dying_units.events import FLAT_SLOPE, rows, to_csv, verdict
from core.runs.store import Run
from dashboard.charts.dying import against_rate_chart, over_steps_chart
from dashboard.components import runs
from dashboard.components.custom_activation import own_field
from dashboard.components.svg import svg_button

RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0]
BIASES = [1.0, 0.0, -0.5, -1.0, -2.0, -3.0, -5.0]
LAYERS = {"16": (16,), "32": (32,), "16-16": (16, 16), "32-32": (32, 32), "16-16-16": (16, 16, 16)}
STEPS = [50, 100, 200, 400, 800, 1600]
SEEDS = [1, 2, 4, 8, 16, 32]
COUNTED = {"slope is 0": "dead", f"slope is under {FLAT_SLOPE:g}": "flat"}
# What to see: against the learning rate, and over the steps; of units, and of the loss.
LOOKS = (
    (
        "Look for where ReLU's line rises and Leaky ReLU's stays at 0: its slope of 0.01 is enough to find "
        "the way back. Lines are medians over the seeds, bands hold eight tenths of them.",
        "Look at the first steps: one step that is too long throws a unit to where it never fires again. A "
        "network that explodes can push even ELU and GELU so far left that their slopes round to 0.",
    ),
    (
        "Look at where units die: does the loss rise too? Some dead units are a waste, all of them the end. "
        "A line that leaves at the top explodes; where all seeds diverged it has no point.",
        "Look for lines that stay flat: a network whose units are dead no longer learns.",
    ),
)
NAMES = {ACTIVATIONS[key].name: key for key in POSSIBLE}
DEFAULTS = DyingUnitsConfig()


def choose() -> DyingUnitsConfig | None:
    """What to train, from the controls; None, with the reason on the page, when it cannot be."""
    names = st.multiselect(
        "Functions",
        [*NAMES],
        [ACTIVATIONS[key].name for key in DEFAULTS.activations],
        max_selections=8,
        key="functions",
        bind="query-params",
        wrap=True,
    )
    own = own_field(st.container(), "Your own f(x)")
    rates = several("Learning rates", RATES, DEFAULTS.learning_rates, "rates")
    biases = several(
        "First bias of each unit",
        BIASES,
        DEFAULTS.biases,
        "biases",
        "Where every hidden unit's bias begins: below 0, a unit needs a stronger signal to react at all.",
    )
    left, right = st.columns(2)
    data = left.selectbox(
        "Data",
        FITTING,
        FITTING.index(DEFAULTS.data),
        format_func=lambda key: DATASETS[key].name,
        key="data",
        bind="query-params",
        filter_mode=None,
    )
    layers = right.selectbox(
        "Hidden layers", [*LAYERS], 2, key="hidden", bind="query-params", filter_mode=None
    )
    steps = left.select_slider("Steps", STEPS, DEFAULTS.steps, key="steps", bind="query-params")
    seeds = right.select_slider("Seeds", SEEDS, DEFAULTS.seeds, key="seeds", bind="query-params")
    try:
        config = DyingUnitsConfig(
            activations=(*(NAMES[name] for name in names), *([own] if own else [])),
            learning_rates=tuple(rates),
            biases=tuple(biases),
            data=data,
            hidden=LAYERS[layers],
            steps=steps,
            seeds=seeds,
        )
    except InvalidRequest as error:
        empty = [
            what for what, chosen in zip(WHAT, ([*names, *own], rates, biases), strict=True) if not chosen
        ]
        st.error(f"Choose at least one {empty[0]}." if empty else str(error))
        return None
    st.caption(f"{config.networks:,} networks learn at once. A seed has its own points, weights and order.")
    return config


WHAT = ("function", "learning rate", "first bias")


def several(label: str, options: list[float], default: Any, key: str, help: str | None = None) -> list[float]:
    """Any number of the options, in their order."""
    chosen = st.pills(
        label,
        options,
        selection_mode="multi",
        default=[*default],
        format_func=lambda value: f"{value:g}",
        key=key,
        bind="query-params",
        help=help,
    )
    return [option for option in options if option in chosen]


def one_of(label: str, options: list[float], default: float, key: str) -> float:
    """One of the values that a run has; another run's value is forgotten."""
    if st.session_state.get(key, default) not in options:
        st.session_state.pop(key)
    return st.select_slider(
        label, options, default, format_func=lambda value: f"{value:g}", key=key, bind="query-params"
    )


def choose_shown(biases: list[float], rates: list[float]) -> tuple[float, float, str]:
    """Which bias and learning rate of a run are shown, and what counts: dead or flat units."""
    columns = iter(st.columns(1 + (len(biases) > 1) + (len(rates) > 1), vertical_alignment="bottom"))
    bias, rate = biases[-1], rates[-1]
    if len(biases) > 1:
        with next(columns):
            bias = one_of("First bias", biases, bias, "bias")
    if len(rates) > 1:
        with next(columns):
            rate = one_of("Learning rate of the charts over steps", rates, rate, "rate")
    counted = next(columns).segmented_control(
        "On every training point, the unit's",
        [*COUNTED],
        default=next(iter(COUNTED)),
        required=True,
        key="counted",
        bind="query-params",
    )
    return bias, rate, COUNTED[counted]


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """What has died so far: in words, against the learning rate and over the steps."""
    checks = [record for record in records if record["event"] == "units_checked"]
    if not checks:
        return
    started, table = records[0], rows(checks)
    bias, rate, counted = choose_shown(sorted(started["biases"]), sorted(started["learning_rates"]))
    here = [one for one in checks[-1]["combinations"] if one["bias"] == bias]
    with st.container(border=True):
        st.markdown(as_written(" ".join(verdict(started, here))))
    draw_charts(table, started["activations"], counted, rate, bias)
    with st.container(horizontal=True):
        st.download_button(
            "Results as CSV",
            lambda: to_csv(checks),
            f"dying-units-{run.id}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        svg_button(f"dying-units-{run.id}.svg")


def as_written(text: str) -> str:
    """Markdown that shows a text as it is: an expression of x may have stars in it."""
    return re.sub(r"([\\`*_\[\]<>$~])", r"\\\1", text)


def draw_charts(
    table: list[dict[str, Any]], activations: list[str], counted: str, rate: float, bias: float
) -> None:
    """Shares above and losses below; against the learning rate on the left, over the steps on the right."""
    for quantity, (look_at_rates, look_at_steps) in zip((counted, "loss"), LOOKS, strict=True):
        left, right = st.columns(2)
        with left:
            at_the_end = against_rate_chart(table, activations, quantity, bias)
            st.altair_chart(at_the_end, key=f"{quantity} rates")
            st.caption(look_at_rates)
        with right:
            on_the_way = over_steps_chart(table, activations, quantity, rate, bias)
            st.altair_chart(on_the_way, key=f"{quantity} steps")
            st.caption(look_at_steps)


st.title("Dying units")
st.markdown(
    "Where its slope is 0, a unit learns nothing: pushed there for every input, it is dead. "
    "Which function lets units die, and when?"
)
run = runs.addressed_run("dying_units")
controls, results = st.columns([1, 2.6], gap="medium")
with controls, st.container(border=True):
    config = choose()
    again = "Start again" if run else "Start"
    if st.button(
        again, type="primary", icon=":material/play_arrow:", disabled=config is None, width="stretch"
    ):
        assert config is not None
        runs.start("dying_units", config)
        st.rerun()
with results:
    if run:
        runs.follow(run, draw)
    else:
        st.info("Press **Start**: hundreds of small networks learn side by side, for about ten seconds.")
