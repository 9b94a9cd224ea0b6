"""Pre-activations: on which part of its activation function a network works while it trains."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import streamlit as st

from core.activations import ACTIVATIONS
from core.data import DATASETS
from core.errors import InvalidRequest
from core.events import Picture
from core.experiments.dying_units.running_network import FLAT_SLOPE, flat_fractions, on_the_curve, to_csv
from core.models import MODELS
from core.models.layer_activations import by_layer, of_record
from core.records import from_record
from core.runs.status import FINISHED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.store import Run
from core.training import TrainConfig, default_config, snapshots
from dashboard.charts.pre_activations import flat_fractions_chart, on_the_curve_chart
from dashboard.components import address, runs
from dashboard.components.downloads import File, downloads
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped
from dashboard.components.visitor import visitor
from dashboard.film import actions

SNAPSHOT = "input_histograms"
MAX_LISTED = 30
# Streamlit tells no address of a browser on its own machine, unless the socket speaks IPv6.
THIS_MACHINE = (None, "127.0.0.1", "::1", "::ffff:127.0.0.1")


def listed() -> list[Run]:
    """Trainings with pre-activations, newest first.

    On a shared server the visitor's; else, whoever sits at another machine sees those of this browser alone:
    an address lets who has it stop a run, so it is not handed out to strangers.
    """
    every = runs.runner().store.all_with_status(RUNNING, PAUSED, QUEUED, FINISHED, STOPPED)
    here = visitor()
    sees_all = here.sees_all() and (at_this_machine() or here.is_operator or here.is_teacher)
    whole = [run for run in every if run.pruned_at is None and has_pre_activations(run)]
    found = [run for run in whole if sees_all or run.owner == here.owner.id]
    return sorted(found, key=lambda run: run.created_at, reverse=True)[:MAX_LISTED]


def at_this_machine() -> bool:
    """Whether the visitor's browser runs beside the server, with no proxy between."""
    return st.context.ip_address in THIS_MACHINE and "X-Forwarded-For" not in st.context.headers


def has_pre_activations(run: Run) -> bool:
    """Whether the run is the training of a network whose pre-activations can be recorded."""
    return run.job == "training" and SNAPSHOT in snapshots.applicable(run.config["model"], run.config["data"])


def records_pre_activations(run: Run) -> bool:
    """Whether the run was asked to record its pre-activations."""
    asked = run.config.get("snapshots")
    return SNAPSHOT in (
        snapshots.defaults(run.config["model"], run.config["data"]) if asked is None else asked
    )


def choose_run() -> Run | None:
    """The run of the address, or the newest one; another choice is put into the address."""
    addressed = runs.addressed_run("training")
    possible = {run.id: run for run in listed()}
    if addressed:
        possible = {addressed.id: addressed} | possible
    if not possible:
        return None
    ids = sorted(possible, key=lambda key: possible[key].created_at, reverse=True)
    shown = addressed.id if addressed else ids[0]
    st.session_state["shown_run"] = shown
    st.selectbox(
        "Run",
        ids,
        format_func=lambda run_id: in_words(possible[run_id]),
        key="shown_run",
        on_change=lambda: address.changes().put("run", st.session_state["shown_run"]),
        filter_mode=None,
    )
    return possible[shown]


def in_words(run: Run) -> str:
    """What was trained, and when, by the visitor's clock; the same as long as the run is there."""
    names = f"{MODELS[run.config['model']].name} on {DATASETS[run.config['data']].name}"
    began = datetime.fromtimestamp(
        run.created_at, timezone(-timedelta(minutes=st.context.timezone_offset or 0))
    )
    return f"{names} · {functions_in_words(run)} · {began:%d %b %H:%M:%S} · {run.id[:4]}"


def function_name(key: str) -> str:
    """The name of an activation, or the expression that it is."""
    return ACTIVATIONS[key].name if key in ACTIVATIONS else key


def functions_in_words(run: Run) -> str:
    """The run's activation, or those of its layers where they differ."""
    each = of_record(run.config) or (run.config["activation"],)
    return ", ".join(map(function_name, each if len({*each}) > 1 else each[:1]))


def draw(run: Run, _records: list[dict[str, Any]], pictures: dict[str, Picture]) -> None:
    """One layer's pre-activations on the curve, and the flat fraction of every layer."""
    if SNAPSHOT not in pictures:
        return
    histograms = pictures[SNAPSHOT]
    layer = choose_layer(histograms.values["layers"])
    try:
        activations = by_layer(run.config, histograms.values["layers"])
        found = on_the_curve(activations[layer], histograms, layer)
        fractions = flat_fractions(activations, histograms)
    except InvalidRequest as error:
        st.warning(escaped(str(error)))
        return
    draw_figures(histograms, found.flat_fraction, layer, pictures.get("dead_units"))
    left, right = st.columns([2, 1])
    with left:
        st.altair_chart(on_the_curve_chart(found, function_name(activations[layer])), key="on the curve")
        st.caption(
            "Look at the bars in the gray: there f′ lets hardly any gradient through, and layers "
            "before this one learn little from them."
        )
    with right:
        st.altair_chart(flat_fractions_chart(fractions), key="flat fractions")
        st.caption(
            "Look for long bars: on its way back to the first layer a gradient passes all others, and each "
            "of them weakens it."
        )
    slug = re.sub(r"\W+", "-", layer).lower()
    name = f"pre-activations-{run.id}-{slug}"
    downloads(File("Histogram as CSV", f"{name}.csv", lambda: to_csv(found)), svg=f"{name}.svg")


def choose_layer(layers: list[str]) -> str:
    """A layer of this run, in place of one that only another run has."""
    if st.session_state.get("layer", layers[0]) not in layers:
        st.session_state["layer"] = layers[0]  # the browser keeps what it shows for a key that is gone
    return st.selectbox("After layer", layers, key="layer", bind="query-params", filter_mode=None)


def draw_figures(histograms: Picture, flat: float | None, layer: str, dead: Picture | None) -> None:
    """The figures of this moment."""
    with st.container(horizontal=True, gap="medium"):
        fraction_text = "none is finite" if flat is None else f"{flat:.1%}"
        st.metric(f"Where |f′| < {FLAT_SLOPE:g}", fraction_text, width="content")
        if dead and layer in dead.values["layers"]:
            fraction = dead.arrays["dead"][dead.values["layers"].index(layer)]
            st.metric("Dead units of this layer", f"{fraction:.0%}", width="content")
        st.metric("Step", f"{histograms.step:,}", width="content")
        st.metric("Test samples", f"{histograms.values['samples']:,}", width="content")


def offer_example() -> None:
    """Where there is no run yet: one click starts one that is worth a look."""
    st.info("There is no training yet. Start one on the Train page, or this one.")
    if st.button("Train an MLP on the spiral", type="primary", icon=":material/play_arrow:"):
        example = default_config("mlp", "spiral", activation="tanh", hidden=(16, 16), epochs=3000)
        runs.start("training", with_pre_activations(example))
        st.rerun()


def offer_recording(run: Run) -> None:
    """For a run that does not record its pre-activations: how to, and the same training again with them."""
    if not has_pre_activations(run):
        st.info(
            f"{MODELS[run.config['model']].name} has no layer whose pre-activations go into one activation "
            "each; choose another run."
        )
        return
    name = snapshots.SNAPSHOTS[SNAPSHOT].label
    st.info(f"This run does not record its pre-activations: on the Train page, choose **{name}**.")
    if run.ended and runs.runner().store.frame_step(run.id) is not None:
        help_text = "From the weights that its film has of each step."
        if st.button("Draw them from its film", type="primary", icon=":material/brush:", help=help_text):
            actions.draw_film(run, [SNAPSHOT])
        actions.follow_drawing(run)
    if st.button("Train it again with them", icon=":material/play_arrow:"):
        try:
            config = from_record(TrainConfig, run.config)
        except InvalidRequest as error:
            st.error(escaped(str(error)))
            return
        runs.start("training", with_pre_activations(replace(config, resume_from=None)))
        st.rerun()


def with_pre_activations(config: TrainConfig) -> TrainConfig:
    """The same training with its pre-activations recorded."""
    return replace(config, snapshots=(*snapshots.selected(config), SNAPSHOT))


heading(
    "pre_activations",
    "A unit adds up its weighted inputs, and its activation function bends that sum, the pre-activation. "
    "Where on the curve are a network's pre-activations while it learns: where it is steep, or flat?",
)
run = choose_run()
if run is None:
    offer_example()
else:
    runs.follow(run, draw)
    if not records_pre_activations(run) and SNAPSHOT not in runs.runner().store.pictures(run.id):
        offer_recording(run)
