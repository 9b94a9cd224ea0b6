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
from core.training.race import fork, raced_settings
from dashboard.components import runs
from dashboard.components.address import bound
from dashboard.components.option_field import option_field
from dashboard.components.settings_text import label_of, setting_in_words
from dashboard.run_list.records import labels
from dashboard.training_form import SPECIAL, choose

FROM_START, FROM_END = "start", "end"


def draw_race(chosen: Sequence[ListedRun]) -> None:
    """Fork a run into two that differ in one setting, and start both."""
    st.caption(
        "Two trainings with the same data in the same order and the same first weights, in which one setting "
        "differs: what the curves then show comes from that setting. (Where the setting changes the "
        "network's shape, its weights are other ones of the same seed.)"
    )
    by_id = {run.id: run for run in chosen}
    names = dict(zip(by_id, labels(chosen), strict=True))
    first, second, third = st.columns(3)
    with first:
        base = by_id[
            bound(
                st.selectbox, "Fork the run", names, chosen[0].id, key="fork", names=names, filter_mode=None
            )
        ]
    kept = runs.runner().store.get(base.id)
    try:
        config = from_record(TrainConfig, kept.config) if kept else None
    except InvalidRequest as error:
        st.error(str(error))
        return
    if config is None:
        return
    with second:
        points = {FROM_START: "Its first step"}
        if base.status == FINISHED and runs.runner().store.can_resume(base.id):
            points[FROM_END] = "Its end"
        where = bound(st.segmented_control, "From", points, FROM_START, key="from", names=points)
    allowed = raced_settings(config, where == FROM_END)
    with third:
        settings = {name: label_of(name) for name in allowed}
        default = "learning_rate" if "learning_rate" in allowed else allowed[0]
        name = bound(
            st.selectbox, "Setting that differs in B", settings, default, key="differ", names=settings
        )
        options = {**MODELS[config.model].options, **DATASETS[config.data].options}
    try:
        with third:
            value = control_of(name, config, options)
        pair = forked(base, config, name, value, where)
    except InvalidRequest as error:
        st.info(str(error))
        pair = None
    if st.button("Start the race", icon=":material/flag:", type="primary", disabled=pair is None) and pair:
        start_race(pair, setting_in_words(name, value))
        st.rerun()


def control_of(name: str, config: TrainConfig, options: Mapping[str, Any]) -> Any:
    """The control of a setting or option, which begins with the run's value."""
    if name not in options:
        return SPECIAL.get(name, choose)(name, config)
    given = {**config.model_options, **config.data_options}
    option = options[name]
    return option_field(label_of(name), option, given.get(name, option.default), name)


def forked(
    base: ListedRun, config: TrainConfig, name: str, value: Any, where: str
) -> tuple[TrainConfig, TrainConfig]:
    """The two trainings. Raises InvalidRequest for what cannot be."""
    if where == FROM_START:
        return fork(config, name, value)
    records = [record for _, record in runs.runner().store.events_after(base.id)]
    return fork(config, name, value, base.id, records[-1]["epochs"])


def start_race(pair: Sequence[TrainConfig], differing: str) -> None:
    """Start both, with names, and show them."""
    runner, ids = runs.runner(), []
    for config, name in zip(pair, ("A: as it was", f"B: {differing}"), strict=True):
        run_id = runner.submit("training", to_record(config))
        runs.set_owner(runner.store, run_id, runs.this_browser())
        rename(runner.store, run_id, name[:MAX_NAME])
        ids.append(run_id)
    st.query_params["runs"] = ",".join(ids)
    for key in ("fork", "reach"):  # of the runs that were shown before
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)
