"""Layers: shapes, parameters, FLOPs, memory and time of each layer of a network."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import InvalidRequest
from core.layers.config import LayersConfig
from core.layers.events import bytes_text, table, to_csv, totals
from core.layers.references import REFERENCES
from core.models import MODELS
from core.records import to_record
from core.runs.status import FINISHED
from core.runs.store import Run
from core.training import OPTIMIZERS, default_config
from dashboard.charts.layers import costs_chart, stacks_html
from dashboard.components import runs
from dashboard.components.activation_picker import custom_field
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped
from dashboard.components.number_text import in_short
from dashboard.components.option_field import select
from dashboard.training.form import SPECIAL, choose, choose_task, has_control, load_from_run, loaded
from dashboard.training.same_task import hidden_text

OF_TRAINING, OF_REFERENCE = "train", "reference"
SOURCES = {OF_TRAINING: "A network of the Train page", OF_REFERENCE: "Full size, for ImageNet"}
# The settings of a training on which the layers, or what they keep, depend.
SETTINGS = ("hidden", "activation", "batch_size", "optimizer", "model_options", "data_options")
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
MAX_ROWS = 18  # longer tables are scrolled


def choose_network() -> LayersConfig | None:
    """Whose layers are shown; None, with the reason on the page, where it cannot be."""
    source = bound(
        st.segmented_control, "Network", SOURCES, OF_TRAINING, key="source", names=SOURCES, required=True
    )
    try:
        return choose_reference() if source == OF_REFERENCE else choose_training()
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def choose_reference() -> LayersConfig:
    """A full-size network and the size of its batch."""
    left, right = st.columns(2)
    with left:
        key = select("Full-size network", REFERENCES, [*REFERENCES], "vgg16", key="reference")
        st.caption(
            f"{REFERENCES[key].paper.authors} {REFERENCES[key].paper.year}; images of 224 × 224 pixels."
        )
    batch = right.select_slider("Batch size", BATCHES, 1, key="reference_batch", bind="query-params")
    return LayersConfig(reference=key, batch_size=batch)


def choose_training() -> LayersConfig:
    """Any network and data of the Train page, with the settings that change its layers."""
    default = choose_task(*st.columns(2))
    names = [name for name in SETTINGS if has_control(name, default)]
    chosen: dict[str, Any] = {}
    simple = [name for name in names if not name.endswith("_options")]
    for name, column in zip(simple, st.columns(len(simple)) if simple else (), strict=True):
        with column:
            chosen[name] = SPECIAL.get(name, choose)(name, default)
    for name in names:
        if name.endswith("_options"):
            chosen[name] = SPECIAL[name](name, default)
    own = MODELS[default.model].own_activation
    if own and (typed := custom_field(st.container(), "Custom activation f(x)")):
        chosen["activation"] = typed
    return LayersConfig(default_config(default.model, default.data, **chosen))


def run_of(job: str, config: LayersConfig, start: bool) -> Run | None:
    """This session's run that counts or times just this; a new one where there is none and start says so."""
    known: dict[str, str] = st.session_state.setdefault("layer_runs", {})
    key = json.dumps([job, to_record(config)], sort_keys=True, default=str)
    store = runs.runner().store
    run = store.get(known[key]) if key in known else None
    if run is None and start:
        known[key] = runs.submit(job, to_record(config))
        run = store.get(known[key])
    return run


def result_of(run: Run | None) -> dict[str, Any] | None:
    """What a run has counted; None before its end."""
    if run is None or not run.ended:
        return None
    records = [record for _, record in runs.runner().store.events_after(run.id)]
    return next((record for record in records if record["event"] == "layers_counted"), None)


def draw_figures(counted: dict[str, Any]) -> None:
    """The totals."""
    sums, batch = totals(counted["layers"]), counted["batch_size"]
    samples = "1 sample" if batch == 1 else f"{batch} samples"
    with st.container(horizontal=True, gap="medium"):
        st.metric("Parameters", f"{sums['parameters']:,}", width="content")
        st.metric(
            "FLOPs of one sample",
            in_short(sums["flops"] / batch),
            help="Forward. A multiply-add is 2 FLOPs; products of matrices, convolutions and attention are "
            "counted, as papers and PyTorch's FlopCounterMode do. A backward pass takes about twice as many.",
            width="content",
        )
        st.metric("Weights", bytes_text(sums["weight_bytes"]), help="In float32.", width="content")
        st.metric(
            f"Kept for backward, {samples}",
            bytes_text(sums["kept_bytes"]),
            help="Activations and what else autograd keeps of a forward pass until the backward pass.",
            width="content",
        )
        if counted["optimizer_bytes"] is not None:
            state = counted["optimizer_bytes"]
            st.metric(
                "Training memory",
                bytes_text(2 * sums["weight_bytes"] + state + sums["kept_bytes"]),
                help=f"Weights, as many gradients, {bytes_text(state)} of the state of "
                f"{OPTIMIZERS[counted['optimizer']].name}, and what is kept for backward.",
                width="content",
            )
        if counted["mlp_parameters"] is not None:
            draw_comparison(counted)


def draw_comparison(counted: dict[str, Any]) -> None:
    """The same task without convolutions."""
    hidden = hidden_text(counted["mlp_hidden"])
    dense = sum(layer["dense_parameters"] or layer["parameters"] for layer in counted["layers"])
    st.metric(
        "The same task as an MLP",
        f"{in_short(counted['mlp_parameters'])} parameters",
        help=f"With {hidden}. Were each convolution a fully connected layer between the same "
        f"maps, the network would have {in_short(dense)} parameters: one kernel serves all places.",
        width="content",
    )


def draw_table(counted: dict[str, Any]) -> None:
    """All layers and the totals."""
    timed = counted["layers"][0]["seconds"] is not None
    rows = [
        {
            "Layer": row["layer"].capitalize() if row["layer"] == "total" else row["layer"],
            "Module": row["module"],
            "Kind": row["kind"],
            "Output": row["output"],
            "Parameters": row["parameters"],
            "FLOPs of one sample": row["flops_per_sample"],
            "Weights": bytes_text(row["weight_bytes"]),
            "Kept for backward": bytes_text(row["kept_bytes_per_batch"]),
        }
        | ({"Share of time": 100 * row["time_share"]} if timed else {})
        for row in table(counted)
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content" if len(rows) <= MAX_ROWS else 640,
        column_config={
            "Parameters": number(format="localized"),
            "FLOPs of one sample": number(format="localized"),
            "Share of time": number(format="%.1f%%"),
        },
    )


def draw_time(config: LayersConfig) -> dict[str, Any] | None:
    """The button that times the layers, its run, and what it has found."""
    timing = replace(config, timed=True)
    run = run_of("layer_times", timing, start=False)
    if run is None:
        if st.button(
            "Measure the time of each layer",
            icon=":material/timer:",
            help="Forward passes of a batch on the CPU for about a second, as a job that runs alone.",
        ):
            run_of("layer_times", timing, start=True)
            st.rerun()
        return None
    if run.status != FINISHED:
        runs.follow(run, lambda _run, _records, _pictures: None)
    return result_of(run)


def draw(config: LayersConfig, counted: dict[str, Any]) -> None:
    """Everything about one network."""
    draw_figures(counted)
    st.html(stacks_html(counted))
    st.caption(
        "What the layers pass on: maps as sheets (a doubling adds one), sequences as areas (features over "
        "time), vectors as bars, each side drawn to its square root."
    )
    timed = draw_time(config) if config.reference is None else None
    shown = timed or counted
    st.altair_chart(costs_chart(shown), key="costs")
    convolves = any(layer["dense_parameters"] is not None for layer in shown["layers"])
    st.caption(
        "Look at how seldom the bars agree: fully connected layers have the parameters, convolutions the "
        "FLOPs, and the first, largest maps the memory."
        if convolves
        else "Look for the longest bar of each colour: the layer to change where that cost is too high."
    )
    draw_table(shown)
    samples = "1 sample" if counted["batch_size"] == 1 else f"a batch of {counted['batch_size']} samples"
    st.caption(
        f"Kept for backward: of {samples}, each tensor once, at the layer that keeps it first; a layer whose "
        "input is already kept by the one before has 0. Functions between layers have rows of their own. "
        "Module: where PyTorch has the layer, as in `network.layers[0]`."
    )
    name = f"layers-{config.key}"
    downloads(File("Table as CSV", f"{name}.csv", lambda: to_csv(shown)), svg=f"{name}.svg")


heading(
    "layers",
    "A layer costs memory for its weights and for what the backward pass needs, and time for its products. "
    "Which layers of a network are the expensive ones?",
)
addressed = runs.addressed_run("training")
if addressed and loaded().run_id != addressed.id:
    st.session_state["source"] = OF_TRAINING
load_from_run(addressed)
with st.container(border=True):
    config = choose_network()
if config is not None:
    run = run_of("layers", config, start=True)
    counted = result_of(run)
    if counted is not None:
        draw(config, counted)
    elif run is not None and run.ended:
        st.error(escaped(run.message or ""))
    elif run is not None:
        runs.wait_for(run.id, lambda: st.caption("Counting the layers…"))
