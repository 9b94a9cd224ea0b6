"""Dying units: at which learning rates and biases units die for good, and what saves them."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data import DATASETS
from core.errors import InvalidRequest
from core.events import Picture
from core.experiments.dying_units.config import APPLICABLE_DATA, TRAINABLE, DyingUnitsConfig
from core.experiments.dying_units.events import FLAT_SLOPE, rows, to_csv, verdict
from core.runs.store import Run
from dashboard.charts.dying_units import against_rate_chart, over_steps_chart
from dashboard.components import runs
from dashboard.components.activation_picker import custom_field, pick_activations
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.layout import heading
from dashboard.components.limits import say_limits
from dashboard.components.markdown import escaped
from dashboard.live.charts import draw_shared
from dashboard.live.records import Records

RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0]
BIASES = [1.0, 0.0, -0.5, -1.0, -2.0, -3.0, -5.0]
LAYERS = {"16": (16,), "32": (32,), "16-16": (16, 16), "32-32": (32, 32), "16-16-16": (16, 16, 16)}
STEPS = [50, 100, 200, 400, 800, 1600]
SEEDS = [1, 2, 4, 8, 16, 32]
MAX_FUNCTIONS = 8
COUNTED = {"dead": "slope is 0", "flat": f"slope is under {FLAT_SLOPE:g}"}
# What to see: against the learning rate, and over the steps; of units, and of the loss.
WHAT_TO_SEE = (
    (
        "Look for where ReLU's line rises and Leaky ReLU's stays at 0: its slope of 0.01 is enough to "
        "recover. Lines are medians over the seeds, bands hold eight tenths of them.",
        "Look at the first steps: one step that is too long throws a unit to where it never fires again. A "
        "network that explodes can push even ELU and GELU so far left that their slopes round to 0.",
    ),
    (
        "Look at where units die: does the loss rise too? Some dead units are a waste, all of them the end. "
        "A line that leaves at the top explodes; where all seeds diverged it has no point.",
        "Look for lines that stay flat: a network whose units are dead no longer learns.",
    ),
)
DEFAULTS = DyingUnitsConfig()


def choose() -> DyingUnitsConfig | None:
    """What to train, from the controls; None, with the reason on the page, when it cannot be."""
    functions = pick_activations(
        st.container(), DEFAULTS.activations, among=TRAINABLE, max_selections=MAX_FUNCTIONS, as_chosen=True
    )
    functions += filter(None, [custom_field(st.container())])
    rates = choose_several("Learning rates", RATES, DEFAULTS.learning_rates, "rates")
    biases = choose_several(
        "Initial bias of each unit",
        BIASES,
        DEFAULTS.biases,
        "biases",
        "The bias of every hidden unit before training: below 0, a unit needs a stronger signal to react.",
    )
    for what, chosen in (("function", functions), ("learning rate", rates), ("initial bias", biases)):
        if not chosen:
            st.error(f"Choose at least one {what}.")
            return None
    try:
        config = DyingUnitsConfig(
            activations=tuple(functions),
            learning_rates=tuple(rates),
            biases=tuple(biases),
            **choose_training(),
        )
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None
    st.caption(f"{config.networks:,} networks learn at once. A seed has its own points, weights and order.")
    return config


def choose_training() -> dict[str, Any]:
    """Data, layers, steps and seeds, as fields of the config."""
    left, right = st.columns(2)
    names = {key: DATASETS[key].name for key in APPLICABLE_DATA}
    data = bound(
        left.selectbox, "Data", APPLICABLE_DATA, DEFAULTS.data, key="data", names=names, filter_mode=None
    )
    layers = right.selectbox(
        "Hidden layers", [*LAYERS], 2, key="hidden", bind="query-params", filter_mode=None
    )
    steps = left.select_slider("Steps", STEPS, DEFAULTS.steps, key="steps", bind="query-params")
    seeds = right.select_slider("Seeds", SEEDS, DEFAULTS.seeds, key="seeds", bind="query-params")
    return {"data": data, "hidden": LAYERS[layers], "steps": steps, "seeds": seeds}


def choose_several(
    label: str, options: list[float], default: Any, key: str, help: str | None = None
) -> list[float]:
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


def choose_one(
    container: DeltaGenerator, label: str, options: list[float], default: float, key: str
) -> float:
    """One of the values that a run has, in place of another run's value."""
    if st.session_state.get(key, default) not in options:
        st.session_state[key] = default  # the browser keeps what it shows for a key that is gone
    return container.select_slider(
        label, options, default, format_func=lambda value: f"{value:g}", key=key, bind="query-params"
    )


def choose_shown(biases: list[float], rates: list[float]) -> tuple[float, float, str]:
    """Which bias and learning rate of a run are shown, and what counts: dead or flat units."""
    columns = iter(st.columns(1 + (len(biases) > 1) + (len(rates) > 1), vertical_alignment="bottom"))
    bias, rate = biases[-1], rates[-1]
    if len(biases) > 1:
        bias = choose_one(next(columns), "Initial bias", biases, bias, "bias")
    if len(rates) > 1:
        rate = choose_one(next(columns), "Learning rate of the charts over steps", rates, rate, "rate")
    label = "On every training point, the unit's"
    widget = next(columns).segmented_control
    return bias, rate, bound(widget, label, COUNTED, "dead", key="counted", names=COUNTED, required=True)


def draw(run: Run, records: Records, _pictures: dict[str, Picture]) -> None:
    """What has died so far: in words, against the learning rate and over the steps."""
    checks = [record for record in records if record["event"] == "units_checked"]
    if not checks:
        return
    started, table = records[0], rows(checks)
    bias, rate, counted = choose_shown(sorted(started["biases"]), sorted(started["learning_rates"]))
    here = [one for one in checks[-1]["combinations"] if one["bias"] == bias]
    with st.container(border=True):
        st.markdown(escaped(" ".join(verdict(started, here))))
    now = (run.id, records.version, counted, rate, bias)
    draw_charts(now, table, started["activations"], counted, rate, bias)
    downloads(
        File("Results as CSV", f"dying-units-{run.id}.csv", lambda: to_csv(checks)),
        svg=f"dying-units-{run.id}.svg",
    )


def draw_charts(
    now: Hashable, table: list[dict[str, Any]], activations: list[str], counted: str, rate: float, bias: float
) -> None:
    """Units above and losses below; against the learning rate on the left, over the steps on the right."""
    for quantity, (look_at_rates, look_at_steps) in zip((counted, "loss"), WHAT_TO_SEE, strict=True):
        left, right = st.columns(2)
        draw_shared(
            left, f"{quantity} rates", now, partial(against_rate_chart, table, activations, quantity, bias)
        )
        left.caption(look_at_rates)
        draw_shared(
            right,
            f"{quantity} steps",
            now,
            partial(over_steps_chart, table, activations, quantity, rate, bias),
        )
        right.caption(look_at_steps)


heading(
    "dying_units",
    "Where its slope is 0, a unit learns nothing: pushed there for every input, it is dead. "
    "Which function lets units die, and when?",
)
run = runs.addressed_run("dying_units")
controls, results = st.columns([1, 2.6], gap="medium")
with controls, st.container(border=True):
    config = choose()
    label, icon = "Start again" if run else "Start", ":material/play_arrow:"
    if st.button(label, type="primary", icon=icon, disabled=config is None, width="stretch") and config:
        runs.start("dying_units", config)
        st.rerun()
    say_limits("dying_units", config)
with results:
    if run:
        runs.follow(run, draw)
    else:
        st.info("Press **Start**: hundreds of small networks learn side by side, for about ten seconds.")
