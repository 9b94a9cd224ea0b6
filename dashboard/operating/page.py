"""Server: who runs what and what that takes, for the operator of a server that people share."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Literal

import pandas as pd
import streamlit as st

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.operator_settings import operator_settings
from core.runs.hosting import logins
from core.runs.hosting.notices import MAX_TEXT, drain, held, publish
from core.runs.operating import OpenRun, open_work
from core.runs.retention import usage
from core.runs.runners.cluster_report import Report
from core.runs.status import QUEUED
from dashboard.components.markdown import escaped
from dashboard.components.runner import quota, runner
from dashboard.components.runs import JOB_TITLES, STATUS_BADGES
from dashboard.components.visitor import Visitor, visitor
from dashboard.server.health import OK, look

PATH, TITLE, ICON = "operator", "Server", ":material/admin_panel_settings:"
REFRESH_S = 4.0
MIB = 2**20
_TABLE, _TEXT, _FAULT = "runs of all", "message to all", "why a message was refused"
NOT_FOR_YOU = (
    "This page is for the operators and teachers of this server. An operator is who has that role by a group "
    "of the login, or whose id stands in `NABLASCOPE_OPERATORS`."
)


def may_see(who: Visitor) -> bool:
    """Whether the page is this visitor's."""
    return who.is_operator or who.is_teacher


def entry(who: Visitor) -> st.Page:
    """Of the menu, where the page is this visitor's."""
    shown: Literal["visible", "hidden"] = "visible" if may_see(who) else "hidden"
    return st.Page(draw, title=TITLE, icon=ICON, url_path=PATH, visibility=shown)


def draw() -> None:
    """The page; others read who may see it."""
    st.title(TITLE)
    who = visitor()
    if not may_see(who):
        st.info(NOT_FOR_YOU, icon=":material/lock:")
        st.caption(f"Your id here is `{str(who.owner.id).replace('`', chr(39))}`.")
        return
    st.markdown("Who runs what here, what it takes, and what everybody reads on top of their pages.")
    _draw_to_all(who)
    st.fragment(_draw_work, run_every=REFRESH_S)()
    if who.is_operator:
        _draw_disk()


def _draw_to_all(who: Visitor) -> None:
    now = held(runner().store)
    with st.container(border=True):
        st.header("To everybody")
        st.session_state.setdefault(_TEXT, now.message)
        st.text_area(
            "Message on top of every page",
            key=_TEXT,
            max_chars=MAX_TEXT,
            height=80,
            placeholder="The server restarts at 18:00; running trainings resume by themselves.",
        )
        fault = st.session_state.pop(_FAULT, "")
        if fault:
            st.error(escaped(fault))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Publish", icon=":material/campaign:", type="primary", on_click=_publish)
            st.button("Withdraw", icon=":material/close:", on_click=_withdraw, disabled=not now.message)
            if who.is_operator:
                label = "Let runs start again" if now.drained_since else "Drain: no new run starts"
                icon = ":material/play_arrow:" if now.drained_since else ":material/hourglass_bottom:"
                st.button(label, key="drain", icon=icon, on_click=_drain, args=(not now.drained_since,))
        if now.message_since:
            st.caption(f"Published {_ago(now.message_since)}. Pages that are open show a change within 30 s.")


def _publish() -> None:
    if may_see(visitor()):
        try:
            publish(runner().store, st.session_state.get(_TEXT, ""))
        except InvalidRequest as error:
            st.session_state[_FAULT] = str(error)


def _withdraw() -> None:
    if may_see(visitor()):
        publish(runner().store, "")
        st.session_state[_TEXT] = ""


def _drain(on: bool) -> None:
    if visitor().is_operator:
        drain(runner().store, on)


def _draw_work() -> None:
    who, store = visitor(), runner().store
    if not may_see(who):  # signed out in another tab
        return
    work = open_work(store)
    named = logins.names(store, {run.owner for run in work if run.owner})
    _draw_figures(work)
    st.header("Who runs what")
    if not work:
        st.info("Nothing runs, and nothing waits.")
        return
    table = pd.DataFrame([_row(run, named) for run in work])
    chosen = st.dataframe(
        table,
        # With other rows it is another table, so that nobody stops the run that has moved to a selected row.
        key=f"{_TABLE} {' '.join(run.id for run in work)}",
        hide_index=True,
        placeholder="–",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Worked": st.column_config.NumberColumn(format="%d s", help="Without waits and pauses"),
            "Memory": st.column_config.NumberColumn(
                format="%d MiB", help="Resident memory of its worker, where that runs on this server"
            ),
        },
    )
    rows = [row for row in chosen["selection"]["rows"] if row < len(work)]
    st.button(
        f"Stop {len(rows)} selected" if rows else "Stop selected",
        key="stop_selected",
        icon=":material/stop:",
        disabled=not rows,
        on_click=_stop,
        args=(tuple(work[row].id for row in rows),),
    )
    st.caption("Select rows to stop them. What a run has recorded until then stays.")
    _draw_quotas(work, named)


def _draw_figures(work: list[OpenRun]) -> None:
    health = look(runner, operator_settings().min_free_mib)
    by_status = Counter(run.status for run in work)
    waits = [time.time() - run.queued_at for run in work if run.status == QUEUED]
    memory = sum(run.memory_bytes or 0 for run in work)
    with st.container(horizontal=True, gap="large"):
        st.metric("At work", len(work) - by_status[QUEUED], width="content")
        st.metric("Waiting", by_status[QUEUED], width="content")
        st.metric("Longest wait", _seconds(max(waits, default=0.0)), width="content")
        st.metric("Memory of workers", f"{memory // MIB:,} MiB", width="content")
    faults = {"store": health.store, "worker": health.worker, "disk": health.disk}
    said = [f"{name}: {escaped(text)}" for name, text in faults.items() if text != OK]
    if said:
        st.error("Not ready for runs. " + "; ".join(said), icon=":material/heart_broken:")
    else:
        st.success(
            "Ready: the store can be written, a worker lives, and disk is left.", icon=":material/favorite:"
        )
    if cluster := runner().cluster():
        _draw_nodes(cluster)


def _draw_nodes(cluster: Report) -> None:
    st.header("Nodes of the cluster")
    if not cluster.nodes:
        st.info(escaped(cluster.fault or "The cluster has no node with a processor."))
        return
    rows = [
        {"Node": node.name, "At work": node.at_work, "Of": node.runs, "Why it can do none": node.refused}
        for node in cluster.nodes
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _row(run: OpenRun, named: dict[str, str]) -> dict[str, Any]:
    return {
        "Whose": _owner(run.owner, named),
        "Run": _what(run),
        "State": STATUS_BADGES[run.status][0],
        "Since": _ago(run.queued_at),
        "Worked": round(run.worked_s),
        "Memory": None if run.memory_bytes is None else run.memory_bytes // MIB,
        "Id": run.id,
    }


def _what(run: OpenRun) -> str:
    """The job, and of a training what learns from which data; a run of another version may have others."""
    title, config = JOB_TITLES.get(run.job, run.job), run.config.get("training", run.config)
    model, data = MODELS.get(config.get("model", "")), DATASETS.get(config.get("data", ""))
    return f"{title}: {model.name} on {data.name}" if model and data else title


def _stop(run_ids: tuple[str, ...]) -> None:
    if may_see(visitor()):
        for run_id in run_ids:
            runner().request(run_id, "stop")


def _draw_quotas(work: list[OpenRun], named: dict[str, str]) -> None:
    limit = quota().of_owner
    by_owner = Counter(run.owner for run in work)
    st.header("Quotas")
    ranked = sorted(by_owner, key=by_owner.__getitem__, reverse=True)
    rows = [{"Whose": _owner(one, named), "Open runs": by_owner[one], "Of": limit} for one in ranked]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "`NABLASCOPE_MAX_OPEN_RUNS` is the limit of each person, `NABLASCOPE_MAX_OPEN_RUNS_OF_ADDRESS` that "
        "of all behind one address, `NABLASCOPE_MAX_RUNS` how many work at once on a machine "
        f"({runner().max_concurrent_runs()} now in all)."
    )


def _draw_disk() -> None:
    st.header("Disk")
    kinds = usage(runner().store, runner().keep_bytes)
    rows = [
        {
            "Kind": one.kind,
            "MiB": round(one.bytes / MIB, 1),
            "Of MiB": one.max_bytes // MIB,
            "Full": one.bytes / max(one.max_bytes, 1),
            "When it is full": one.rule,
        }
        for one in kinds
    ]
    bar = st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={"Full": bar})
    st.caption(
        "`NABLASCOPE_KEEP_MIB` is what all of them may take together. What open runs need is never deleted."
    )


def _owner(owner: str | None, named: dict[str, str]) -> str:
    if owner is None:
        return "nobody known"
    return (
        f"{named[owner]} ({owner})"
        if owner in named
        else f"a browser ({owner})"
        if ":" not in owner
        else owner
    )


def _ago(since: float) -> str:
    return f"{_seconds(max(0.0, time.time() - since))} ago"


def _seconds(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
