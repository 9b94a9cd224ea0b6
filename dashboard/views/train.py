"""Train: a small network learns before your eyes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import devices
from core.activations import ACTIVATIONS
from core.data import DATASETS, own_csv
from core.data.dataset import ROWS
from core.errors import InvalidRequest
from core.events import Picture
from core.models import MODELS
from core.options import Option
from core.runs.store import FINISHED, RUNNING, STOPPED, Run
from core.takeaway.archive import zipped_from_store
from core.training import OPTIMIZERS, TrainConfig, default_config, probes
from core.training.probes import PROBES
from dashboard import runs
from dashboard.charts.training.classical import classical_chart
from dashboard.charts.training.curves import METRICS, loss_chart, metric_chart
from dashboard.charts.training.pictures import PICTURE_CHARTS

LEARNING_RATES = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
BATCH_SIZES = [1, 2, 5, 10, 20, 32, 64, 128, 256, 512, 1024]
# Settings that belong to a network and its data, and start anew with them.
SETTINGS = ("optimizer", "learning_rate", "batch_size", "epochs", "activation", "hidden", "noise", "probes")
_OPTIONS = [*(model.options for model in MODELS.values()), *(data.options for data in DATASETS.values())]
OPTION_KEYS = tuple(dict.fromkeys(name for options in _OPTIONS for name in options))


def take_over(run: Run | None) -> None:
    """Set the controls to what the run at this address was asked to do, once for each run."""
    if run is None or st.session_state.get("taken_over") == run.id:
        return
    st.session_state["taken_over"] = run.id
    for name in ("model", "data", *SETTINGS, "seed", "device"):
        value = run.config.get(name)
        if value is not None:
            st.session_state[name] = layers_as_text(value) if name == "hidden" else value
    for name, value in {**run.config.get("model_options", {}), **run.config.get("data_options", {})}.items():
        st.session_state[name] = value


def forget(*names: str) -> None:
    """Another network or other data starts from the settings that suit it."""
    for name in names:
        st.session_state.pop(name, None)


def choose() -> TrainConfig | None:
    """What to train, from the controls; None, with the reason on the page, when it cannot be trained."""
    model = choice(
        "Network", MODELS, [*MODELS], "model", on_change=forget, args=("data", *SETTINGS, *OPTION_KEYS)
    )
    fitting = [key for key, dataset in DATASETS.items() if dataset.kind in MODELS[model].kinds]
    data = choice("Data", DATASETS, fitting, "data", on_change=forget, args=(*SETTINGS, *OPTION_KEYS))
    st.caption(f"{MODELS[model].description} {DATASETS[data].description}")
    try:
        return default_config(model, data, **choose_settings(model, data))
    except InvalidRequest as error:
        st.error(str(error))
        return None


def choose_settings(model: str, data: str) -> dict[str, Any]:
    """Every setting that applies to this network and data."""
    usual, entry = default_config(model, data), MODELS[model]
    chosen: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        chosen["optimizer"] = choice("Optimiser", OPTIMIZERS, [*OPTIMIZERS], "optimizer", usual.optimizer)
        chosen["batch_size"] = step("Batch size", BATCH_SIZES, "batch_size", usual.batch_size)
        chosen["epochs"] = whole("Epochs", 1, 10_000, "epochs", usual.epochs)
    with right:
        chosen["activation"] = choice(
            "Activation",
            ACTIVATIONS,
            [*entry.activations],
            "activation",
            usual.activation,
            disabled=len(entry.activations) == 1,
        )
        chosen["learning_rate"] = step("Learning rate", LEARNING_RATES, "learning_rate", usual.learning_rate)
        chosen["seed"] = whole("Seed", 0, 2**31 - 1, "seed", 0, help="The same seed gives the same numbers.")
    if entry.hidden.most:
        label = "Hidden layers" if entry.hidden.most > 1 else "Hidden units"
        text = layers_as_text(usual.hidden)
        help_text = f"{entry.hidden.meaning.capitalize()}, such as {text}."
        typed = st.text_input(label, text, key="hidden", bind="query-params", help=help_text)
        chosen["hidden"] = layers(typed)
    if usual.noise is not None:
        chosen["noise"] = st.slider("Noise", 0.0, 0.5, usual.noise, 0.05, key="noise", bind="query-params")
    chosen["model_options"] = choose_options(entry.options, usual.model_options)
    if "file" in DATASETS[data].options:
        chosen["data_options"] = choose_table(data)
    else:
        chosen["data_options"] = choose_options(DATASETS[data].options, usual.data_options)
    chosen["probes"] = choose_probes(model, data)
    places = {device.id: device for device in devices.devices() if device.kind not in devices.absent()}
    if len(places) > 1:
        chosen["device"] = choice("Device", places, [*places], "device", usual.device)
    return chosen


def choose_probes(model: str, data: str) -> tuple[str, ...] | None:
    """What to look at inside, None for what is looked at without being asked."""
    fitting, usual = probes.fitting(model, data), probes.usual(model, data)
    shown = st.multiselect(
        "Look inside",
        fitting,
        usual,
        format_func=lambda probe: PROBES[probe].name,
        key="probes",
        bind="query-params",
        help="Pictures taken while it learns. "
        + " ".join(f"**{PROBES[probe].name}:** {PROBES[probe].shows}" for probe in fitting),
    )
    return None if {*shown} == {*usual} else tuple(name for name in fitting if name in shown)


def choose_table(data: str) -> dict[str, Any]:
    """One's own CSV file and its column to be told. Raises InvalidRequest for a file that is no table."""
    limits = (
        f"At most {own_csv.MOST_ROWS:,} rows and {own_csv.MOST_COLUMNS} columns, the first row their names."
    )
    given = st.file_uploader("CSV file", type="csv", key="upload", help=limits)
    file = kept_table(given.getvalue()) if given else st.session_state.get("file", "")
    names = own_csv.columns(file)
    if st.session_state.get("target_column") not in names:
        forget("target_column")
    usual = names.index(own_csv.usual_target(file, DATASETS[data].task))
    target = st.selectbox(
        "Column to be told", names, usual, key="target_column", bind="query-params", filter_mode=None
    )
    return {"file": file, "target_column": target}


@st.cache_data(max_entries=4, show_spinner=False)
def kept_table(content: bytes) -> str:
    """Keep an uploaded file; gives its name in the store of tables."""
    return own_csv.add(content)


def choose_options(options: Mapping[str, Option], usual: Mapping[str, Any]) -> dict[str, Any]:
    """A control for each option, of the kind that its usual value calls for."""
    chosen: dict[str, Any] = {}
    for name, option in options.items():
        label, value = name.replace("_", " ").capitalize(), usual.get(name, option.usual)
        kept: dict[str, Any] = {"key": name, "bind": "query-params", "help": f"{option.meaning}."}
        if isinstance(value, bool):
            chosen[name] = st.toggle(label, value, **kept)
        elif option.choices:
            chosen[name] = st.selectbox(
                label, option.choices, option.choices.index(str(value)), filter_mode=None, **kept
            )
        elif isinstance(value, str):
            chosen[name] = st.text_input(label, value, **kept)
        else:
            low, high = (None if end is None else type(value)(end) for end in (option.low, option.high))
            chosen[name] = st.number_input(label, low, high, value, **kept)
    return chosen


def layers(text: str) -> tuple[int, ...]:
    """Units of each hidden layer out of "8, 8". Raises InvalidRequest for anything but whole numbers."""
    parts = re.split(r"[\s,]+", text.strip(" ,"))
    if not all(re.fullmatch(r"[0-9]{1,6}", part) for part in parts if part):
        raise InvalidRequest(f"Hidden {text[:40]!r} is not possible; write whole numbers such as 8, 8.")
    return tuple(int(part) for part in parts if part)


def layers_as_text(hidden: Any) -> str:
    """(8, 8) as "8, 8"."""
    return ", ".join(str(units) for units in hidden)


def choice(
    label: str, entries: Mapping[str, Any], keys: list[str], key: str, usual: str | None = None, **more: Any
) -> str:
    """A select box over registry entries, shown by name and kept in the URL by key."""
    index = keys.index(usual) if usual in keys else 0
    return st.selectbox(
        label,
        keys,
        index,
        format_func=lambda entry: entries[entry].name,
        key=key,
        bind="query-params",
        filter_mode=None,
        **more,
    )


def step(label: str, values: list[Any], key: str, usual: Any) -> Any:
    """A slider over usual values, to which an unusual one in use is added."""
    options = sorted({*values, usual, st.session_state.get(key, usual)})
    return st.select_slider(label, options, usual, key=key, bind="query-params")


def whole(label: str, low: int, high: int, key: str, usual: int, help: str | None = None) -> int:
    """A field for a whole number."""
    return st.number_input(label, low, high, usual, key=key, bind="query-params", help=help)


def draw(run: Run, records: list[dict[str, Any]], pictures: dict[str, Picture]) -> None:
    """The training so far: figures, curves, and the picture that suits the data."""
    events: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        events.setdefault(record["event"], []).append(record)
    if "training_started" not in events:
        return
    started, epochs = events["training_started"][0], events.get("epoch_completed", [])
    for diverged in events.get("training_diverged", []):
        st.warning(diverged["reason"])
    draw_figures(started, epochs)
    for refused in events.get("setting_refused", [])[-1:]:
        st.warning(refused["reason"])
    if run.status == RUNNING:
        change_while_running(run, events.get("setting_changed", []))
    there = [name for name, (needed, _) in PICTURE_CHARTS.items() if needed in pictures]
    inside = [name for name in there if looks_inside(PICTURE_CHARTS[name][0])]
    left, right = st.columns(2)
    with left:
        draw_pictures(pictures, [name for name in there if name not in inside])
    with right:
        if epochs:
            st.altair_chart(loss_chart(epochs), key="loss")
            st.altair_chart(metric_chart(epochs, started["metric"]), key="metric")
    for column, names in zip(st.columns(2), (inside[::2], inside[1::2]), strict=True):
        with column:
            draw_pictures(pictures, names)


def change_while_running(run: Run, changes: list[dict[str, Any]]) -> None:
    """Controls of what may change while the run goes."""
    now = next(
        (change["after"] for change in reversed(changes) if change["setting"] == "learning_rate"),
        run.config["learning_rate"],
    )
    key = f"learning_rate_now_{run.id}"
    options = sorted({*LEARNING_RATES, now, st.session_state.get(key, now)})
    st.select_slider(
        "Learning rate from now on",
        options,
        now,
        key=key,
        on_change=runs.change,
        args=(run.id, "learning_rate", key),
        help="Takes effect within half a second; the run goes on from where it is.",
    )


def draw_figures(started: dict[str, Any], epochs: list[dict[str, Any]]) -> None:
    """The figures of this moment."""
    with st.container(horizontal=True, gap="medium"):
        done = epochs[-1]["epoch"] if epochs else 0
        st.metric("Epoch", f"{done} of {started['epochs']}", width="content")
        if epochs:
            last = epochs[-1]
            told = METRICS[started["metric"]]
            if "rmse" in last["details"]:
                error = f"{last['details']['rmse']:.2f} {started['unit']}"
                st.metric("Error, held back", error, width="content")
                baseline = f"{started['baseline_rmse']:.2f} {started['unit']}"
                st.metric(f"Error of “{started['baseline']}”", baseline, width="content")
            else:
                part, value = told.parts[1].lower(), format(last["test_metric"], told.format)
                st.metric(f"{told.name}, {part}", value, width="content")
            st.metric("Speed", f"{last['samples_per_s']:,.0f} samples/s", width="content")
        st.metric("Parameters", f"{started['parameters']:,}", width="content")


def looks_inside(picture: str) -> bool:
    """Whether a picture is a probe's, and not the one by which this kind of network is known."""
    return picture in PROBES and PROBES[picture].draw is not None


def draw_pictures(pictures: dict[str, Picture], names: list[str]) -> None:
    """What the network sees now, by names of charts."""
    for name in names:
        st.altair_chart(PICTURE_CHARTS[name][1](pictures), key=name)


def take_away(run: Run) -> None:
    """All that a person can keep of a run, as one zip that is made when it is asked for."""
    st.download_button(
        "Take away",
        lambda: zipped_from_store(runs.runner().store, run.id),
        f"nablascope-{run.config['model']}-{run.config['data']}-{run.id}.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
        help="A script that does this run again, weights, ONNX, metrics and TensorBoard curves in one zip.",
    )


def classical(run: Run) -> None:
    """What methods without a network reach on the same split, when it is asked for."""
    if DATASETS[run.config["data"]].kind not in ROWS or MODELS[run.config["model"]].learner != "supervised":
        return
    key = f"classical_of_{run.id}"
    asked = st.button(
        "Compare with classical methods",
        icon=":material/bar_chart:",
        help="Linear, nearest neighbours, support vectors, random forest and gradient boosting on this data.",
        disabled=key in st.session_state,
    )
    if asked:
        st.session_state[key] = runs.runner().submit("classical", run.config)
        st.rerun()
    other = runs.runner().store.get(st.session_state[key]) if key in st.session_state else None
    if other:
        last = [record for _, record in runs.runner().store.events_after(run.id)][-1]
        runs.follow(other, lambda _run, records, _pictures: draw_classical(last, records))


def draw_classical(network: dict[str, Any], methods: list[dict[str, Any]]) -> None:
    """The network's metric beside that of each method so far."""
    if methods and network.get("value") is not None:
        st.altair_chart(classical_chart(network, methods), key="classical")


st.title("Train")
run = runs.addressed_run("training")
take_over(run)
controls, results = st.columns([1, 2.6], gap="medium")
with controls, st.container(border=True):
    config = choose()
    again = "Start again" if run else "Start"
    if st.button(
        again, type="primary", icon=":material/play_arrow:", disabled=config is None, width="stretch"
    ):
        assert config is not None
        runs.start("training", config)
        st.rerun()
with results:
    if run:
        runs.follow(run, draw)
        if run.status in (FINISHED, STOPPED):
            take_away(run)
            classical(run)
    else:
        st.info("Choose a network and data, then press **Start**: the first results appear within a second.")
