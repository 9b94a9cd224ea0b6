"""Compare: one training with several values of a setting, each with many seeds, so that luck shows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import devices
from core.activations import ACTIVATIONS
from core.data import DATASETS
from core.errors import InvalidRequest
from core.events import Picture
from core.models import MODELS
from core.models.registry import applicable_data, default_data
from core.runs.store import Run
from core.statistics import MIN_SAMPLES
from core.training import default_config
from core.training.ensembles import EnsembleConfig
from core.training.ensembles.config import NAMED
from core.training.ensembles.tables import curves_csv, final_csv
from core.training.settings import MAX_EPOCHS, SETTINGS
from dashboard.charts.ensemble import (
    distribution_chart,
    improvement_chart,
    interquartile_chart,
    ranking_chart,
)
from dashboard.components import runs
from dashboard.components.activation_picker import pick_custom
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.layout import heading, page_layout, start_button
from dashboard.components.limits import say_limits
from dashboard.components.markdown import escaped
from dashboard.live.charts import draw_shared
from dashboard.live.records import Records

# What can be varied here, with the values that are selected to begin with.
DEFAULT_VALUES: dict[str, list[Any]] = {
    "activation": ["sigmoid", "tanh", "relu", "leaky_relu", "silu", "gelu"],
    "optimizer": ["sgd", "momentum", "adam"],
    "learning_rate": [0.001, 0.01, 0.1],
    "batch_size": [1, 10, 100],
    "hidden": ["none", "4", "8", "8-8"],
}
LABELS = {name: SETTINGS[name].label for name in DEFAULT_VALUES}
LAYERS: dict[str, tuple[int, ...]] = {
    "none": (),
    "4": (4,),
    "8": (8,),
    "16": (16,),
    "8-8": (8, 8),
    "8-8-8": (8, 8, 8),
}
SEEDS = [1, 2, 4, 8, 16, 32, 64]


def values_of(setting: str, model: str) -> dict[Any, str]:
    """Every value that a setting can take here, with its name."""
    if setting == "activation":
        return {key: ACTIVATIONS[key].name for key in MODELS[model].activations}
    if setting == "hidden":
        return {key: key if layers else "no hidden layer" for key, layers in LAYERS.items()}
    choices = SETTINGS[setting].choices or SETTINGS[setting].offered
    return {value: NAMED[setting][value].name if setting in NAMED else f"{value:g}" for value in choices}


class Task(NamedTuple):
    """What is compared: a network on its data, with several values of a setting."""

    model: str
    data: str
    setting: str


def apply_model_defaults() -> None:
    """Another network starts from its own defaults, on the same data where it can learn from them."""
    model = st.session_state["model"]
    if st.session_state["data"] not in applicable_data(model):
        st.session_state["data"] = default_data(model)
    for setting in DEFAULT_VALUES:
        st.session_state[setting] = default_values(setting, model)
    apply_data_defaults()


def apply_data_defaults() -> None:
    """Other data brings its own number of epochs."""
    default = default_config(st.session_state["model"], st.session_state["data"])
    st.session_state["epochs"] = default.epochs


def default_values(setting: str, model: str) -> list[Any]:
    """Those that are selected to begin with."""
    names = values_of(setting, model)
    return [value for value in DEFAULT_VALUES[setting] if value in names]


def choose_task(network: DeltaGenerator, of_data: DeltaGenerator, differing: DeltaGenerator) -> Task:
    """What is compared."""
    models = [key for key, model in MODELS.items() if model.learner == "supervised"]
    with network:
        names = {key: MODELS[key].name for key in models}
        model = select("Network", names, "model", on_change=apply_model_defaults)
    names = {key: DATASETS[key].name for key in applicable_data(model)}
    with of_data:
        data = select("Data", names, "data", on_change=apply_data_defaults)
    with differing:
        settings = {key: label for key, label in LABELS.items() if allowed(key, model)}
        setting = select("What differs", settings, "vary")
    return Task(model, data, setting)


def choose_values(task: Task) -> EnsembleConfig:
    """Which values, how often and for how long. Raises InvalidRequest for what cannot be compared."""
    names = values_of(task.setting, task.model)
    values = bound(
        st.pills,
        LABELS[task.setting],
        names,
        default_values(task.setting, task.model),
        key=task.setting,
        names=names,
        selection_mode="multi",
    )
    values = [value for value in names if value in values]  # in their order, not in that of the clicks
    if task.setting == "activation" and MODELS[task.model].own_activation:
        values += pick_custom(st.container())
    seeds = st.select_slider(
        "Seeds", SEEDS, 16, key="seeds", bind="query-params", help="How often each value is tried."
    )
    default = default_config(task.model, task.data)
    epochs = st.number_input("Epochs", 1, MAX_EPOCHS, default.epochs, key="epochs", bind="query-params")
    st.caption(f"{len(values) * seeds:,} networks. Each seed has its own data, weights and order.")
    if not values:
        raise InvalidRequest(f"Choose at least one value of {LABELS[task.setting].lower()}.")
    training = default_config(task.model, task.data, epochs=epochs, snapshot_every_s=None)
    varied = tuple(LAYERS[value] for value in values) if task.setting == "hidden" else tuple(values)
    return EnsembleConfig(training, seeds, {task.setting: varied}, threads=devices.usable_cores())


def allowed(setting: str, model: str) -> bool:
    """Whether the setting can differ for this network."""
    if setting == "activation":
        return len(MODELS[model].activations) > 1
    return setting != "hidden" or MODELS[model].hidden.max_layers > 1


def select(label: str, names: Mapping[str, str], key: str, **more: Any) -> str:
    """A select box over entries of a registry; the first one is the default."""
    default = next(iter(names))
    return str(bound(st.selectbox, label, names, default, key=key, names=names, filter_mode=None, **more))


def draw(run: Run, records: Records, _pictures: dict[str, Picture]) -> None:
    """The distribution so far, and who is best at the end."""
    started = next((record for record in records if record["event"] == "ensemble_started"), None)
    if started is None:
        return
    epochs = [record for record in records if record["event"] == "ensemble_epoch_completed"]
    variants, metric = started["variants"], started["metric"].replace("_", " ").capitalize()
    finished = records[-1] if records[-1]["event"] == "ensemble_finished" else None
    now = (run.id, records.version)
    if finished:
        draw_shared(st.container(), "ranking", now, lambda: ranking_chart(finished))
        st.caption(
            "Look at the bars: where two of them overlap, luck may decide which is better. "
            f"All networks together: {finished['samples_per_s']:,.0f} samples/s in their steps."
        )
        if finished.get("majority_accuracy") is not None:
            st.caption(f"Always the most frequent class: accuracy {finished['majority_accuracy']:.1%}.")
        draw_aggregates(finished, now)
        draw_ranking(finished, metric)
    if epochs:
        left, right = st.columns(2)
        title = f"{metric}, test"
        draw_shared(
            left, "metric", now, lambda: distribution_chart(epochs, variants, "test_metric", title, metric)
        )
        draw_shared(
            right,
            "loss",
            now,
            lambda: distribution_chart(epochs, variants, "test_loss", "Loss, test", "Loss"),
        )
        diverged = {name: count for name, count in epochs[-1]["diverged"].items() if count}
        if diverged:
            counts = ", ".join(f"{name}: {count} of {started['seeds']}" for name, count in diverged.items())
            st.warning(f"Some networks diverged and are left out from then on ({counts}).")
        draw_downloads(run.id, epochs, finished)


def draw_aggregates(finished: dict[str, Any], now: Hashable) -> None:
    """Interquartile means and probabilities of improvement; earlier runs have none."""
    if all(entry.get("iqm") is None for entry in finished["ranking"]):
        return
    left, right = st.columns(2)
    draw_shared(left, "interquartile", now, lambda: interquartile_chart(finished))
    if len(finished["ranking"]) > 1:
        draw_shared(right, "improvement", now, lambda: improvement_chart(finished))
    st.caption(
        "Intervals by a stratified bootstrap over the seeds, as in "
        "[Agarwal et al. 2021](https://arxiv.org/abs/2108.13264); fewer than "
        f"{MIN_SAMPLES} seeds give none. Those of the probability are widened for the number of variants."
    )


def draw_ranking(finished: dict[str, Any], metric: str) -> None:
    """The ranking in figures, with the time per network of each variant."""
    number = st.column_config.NumberColumn
    best = finished["ranking"][0]["variant"]
    balanced = finished.get("balanced_accuracy")
    shown = [
        {
            "Variant": entry["variant"],
            "Rank": "best" if entry["variant"] == best else "tied" if entry["tied"] else "behind",
            metric: entry["median"],
            **({"Balanced accuracy": balanced.get(entry["variant"])} if balanced else {}),
            "from": entry["low"],
            "to": entry["high"],
            "IQM": entry.get("iqm"),
            "P(best is better)": entry.get("improvement"),
            "Behind by": None if entry["variant"] == best else entry["behind"],
            "Diverged": entry["diverged"],
            "Seconds per network": entry["seconds"],
        }
        for entry in finished["ranking"]
    ]
    st.dataframe(
        shown,
        hide_index=True,
        key="ranking table",
        column_config={
            metric: number(format="%.4f", help="Median over the seeds, on the test data"),
            "Balanced accuracy": number(format="%.4f", help="Each class counts alike; median over the seeds"),
            "from": number(format="%.4f", help="The median's 95% interval"),
            "to": number(format="%.4f"),
            "IQM": number(format="%.4f", help="Interquartile mean: of the middle half of the seeds"),
            "P(best is better)": number(
                format="%.2f", help="How probable it is that a run of the best ends better than one of this"
            ),
            "Behind by": number(format="%.4f", help="Median over the seeds of the difference to the best"),
            "Seconds per network": number(format="%.3f"),
        },
    )


def draw_downloads(run_id: str, epochs: list[dict[str, Any]], finished: dict[str, Any] | None) -> None:
    """Numbers and charts to download."""
    files = [File("Final results as CSV", f"final-{run_id}.csv", final_csv(finished))] if finished else []
    files.append(File("Curves as CSV", f"curves-{run_id}.csv", curves_csv(epochs)))
    downloads(*files, svg=f"compare-{run_id}.svg")


heading(
    "compare",
    "Is one setting better than another, or was it luck? The same training, many seeds, side by side.",
)
run = runs.addressed_run("ensemble")
page = page_layout(3)
task = choose_task(*page.task)
config = None
with page.settings:
    try:
        config = choose_values(task)
    except InvalidRequest as error:
        page.errors.error(escaped(str(error)))
if start_button(page.button, run, config is not None):
    assert config is not None
    runs.start("ensemble", config)
    st.rerun()
with page.button:
    say_limits("ensemble", config)
with page.results:
    if run:
        runs.follow(run, draw)
    else:
        st.info("Choose what differs, then press **Start**. The bands that appear show what luck alone does.")
