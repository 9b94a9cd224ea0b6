"""Controls of a training: which network learns what from which data, and how.

Each control's state lies in the session, and in the address, by the name of its setting or option.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import devices
from core.activations import ACTIVATIONS
from core.activations.expressions.expression import is_expression
from core.data import DATASETS, user_csv
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.initialisation import INITIALISATIONS
from core.models.registry import OPTIONAL_SETTINGS
from core.options import Option, filled_in
from core.records import from_record
from core.runs.store import Run
from core.training import OPTIMIZERS, SCHEDULES, TrainConfig, default_config, snapshots
from core.training.config import MAX_EPOCHS, MAX_SAMPLES, MAX_STEPS
from core.training.snapshots import PROBES
from dashboard.components.custom_activation import own_field

LEARNING_RATES = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
BATCH_SIZES = [1, 2, 5, 10, 20, 32, 64, 128, 256, 512, 1024]
ENGINES = {"auto": "The fastest there is", "eager": "PyTorch, operator by operator"}
MAIN = ("optimizer", "learning_rate", "batch_size", "epochs", "activation", "hidden", "noise", "probes")
MORE = {
    "samples": "samples",
    "test_fraction": "held back",
    "own": "own f(x)",
    "initialisation": "weights at first",
    "label_smoothing": "label smoothing",
    "schedule": "schedule",
    "momentum": "momentum",
    "weight_decay": "weight decay",
    "l1": "L1",
    "clip_norm": "clipping",
    "target": "good enough",
    "patience": "patience",
    "max_steps": "most steps",
    "max_seconds": "most seconds",
    "engine": "engine",
}


def choose_task(left: DeltaGenerator, right: DeltaGenerator) -> TrainConfig:
    """Which network learns from which data; gives the settings that suit them."""
    with left:
        model = select("Network", MODELS, [*MODELS], "model", on_change=suit_network)
        st.caption(MODELS[model].description)
    fitting = [key for key, dataset in DATASETS.items() if dataset.kind in MODELS[model].kinds]
    with right:
        data = select("Data", DATASETS, fitting, "data", default_config(model).data, on_change=suit_data)
        st.caption(DATASETS[data].description)
    default = default_config(model, data)
    if st.session_state.get("suits") != (model, data):  # an address has named them
        suggest(default)
    return default


def choose_how(default: TrainConfig) -> TrainConfig:
    """How it learns. Raises InvalidRequest when it cannot be trained so."""
    return default_config(default.model, default.data, **choose_settings(default))


def take_over(run: Run | None) -> None:
    """Set the controls to what the run at this address was asked to do, once for each run."""
    if run is None or st.session_state.get("taken_over") == run.id:
        return
    st.session_state["taken_over"] = run.id
    try:
        config = from_record(TrainConfig, run.config)
    except InvalidRequest:  # a run of an older version, with settings that are none any more
        return
    st.session_state.update(shown(config), model=config.model, data=config.data)
    st.session_state.update(config.data_options, seed=config.seed, device=config.device)
    suggest(default_config(config.model, config.data))


def shown(config: TrainConfig) -> dict[str, Any]:
    """Where the controls that apply to a training stand, by their keys; its seed and device aside."""
    names = [name for name in (*MAIN, *MORE) if name != "own"]
    values = {name: getattr(config, name) for name in names if applies(name, config)}
    values["probes"] = [*snapshots.chosen(config)]
    if "hidden" in values:
        values["hidden"] = layers_as_text(config.hidden)
    if applies("own", config):
        own = is_expression(config.activation)
        values["own"] = config.activation if own else ""
        if own:
            values["activation"] = default_config(config.model, config.data).activation
    for name in ("test_fraction", "noise", "label_smoothing", "momentum", "weight_decay", "l1", "clip_norm"):
        if values.get(name) is not None:  # JSON knows no difference between 1 and 1.0
            values[name] = float(values[name])
    if values.get("engine") not in ENGINES:
        values.pop("engine", None)
    values |= filled_in(MODELS[config.model].options, config.model_options)
    if "file" not in DATASETS[config.data].options:
        values |= filled_in(DATASETS[config.data].options, config.data_options)
    return values


def applies(name: str, config: TrainConfig) -> bool:
    """Whether a setting means something to a network and its data."""
    entry, data = MODELS[config.model], DATASETS[config.data]
    if name == "own":
        return entry.own_activation
    if name == "hidden":
        return entry.hidden.most > 0
    if name in ("samples", "noise"):
        return name in data.defaults
    if name == "label_smoothing" and data.task != "classification":
        return False
    if name == "engine":
        return entry.learner == "supervised"
    return name in entry.settings or name not in OPTIONAL_SETTINGS


def suit_network() -> None:
    """Another network starts from the settings that suit it, on the same data where it takes them."""
    model, data = st.session_state["model"], st.session_state["data"]
    if DATASETS[data].kind not in MODELS[model].kinds:
        data = st.session_state["data"] = default_config(model).data
    default = default_config(model, data)
    st.session_state.update(shown(default))
    suggest(default)


def suit_data() -> None:
    """Other data brings the settings that suit it; those that a person has changed stay."""
    model, data = st.session_state["model"], st.session_state["data"]
    default, suggested = default_config(model, data), st.session_state["suggested"]
    kept = [name for name in (*MAIN, *MORE) if name in suggested and name != "probes" and changed(name)]
    st.session_state.update({name: value for name, value in shown(default).items() if name not in kept})
    suggest(default)


def suit_optimizer() -> None:
    """Another optimiser brings its own learning rate, unless a person has chosen one."""
    if changed("learning_rate"):
        return
    model, data = st.session_state["suits"]
    rate = default_config(model, data, optimizer=st.session_state["optimizer"]).learning_rate
    st.session_state["learning_rate"] = st.session_state["suggested"]["learning_rate"] = rate


def suggest(default: TrainConfig) -> None:
    """Remember what was suggested, and for what."""
    st.session_state["suits"] = (default.model, default.data)
    st.session_state["suggested"] = shown(default)


def changed(name: str) -> bool:
    """Whether a person has moved a control away from what was suggested."""
    suggested = st.session_state["suggested"]
    return name in suggested and st.session_state.get(name, suggested[name]) != suggested[name]


def choose_settings(default: TrainConfig) -> dict[str, Any]:
    """Every setting that applies; usual is what suits this network and this data."""
    entry = MODELS[default.model]
    chosen: dict[str, Any] = {}
    columns = cycle(st.columns(2))
    if applies("activation", default):
        with next(columns):
            chosen["activation"] = choose_activation(default)
    if applies("optimizer", default):
        with next(columns):
            chosen["optimizer"] = select(
                "Optimiser",
                OPTIMIZERS,
                [*OPTIMIZERS],
                "optimizer",
                default.optimizer,
                on_change=suit_optimizer,
            )
    with next(columns):
        chosen["learning_rate"] = step(
            "Learning rate", LEARNING_RATES, "learning_rate", default.learning_rate
        )
    if applies("batch_size", default):
        with next(columns):
            chosen["batch_size"] = step("Batch size", BATCH_SIZES, "batch_size", default.batch_size)
    with next(columns):
        chosen["epochs"] = number("Epochs", 1, MAX_EPOCHS, "epochs", default.epochs)
    with next(columns):
        help_text = "The same seed gives the same numbers."
        chosen["seed"] = number("Seed", 0, 2**31 - 1, "seed", 0, help=help_text)
    if applies("hidden", default):
        label, text = (
            "Hidden layers" if entry.hidden.most > 1 else "Hidden units",
            layers_as_text(default.hidden),
        )
        help_text = f"{entry.hidden.meaning.capitalize()}, such as {text}."
        typed = st.text_input(label, text, key="hidden", bind="query-params", help=help_text)
        chosen["hidden"] = layers(typed)
    if default.noise is not None:
        most = max(0.5, default.noise, st.session_state.get("noise", 0.0))
        chosen["noise"] = st.slider("Noise", 0.0, most, default.noise, 0.05, key="noise", bind="query-params")
    chosen["model_options"] = choose_options(entry.options, default.model_options)
    if "file" in DATASETS[default.data].options:
        chosen["data_options"] = choose_table(default.data)
    else:
        chosen["data_options"] = choose_options(DATASETS[default.data].options, default.data_options)
    chosen["probes"] = choose_probes(default)
    places = {device.id: device for device in devices.devices() if device.kind not in devices.absent()}
    if len(places) > 1:
        chosen["device"] = select("Device", places, [*places], "device", default.device)
    return chosen | choose_more(default, chosen.get("optimizer", default.optimizer))


def choose_activation(default: TrainConfig) -> str:
    """A key of ACTIVATIONS; one's own function, if one is typed under "More settings", takes its place."""
    keys = [*MODELS[default.model].activations]
    own = bool(st.session_state.get("own", "").strip()) and applies("own", default)
    help_text = "Your own f(x) under “More settings” takes its place." if own else None
    return select(
        "Activation",
        ACTIVATIONS,
        keys,
        "activation",
        default.activation,
        disabled=len(keys) == 1 or own,
        help=help_text,
    )


def choose_more(default: TrainConfig, optimizer: str) -> dict[str, Any]:
    """The settings that are seldom changed; said in a line if any of them is."""
    chosen: dict[str, Any] = {}
    with st.expander("More settings", icon=":material/tune:"):
        choose_split(default, chosen)
        choose_start(default, chosen)
        choose_gradient(default, optimizer, chosen)
        choose_end(default, chosen)
    others = [label for name, label in MORE.items() if changed(name)]
    if others:
        st.caption(f"Changed under “More settings”: {', '.join(others)}.")
    return chosen


def choose_split(default: TrainConfig, chosen: dict[str, Any]) -> None:
    """How much data there is, and how much of it is held back."""
    columns = cycle(st.columns(2))
    if applies("samples", default):
        assert default.samples is not None
        with next(columns):
            chosen["samples"] = number("Samples", 20, MAX_SAMPLES, "samples", default.samples)
    if applies("test_fraction", default):
        with next(columns):
            chosen["test_fraction"] = number(
                "Held back",
                0.05,
                0.8,
                "test_fraction",
                default.test_fraction,
                step=0.05,
                help="Share of the data that the network never learns from; what it answers there counts.",
            )


def choose_start(default: TrainConfig, chosen: dict[str, Any]) -> None:
    """What the network is before its first step, and how it steps."""
    if applies("own", default):
        own = own_field(st.container(), "Your own activation f(x)")
        if own:
            chosen["activation"] = own
    columns = cycle(st.columns(2))
    if applies("initialisation", default):
        with next(columns):
            chosen["initialisation"] = select(
                "Weights at first",
                INITIALISATIONS,
                [*INITIALISATIONS],
                "initialisation",
                default.initialisation,
                help=described(INITIALISATIONS),
            )
    if applies("engine", default):
        with next(columns):
            chosen["engine"] = st.selectbox(
                "Steps by",
                [*ENGINES],
                format_func=lambda engine: ENGINES[engine],
                key="engine",
                bind="query-params",
                filter_mode=None,
                help="The fastest there is takes whole steps of small networks in machine code.",
            )


def choose_gradient(default: TrainConfig, optimizer: str, chosen: dict[str, Any]) -> None:
    """What becomes of the gradient on its way to the weights."""
    columns = cycle(st.columns(2))
    with next(columns):
        chosen["schedule"] = select(
            "Schedule", SCHEDULES, [*SCHEDULES], "schedule", default.schedule, help=described(SCHEDULES)
        )
    if applies("momentum", default) and OPTIMIZERS[optimizer].has_momentum:
        with next(columns):
            chosen["momentum"] = number(
                "Momentum",
                0.0,
                0.999,
                "momentum",
                default.momentum,
                step=0.05,
                help="Share of its speed that is kept from step to step.",
            )
    if applies("weight_decay", default):
        with next(columns):
            chosen["weight_decay"] = number(
                "Weight decay",
                0.0,
                10.0,
                "weight_decay",
                default.weight_decay,
                step=0.001,
                placeholder=f"{OPTIMIZERS[optimizer].weight_decay:g}",
                help="L2: pulls each weight towards 0 by this share of it; left empty, it is the optimiser's "
                "own. AdamW has its own way for it.",
            )
    if applies("l1", default):
        with next(columns):
            help_text = "Pulls each weight towards 0 by the same amount, so that many end there."
            chosen["l1"] = number("L1", 0.0, 10.0, "l1", default.l1, step=0.001, help=help_text)
    if applies("clip_norm", default):
        with next(columns):
            chosen["clip_norm"] = number(
                "Longest gradient",
                1e-6,
                1e6,
                "clip_norm",
                default.clip_norm,
                step=0.5,
                placeholder="any",
                help="A longer gradient, of all weights together, is cut to this length.",
            )
    if applies("label_smoothing", default):
        with next(columns):
            chosen["label_smoothing"] = number(
                "Label smoothing",
                0.0,
                0.5,
                "label_smoothing",
                default.label_smoothing,
                step=0.05,
                help="Share of each answer that is spread over all classes while learning.",
            )


def choose_end(default: TrainConfig, chosen: dict[str, Any]) -> None:
    """What ends a training before its last epoch."""
    st.caption("It ends before its last epoch")
    columns = cycle(st.columns(2))
    with next(columns):
        chosen["target"] = number(
            "when it is good enough",
            -1e9,
            1e9,
            "target",
            default.target,
            step=0.01,
            placeholder="never",
            help="When the metric on the held-back part, such as an accuracy of 0.97, reaches this.",
        )
    with next(columns):
        chosen["patience"] = number(
            "after epochs of no progress",
            1,
            MAX_EPOCHS,
            "patience",
            default.patience,
            placeholder="never",
            help="When the loss on the held-back part has not fallen for so many epochs.",
        )
    with next(columns):
        chosen["max_steps"] = number(
            "after steps", 1, MAX_STEPS, "max_steps", default.max_steps, placeholder="never"
        )
    with next(columns):
        chosen["max_seconds"] = number(
            "after seconds", 0.1, 7 * 24 * 3600.0, "max_seconds", default.max_seconds, placeholder="never"
        )


def described(entries: Mapping[str, Any]) -> str:
    """A help text that tells every entry of a registry."""
    return " ".join(f"**{entry.name}:** {entry.description}" for entry in entries.values())


def choose_probes(default: TrainConfig) -> tuple[str, ...] | None:
    """What to look at inside, None for what is looked at without being asked."""
    fitting, on = snapshots.fitting(default.model, default.data), snapshots.chosen(default)
    looked = st.multiselect(
        "Look inside",
        fitting,
        on,
        format_func=lambda probe: PROBES[probe].name,
        key="probes",
        bind="query-params",
        help="Pictures taken while it learns. "
        + " ".join(f"**{PROBES[probe].name}:** {PROBES[probe].shows}" for probe in fitting),
    )
    return None if {*looked} == {*on} else tuple(name for name in fitting if name in looked)


def choose_table(data: str) -> dict[str, Any]:
    """One's own CSV file and its column to be told. Raises InvalidRequest for a file that is no table."""
    limits = (
        f"At most {user_csv.MAX_ROWS:,} rows and {user_csv.MAX_COLUMNS} columns, the first row their names."
    )
    given = st.file_uploader("CSV file", type="csv", key="upload", help=limits)
    file = kept_table(given.getvalue()) if given else st.session_state.get("file", "")
    names = user_csv.columns(file)
    if st.session_state.get("target_column") not in names:
        st.session_state.pop("target_column", None)
    default = names.index(user_csv.default_target(file, DATASETS[data].task))
    target = st.selectbox(
        "Column to be told", names, default, key="target_column", bind="query-params", filter_mode=None
    )
    return {"file": file, "target_column": target}


@st.cache_data(max_entries=4, show_spinner=False)
def kept_table(content: bytes) -> str:
    """Keep an uploaded file; gives its name in the store of tables."""
    return user_csv.add(content)


def choose_options(options: Mapping[str, Option], default: Mapping[str, Any]) -> dict[str, Any]:
    """A control for each option, of the kind that its usual value calls for."""
    chosen: dict[str, Any] = {}
    columns = cycle(st.columns(2))
    for name, option in options.items():
        label, value = name.replace("_", " ").capitalize(), default.get(name, option.default)
        kept: dict[str, Any] = {"key": name, "bind": "query-params", "help": f"{option.meaning}."}
        with next(columns):
            chosen[name] = choose_option(label, option, value, kept)
    return chosen


def choose_option(label: str, option: Option, value: Any, kept: dict[str, Any]) -> Any:
    """One control; kept is what every kind of control takes."""
    if isinstance(value, bool):
        return st.toggle(label, value, **kept)
    if option.choices:
        return st.selectbox(
            label,
            option.choices,
            option.choices.index(str(value)),
            format_func=lambda choice: choice.replace("_", " "),
            filter_mode=None,
            **kept,
        )
    if isinstance(value, str):
        return st.text_input(label, value, **kept)
    low, high = (None if end is None else type(value)(end) for end in (option.low, option.high))
    return st.number_input(label, low, high, value, format="%g" if isinstance(value, float) else None, **kept)


def layers(text: str) -> tuple[int, ...]:
    """Units of each hidden layer out of "8, 8". Raises InvalidRequest for anything but whole numbers."""
    parts = re.split(r"[\s,]+", text.strip(" ,"))
    if not all(re.fullmatch(r"[0-9]{1,6}", part) for part in parts if part):
        raise InvalidRequest(f"Hidden {text[:40]!r} is not possible; write whole numbers such as 8, 8.")
    return tuple(int(part) for part in parts if part)


def layers_as_text(hidden: Any) -> str:
    """(8, 8) as "8, 8"."""
    return ", ".join(str(units) for units in hidden)


def select(
    label: str, entries: Mapping[str, Any], keys: list[str], key: str, default: str | None = None, **more: Any
) -> str:
    """A select box over registry entries, shown by name and kept in the URL by key."""
    index = keys.index(default) if default in keys else 0
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


def step(label: str, values: list[Any], key: str, default: Any) -> Any:
    """A slider over usual values, to which an unusual one in use is added."""
    options = sorted({*values, default, st.session_state.get(key, default)})
    return st.select_slider(label, options, default, key=key, bind="query-params")


def number(label: str, low: float, high: float, key: str, default: Any, **more: Any) -> Any:
    """A field for a number, a whole one where low is; with `usual` None it may be left empty."""
    if isinstance(low, float):
        more["format"] = "%g"
    return st.number_input(label, low, high, default, key=key, bind="query-params", **more)
