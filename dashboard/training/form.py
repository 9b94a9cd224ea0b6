"""Controls of a training: which network learns what from which data, and how; one for each entry of SETTINGS.

Each control's state is in the session, and in the address, under the name of its setting or option.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import devices
from core.activations import ACTIVATIONS
from core.activations.expressions.expression import is_expression
from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.layer_activations import NAME as PER_LAYER
from core.models.registry import applicable_data, default_data
from core.options import Option, filled_in
from core.records import from_record
from core.runs.store import Run
from core.training import OPTIMIZERS, TrainConfig, default_config, snapshots
from core.training.demonstrations import DEMONSTRATIONS, demonstrated_by
from core.training.settings import GROUPS, MAIN, SETTINGS, START, applies
from core.training.snapshots import SNAPSHOTS
from dashboard.components.activation_picker import custom_field
from dashboard.components.address import bound
from dashboard.components.option_field import control_value, option_field, select
from dashboard.training import user_images, user_table

# Other data, another network or optimizer never changes these.
_KEPT = ("seed", "device")
_WIDE = ("hidden", "noise", "model_options", "data_options", "snapshots", "device")


def choose_task(left: DeltaGenerator, right: DeltaGenerator) -> TrainConfig:
    """Which network learns from which data; gives the settings that suit them."""
    with left:
        model = select("Network", MODELS, [*MODELS], key="model", on_change=apply_model_defaults)
        st.caption(MODELS[model].description)
    with right:
        fitting, first = applicable_data(model), default_data(model)
        data = select("Data", DATASETS, fitting, first, key="data", on_change=apply_data_defaults)
        st.caption(DATASETS[data].description)
    default = default_config(model, data)
    if st.session_state.get("defaults_for") != (model, data):  # an address has named them
        suggest(default)
    return default


def offer_demonstrations(container: DeltaGenerator) -> None:
    """A button for each training that shows something; it sets the controls."""
    with container.popover("Presets", icon=":material/lightbulb:"):
        for key, entry in DEMONSTRATIONS.items():
            st.button(
                entry.name, key=f"show {key}", on_click=set_controls, args=(entry.config(),), width="stretch"
            )
            st.caption(entry.see)


def say_demonstration(container: DeltaGenerator, config: TrainConfig) -> None:
    """What there is to see in a training with these settings, where they are those of a demonstration."""
    if entry := demonstrated_by(config):
        container.markdown(f"**{entry.name}.** {entry.see}", width="stretch")


def choose_how(default: TrainConfig) -> TrainConfig:
    """How it learns. Raises InvalidRequest when it cannot be trained so."""
    return default_config(default.model, default.data, **choose_settings(default))


@dataclass
class Loaded:
    """The run whose settings the controls were set to; they may have changed since."""

    run_id: str | None = None

    def come_from(self, run_id: str | None) -> None:
        """They say what this run was asked to do, and are not set to it again; of None to no run."""
        self.run_id = run_id


def loaded() -> Loaded:
    """Of this session: an object that stays, since a look at the session may end this pass of the page."""
    kept: Loaded = st.session_state.setdefault("loaded_from", Loaded())
    return kept


def load_from_run(run: Run | None) -> None:
    """Set the controls to what the run at this address was asked to do, once for each run."""
    if run is None or loaded().run_id == run.id:
        return
    with suppress(InvalidRequest):  # of another version, with settings that are none here
        set_controls(from_record(TrainConfig, run.config))
    loaded().come_from(run.id)


def copy_from_run(run: Run) -> None:
    """Set the controls to those of somebody else's run, for another run of the visitor's.

    A table or images of the owner's stay with the owner.
    """
    options = run.config.get("data_options", {})
    if options.get("file") or options.get("archive"):
        st.warning("This run was trained on its owner’s own data, which is private, so it cannot be copied.")
        return
    load_from_run(run)
    st.info(
        "The controls have this run’s settings: **Start** trains a copy that is yours.",
        icon=":material/content_copy:",
    )


def set_controls(config: TrainConfig) -> None:
    """Set every control to what a training says."""
    st.session_state.update(control_values(config), model=config.model, data=config.data)
    if "file" in DATASETS[config.data].options:
        st.session_state.update(user_table.control_values(config.data_options))
    elif config.data == user_images.DATA:
        st.session_state.update(user_images.control_values(config.data_options))
    else:
        known = DATASETS[config.data].options
        st.session_state.update(
            {name: control_value(known[name], value) for name, value in config.data_options.items()}
        )
    st.session_state.update({name: getattr(config, name) for name in _KEPT})
    suggest(default_config(config.model, config.data))


def control_values(config: TrainConfig) -> dict[str, Any]:
    """The values of the controls that apply to a training, by their keys."""
    entry, data = MODELS[config.model], DATASETS[config.data]
    values = {
        name: getattr(config, name) for name in SETTINGS if name not in _KEPT and has_control(name, config)
    }
    for name, value in values.items():
        if SETTINGS[name].type is float and value is not None:  # JSON knows no difference between 1 and 1.0
            values[name] = float(value)
    values["snapshots"] = [*snapshots.selected(config)]
    if "hidden" in values:
        values["hidden"] = layers_as_text(config.hidden)
    if entry.own_activation:
        own = is_expression(config.activation)
        values["own"] = config.activation if own else ""
        if own:
            values["activation"] = default_config(config.model, config.data).activation
    values |= _held(entry.options, values.pop("model_options"))
    of_data = values.pop("data_options")
    return values if "file" in data.options else values | _held(data.options, of_data)


def _held(options: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """What the control of each option holds."""
    return {name: control_value(options[name], value) for name, value in filled_in(options, given).items()}


def has_control(name: str, config: TrainConfig) -> bool:
    """Whether a setting has a control for this network and data."""
    return SETTINGS[name].group is not None and applies(name, config.model, config.data)


def apply_model_defaults() -> None:
    """Another network starts from the settings that suit it, on the same data where that fits."""
    model, data = st.session_state["model"], st.session_state["data"]
    if data not in applicable_data(model):
        data = st.session_state["data"] = default_data(model)
    default = default_config(model, data)
    st.session_state.update(control_values(default))
    suggest(default)


def apply_data_defaults() -> None:
    """Other data brings the settings that suit it; those that a person has changed stay."""
    default = default_config(st.session_state["model"], st.session_state["data"])
    kept = {name for name in (*SETTINGS, "own") if name != "snapshots" and changed(name)}
    values = control_values(default)
    st.session_state.update({name: value for name, value in values.items() if name not in kept})
    suggest(default)


def apply_optimizer_defaults() -> None:
    """Another optimizer brings its own learning rate, unless a person has chosen one."""
    if changed("learning_rate"):
        return
    model, data = st.session_state["defaults_for"]
    rate = default_config(model, data, optimizer=st.session_state["optimizer"]).learning_rate
    st.session_state["learning_rate"] = st.session_state["suggested"]["learning_rate"] = rate


def suggest(default: TrainConfig) -> None:
    """Remember what was suggested, and for what."""
    st.session_state["defaults_for"] = (default.model, default.data)
    st.session_state["suggested"] = control_values(default)


def changed(name: str) -> bool:
    """Whether a person has moved a control away from what was suggested."""
    suggested = st.session_state["suggested"]
    return name in suggested and st.session_state.get(name, suggested[name]) != suggested[name]


def choose_settings(default: TrainConfig) -> dict[str, Any]:
    """Every setting that applies, the seldom changed ones under "More settings", by name."""
    chosen = choose_group(MAIN, default)
    now = replace(default, optimizer=chosen.get("optimizer", default.optimizer))
    with st.expander("More settings", icon=":material/tune:"):
        for group in GROUPS:
            chosen |= choose_group(group, now) if group != MAIN else {}
    more = [setting.label for name, setting in SETTINGS.items() if setting.group != MAIN and changed(name)]
    more += ["Custom f(x)"] if changed("own") else []
    if more:
        st.caption(f"Changed under “More settings”: {', '.join(more)}.")
    return chosen


def choose_group(group: str, default: TrainConfig) -> dict[str, Any]:
    """The controls of one group, below its heading."""
    own = group == START and MODELS[default.model].own_activation
    names = [name for name in SETTINGS if SETTINGS[name].group == group and has_control(name, default)]
    names = [name for name in names if SETTINGS[name].has_effect(default)]
    if GROUPS[group] and (names or own):
        st.caption(GROUPS[group])
    chosen: dict[str, Any] = {}
    if own and (typed := custom_field(st.container(), "Custom activation f(x)")):
        chosen["activation"] = typed
    columns = cycle(st.columns(2))
    for name in names:
        with st.container() if name in _WIDE else next(columns):
            chosen[name] = SPECIAL.get(name, choose)(name, default)
    return chosen


def choose(name: str, default: TrainConfig, **more: Any) -> Any:
    """The control of a setting, of the kind that its type calls for."""
    setting = SETTINGS[name]
    if setting.placeholder:
        more = {"placeholder": setting.placeholder} | more
    if setting.step is not None:
        more["step"] = setting.step
    return option_field(setting.label, setting, getattr(default, name), name, setting.offered, **more)


def choose_activation(name: str, default: TrainConfig) -> str:
    """A key of ACTIVATIONS; an expression typed under "More settings" replaces it."""
    entry = MODELS[default.model]
    own = entry.own_activation and bool(st.session_state.get("own", "").strip())
    help_text = "The custom f(x) under “More settings” is used instead." if own else None
    keys, fixed = [*entry.activations], len(entry.activations) == 1 or own
    label = SETTINGS[name].label
    return select(label, ACTIVATIONS, keys, default.activation, key=name, disabled=fixed, help=help_text)


def choose_layers(name: str, default: TrainConfig) -> tuple[int, ...]:
    """Units of each hidden layer, as text. Raises InvalidRequest for anything but whole numbers."""
    limits, text = MODELS[default.model].hidden, layers_as_text(default.hidden)
    label = SETTINGS[name].label if limits.max_layers > 1 else "Hidden units"
    help_text = f"{limits.meaning.capitalize()}, such as {text}."
    return layers(st.text_input(label, text, key=name, bind="query-params", help=help_text))


def choose_noise(name: str, default: TrainConfig) -> float:
    """A slider that reaches at least to its value."""
    assert default.noise is not None
    highest = max(0.5, default.noise, st.session_state.get(name, 0.0))
    setting = SETTINGS[name]
    kept: dict[str, Any] = {"key": name, "bind": "query-params", "help": setting.help}
    return st.slider(setting.label, 0.0, highest, default.noise, 0.05, **kept)


def choose_weight_decay(name: str, default: TrainConfig) -> float | None:
    """A number whose field shows the optimizer's default while it is empty."""
    return choose(name, default, placeholder=f"{OPTIMIZERS[default.optimizer].weight_decay:g}")


def choose_device(name: str, default: TrainConfig) -> str:
    """One of the devices here; no control where there is but one."""
    here = {device.id: device for device in devices.usable()}
    if len(here) < 2:
        return default.device
    return select(SETTINGS[name].label, here, [*here], default.device, key=name, help=SETTINGS[name].help)


def choose_model_options(_name: str, default: TrainConfig) -> dict[str, Any]:
    """The settings that only this network has."""
    return choose_options(MODELS[default.model].options, default.model_options)


def choose_data_options(_name: str, default: TrainConfig) -> dict[str, Any]:
    """The settings that only this data has: of a user's table or images, the file and what it is read as."""
    options = DATASETS[default.data].options
    if "file" in options:
        return user_table.choose_table(default.data)
    if default.data == user_images.DATA:
        return user_images.choose_images(default.data_options)
    return choose_options(options, default.data_options)


def choose_options(options: Mapping[str, Option], default: Mapping[str, Any]) -> dict[str, Any]:
    """A control for each option."""
    wide = {
        name
        for name, option in options.items()
        if option.subset or (option.type is str and not option.choices)
    }
    columns, chosen = cycle(st.columns(2) if options.keys() - wide else ()), {}
    for name, option in options.items():
        with st.container() if name in wide else next(columns):
            label = name.replace("_", " ").capitalize()
            more: dict[str, Any] = {"placeholder": "all the same"} if name == PER_LAYER else {}
            chosen[name] = option_field(label, option, default.get(name, option.default), name, **more)
    return chosen


def choose_snapshots(name: str, default: TrainConfig) -> tuple[str, ...] | None:
    """Which pictures are drawn while it learns, None for the defaults."""
    keys = snapshots.applicable(default.model, default.data)
    on = snapshots.selected(default)
    chosen = bound(
        st.multiselect,
        SETTINGS[name].label,
        keys,
        [*on],
        key=name,
        names={key: f"{snapshots.GROUPS[SNAPSHOTS[key].group]}: {SNAPSHOTS[key].label}" for key in keys},
        help="Pictures drawn while it learns. "
        + " ".join(f"**{SNAPSHOTS[key].label}:** {SNAPSHOTS[key].help}" for key in keys),
    )
    return None if {*chosen} == {*on} else tuple(key for key in keys if key in chosen)


def layers(text: str) -> tuple[int, ...]:
    """Units of each hidden layer out of "8, 8". Raises InvalidRequest for anything but whole numbers."""
    parts = re.split(r"[\s,]+", text.strip(" ,"))
    if not all(re.fullmatch(r"[0-9]{1,6}", part) for part in parts if part):
        raise InvalidRequest(f"Hidden {text[:40]!r} is not possible; write whole numbers such as 8, 8.")
    return tuple(int(part) for part in parts if part)


def layers_as_text(hidden: Any) -> str:
    """(8, 8) as "8, 8"."""
    return ", ".join(str(units) for units in hidden)


def choose_optimizer(name: str, default: TrainConfig) -> str:
    """Another optimizer brings its own learning rate."""
    return choose(name, default, on_change=apply_optimizer_defaults)


# The settings whose controls are more than their type.
SPECIAL: dict[str, Callable[..., Any]] = {
    "activation": choose_activation,
    "optimizer": choose_optimizer,
    "hidden": choose_layers,
    "noise": choose_noise,
    "weight_decay": choose_weight_decay,
    "model_options": choose_model_options,
    "data_options": choose_data_options,
    "snapshots": choose_snapshots,
    "device": choose_device,
}
