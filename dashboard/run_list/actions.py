"""What is done with the runs that are selected in the list: open, continue, export, delete, compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.export.archive import zipped_from_store
from core.records import from_record, to_record
from core.runs.listing import ListedRun, delete
from core.runs.status import FAILED, FINISHED, INTERRUPTED, LIMITED, STOPPED
from core.training import TrainConfig
from core.training.settings import MAX_EPOCHS
from dashboard.components import runs
from dashboard.components.markdown import escaped
from dashboard.components.visitor import visitor
from dashboard.pages import PAGES
from dashboard.run_list.table import query_of

SELECTED, VERSION, MESSAGE = "selected runs", "selection version", "message of the list"
MAX_SIDE_BY_SIDE = 6


def selected_ids() -> list[str]:
    """Addresses of the runs that are selected, on this page of the list or another."""
    return list(st.session_state.setdefault(SELECTED, []))


def select(ids: Sequence[str]) -> None:
    """Make these the selected ones, in the table too."""
    st.session_state[SELECTED] = [*ids]
    st.session_state[VERSION] = st.session_state.get(VERSION, 0) + 1


def open_run(run: ListedRun) -> None:
    """Go to the page that shows a run."""
    st.switch_page(PAGES[runs.VIEW_OF_JOB[run.job]].file, query_params=query_of(run))


def is_mine(run: ListedRun) -> bool:
    """Whether the visitor may rename and delete a run; alone, also those that no browser started."""
    return visitor().owns(run.owner)


def draw_actions(chosen: Sequence[ListedRun]) -> None:
    """A button for each thing that can be done; those that cannot be done now are there, and say why."""
    one = chosen[0] if len(chosen) == 1 else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(chosen)} selected**" if chosen else "None selected")
        if st.button("Open", icon=":material/open_in_new:", disabled=one is None) and one:
            open_run(one)
        draw_continue(one)
        draw_export(one)
        draw_side_by_side(chosen)
        draw_delete(chosen)
        st.button("Clear", icon=":material/close:", disabled=not chosen, on_click=select, args=([],))


def draw_continue(run: ListedRun | None) -> None:
    """One that ended early resumes; a training that has finished trains on, as a run of its own."""
    mine = run is not None and visitor().controls(run.owner)
    possible = run is not None and mine and run.ended and runs.runner().store.can_resume(run.id)
    pressed = st.button(
        "Continue",
        icon=":material/fast_forward:",
        disabled=not possible,
        help="A run that ended early resumes from its last checkpoint. A training that has finished trains "
        "for as many epochs again, as a new run that starts with its weights.",
    )
    if pressed and run:
        try:
            run_id = continued(run)
        except InvalidRequest as error:
            st.session_state[MESSAGE] = str(error)
            st.rerun()
        open_run(replace(run, id=run_id))


def continued(run: ListedRun) -> str:
    """Let a run continue; gives the address of the run that does. Raises InvalidRequest where it cannot."""
    runner = runs.runner()
    runs.check_controls(run.id)
    if run.status in (STOPPED, LIMITED, FAILED, INTERRUPTED):
        runs.resume(run.id)
        return run.id
    kept = runner.store.get(run.id)
    if kept is None or run.status != FINISHED or run.job != "training":
        raise InvalidRequest(f"The run {run.id!r} cannot continue.")
    config = from_record(TrainConfig, kept.config)
    records = [record for _, record in runner.store.events_after(run.id)]
    if records[-1].get("reason") == "diverged":
        raise InvalidRequest("This training diverged, so there is nothing to continue from.")
    epochs = records[-1]["epochs"] + config.epochs
    if epochs > MAX_EPOCHS:
        raise InvalidRequest(f"It would have {epochs:,} epochs; at most {MAX_EPOCHS:,} are possible.")
    further = replace(config, epochs=epochs, resume_from=run.id)
    return runs.submit("training", to_record(further))


def draw_export(run: ListedRun | None) -> None:
    """A training as one zip, which is made when it is asked for."""
    possible = run is not None and run.job == "training" and run.ended and visitor().controls(run.owner)
    st.download_button(
        "Export",
        lambda: zipped_from_store(runs.runner().store, run.id) if run else b"",
        f"nablascope-{run.model}-{run.data}-{run.id}.zip" if run else "nablascope.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
        disabled=not possible,
        help="Of a training that has ended: a script that does it again, weights, ONNX, metrics and "
        "TensorBoard curves in one zip.",
    )


def draw_side_by_side(chosen: Sequence[ListedRun]) -> None:
    """The way to the page that draws several trainings together."""
    trainings = [run for run in chosen if run.job == "training"]
    possible = 2 <= len(trainings) == len(chosen) <= MAX_SIDE_BY_SIDE
    pressed = st.button(
        "Side by side",
        icon=":material/stacked_line_chart:",
        disabled=not possible,
        help=f"Draws the curves of two to {MAX_SIDE_BY_SIDE} trainings together.",
    )
    if pressed:
        query = {"runs": ",".join(run.id for run in trainings)}
        st.switch_page(PAGES["side_by_side"].file, query_params=query)


def draw_delete(chosen: Sequence[ListedRun]) -> None:
    """Deletes the selected runs, once that is confirmed."""
    others = [run for run in chosen if not is_mine(run)]
    help_text = "Another browser has started one of them." if others else "Asks before it does so."
    with st.popover("Delete", icon=":material/delete:", disabled=not chosen or bool(others), help=help_text):
        st.markdown(f"Delete {described(chosen)} for good, with curves, weights and pictures?")
        if any(not run.ended for run in chosen):
            st.markdown("What is still running is stopped first.")
        st.button(
            "Delete for good",
            type="primary",
            on_click=delete_all,
            args=(list(chosen),),
            key="delete for good",
        )


def described(chosen: Sequence[ListedRun]) -> str:
    """The runs in words: by name where that is one."""
    if len(chosen) == 1:
        return f"the run “{escaped(chosen[0].name or chosen[0].id)}”"
    return f"{len(chosen)} runs"


def delete_all(chosen: Sequence[ListedRun]) -> None:
    """Delete them; what cannot be deleted stays selected, and the page says why."""
    runner, left, reasons = runs.runner(), [], []
    for run in filter(is_mine, chosen):  # a browser can press what the page has disabled
        try:
            delete(runner.store, run.id, runner.request)
        except InvalidRequest as error:
            left.append(run.id)
            reasons.append(str(error))
    select(left)
    if reasons:
        st.session_state[MESSAGE] = " ".join(dict.fromkeys(reasons))


def say_message() -> None:
    """What went wrong with what was asked for last."""
    message: Any = st.session_state.pop(MESSAGE, None)
    if message:
        st.error(escaped(message))
