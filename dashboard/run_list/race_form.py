"""The form that forks a run into two, which differ in one setting, and starts both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.records import from_record, to_record
from core.runs.listing import MAX_NAME, ListedRun, rename
from core.runs.status import FINISHED
from core.training import TrainConfig
from core.training.race import fork, from_end, from_frame, raced_settings
from dashboard.components import runs
from dashboard.components.address import bound
from dashboard.components.markdown import escaped
from dashboard.components.option_field import option_field
from dashboard.run_list.records import labels
from dashboard.training.form import SPECIAL, choose
from dashboard.training.settings_text import label_of, setting_in_words

FROM_START, FROM_FRAME, FROM_END = "start", "film", "end"

# Settings whose control is more than their type; the optimizer's, on Train, moves the learning rate as well.
_AS_ON_TRAIN = ("activation", "hidden", "weight_decay", "device")


def draw_race(chosen: Sequence[ListedRun]) -> None:
    """Fork a run into two that differ in one setting, and start both."""
    st.caption(
        "Two trainings with the same data in the same order and the same first weights, in which one setting "
        "differs: what the curves then show comes from that setting. (Where the setting changes the "
        "network's shape, its weights are other ones of the same seed.)"
    )
    names = {run.id: label for run, label in zip(chosen, labels(chosen), strict=True)}
    left, right = st.columns(2)
    pair, differing = None, ""
    try:
        with left:
            fork_of = bound(
                st.selectbox, "Fork the run", names, chosen[0].id, key="fork", names=names, filter_mode=None
            )
            config = choose_start(next(run for run in chosen if run.id == fork_of))
        with right:
            name, value = choose_setting(config)
        pair, differing = fork(config, name, value), setting_in_words(name, value)
    except InvalidRequest as error:
        st.info(escaped(str(error)))
    if st.button("Start the race", icon=":material/flag:", type="primary", disabled=pair is None) and pair:
        start_race(pair, differing)
        st.rerun()


def choose_start(run: ListedRun) -> TrainConfig:
    """From where both train: the run's first step, a step of its film, or its end. Raises InvalidRequest."""
    store = runs.runner().store
    kept = store.get(run.id)
    if kept is None:
        raise InvalidRequest(f"There is no run with the address {run.id!r} any more.")
    config = from_record(TrainConfig, kept.config)
    points = {FROM_START: "Its first step"}
    frames = store.frame_steps(run.id) if run.ended else []
    points |= {FROM_FRAME: "A step of its film"} if len(frames) > 1 else {}
    points |= {FROM_END: "Its end"} if run.status == FINISHED and store.can_resume(run.id) else {}
    where = bound(st.segmented_control, "From", points, FROM_START, key="from", names=points)
    if where == FROM_FRAME:
        help_text = "Both start with the weights of this step, and a fresh optimizer."
        step = st.select_slider(
            "Step", frames, frames[len(frames) // 2], key=f"step of {run.id}", help=help_text
        )
        return from_frame(config, run.id, step)
    if where == FROM_END:
        records = [record for _, record in store.events_after(run.id)]
        return from_end(config, run.id, records[-1]["epochs"])
    return config


def choose_setting(config: TrainConfig) -> tuple[str, Any]:
    """The setting that differs in B, and its value there."""
    allowed = {name: label_of(name) for name in raced_settings(config)}
    default = "learning_rate" if "learning_rate" in allowed else next(iter(allowed))
    name = bound(st.selectbox, "Setting that differs in B", allowed, default, key="differ", names=allowed)
    options = {**MODELS[config.model].options, **DATASETS[config.data].options}
    return name, control_of(name, config, options)


def control_of(name: str, config: TrainConfig, options: Mapping[str, Any]) -> Any:
    """The control of a setting or option, which begins with the run's value."""
    if name not in options:
        return (SPECIAL[name] if name in _AS_ON_TRAIN else choose)(name, config)
    given = {**config.model_options, **config.data_options}
    option = options[name]
    return option_field(label_of(name), option, given.get(name, option.default), name)


def start_race(pair: Sequence[TrainConfig], differing: str) -> None:
    """Start both, with names, and show them."""
    runner, ids = runs.runner(), []
    for config, name in zip(pair, ("A: as it was", f"B: {differing}"), strict=True):
        run_id = runs.submit("training", to_record(config))
        rename(runner.store, run_id, name[:MAX_NAME])
        ids.append(run_id)
    st.query_params["runs"] = ",".join(ids)
    for key in ("fork", "reach"):  # of the runs that were shown before
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)
