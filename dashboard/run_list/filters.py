"""The controls of the list of runs: search, filters and order, all of them in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from core.data import DATASETS
from core.models import MODELS
from core.runs.listing import STATUSES, RunQuery, listed, occurring
from core.runs.store import RunStore
from dashboard.charts.training.curves import METRICS
from dashboard.components.address import bound
from dashboard.components.runs import JOB_TITLES, STATUS_BADGES
from dashboard.components.visitor import is_shared, visitor
from dashboard.run_list.table import COLUMNS, name_of

MINE, ALL = "mine", "all"
_DEFAULT_WHOSE = "default of whose"  # as it was when the session first saw the list
ROWS = 25
DESCENDING, ASCENDING = "descending", "ascending"


def choose_query(store: RunStore) -> RunQuery:
    """The whole list that the controls ask for, of which a page is then cut."""
    present = occurring(store, None if visitor().sees_all() else visitor().owner.id)
    with st.container(border=True):
        search, whose = st.columns([3, 1], vertical_alignment="bottom")
        with search:
            text = st.text_input(
                "Search",
                key="search",
                bind="query-params",
                placeholder="name, note, network, data, or a setting such as learning_rate=0.1",
                icon=":material/search:",
            )
        with whose:
            owner = choose_owner(store)
        chosen: dict[str, Any] = {**choose_among(present)}
        with st.expander("More filters, and the order", icon=":material/tune:"):
            chosen |= choose_bounds(present["metrics"])
            sort, descending = choose_order()
    return RunQuery(text=text, owner=owner, sort=sort, descending=descending, **chosen)


def choose_owner(store: RunStore) -> str | None:
    """Whose runs are listed: this browser's, or None for all; its own are the default where it has some.

    On a shared server a list has the visitor's runs, and an operator or a teacher can see all.
    """
    here, state = visitor(), st.session_state
    browser = str(here.owner.id)
    if is_shared() and not here.sees_all():
        return browser
    if _DEFAULT_WHOSE not in state:
        own = listed(store, RunQuery(owner=browser, limit=1)).total
        state[_DEFAULT_WHOSE] = MINE if own else ALL
    names = {MINE: "Yours" if here.person else "This browser's", ALL: "All"}
    whose = bound(
        st.segmented_control,
        "Runs",
        names,
        state[_DEFAULT_WHOSE],
        key="whose",
        names=names,
        help="All are those of everybody who uses this server. Runs that another browser started can be "
        "opened and continued, not renamed or deleted.",
    )
    return browser if whose == MINE else None


def choose_among(present: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Kinds, status, networks and data sets, of those that some run has."""
    names: dict[str, tuple[str, Sequence[str], Callable[[str], str]]] = {
        "jobs": ("Kind", present["jobs"], lambda key: JOB_TITLES[key].capitalize()),
        "statuses": (
            "Status",
            [one for one in STATUSES if one in present["statuses"]],
            lambda key: STATUS_BADGES[key][0],
        ),
        "models": ("Network", present["models"], lambda key: name_of(MODELS, key)),
        "datasets": ("Data", present["datasets"], lambda key: name_of(DATASETS, key)),
    }
    keys = {"jobs": "kind", "statuses": "status", "models": "model", "datasets": "data"}
    chosen = {}
    for column, (field, (label, options, name)) in zip(st.columns(4), names.items(), strict=True):
        with column:
            chosen[field] = tuple(
                bound(
                    st.multiselect,
                    label,
                    options,
                    [],
                    key=keys[field],
                    names={key: name(key) for key in options},
                    placeholder="any",
                )
            )
    return chosen


def choose_bounds(metrics: Sequence[str]) -> dict[str, Any]:
    """Metric, time and date."""
    columns = st.columns(3)
    with columns[0]:
        names = {key: METRICS[key].name if key in METRICS else key for key in metrics}
        chosen = bound(st.multiselect, "Metric", metrics, [], key="metric", names=names, placeholder="any")
        since = st.date_input("Since", None, key="since", bind="query-params", format="YYYY-MM-DD")
    with columns[1]:
        numbers = choose_number("min_value", "Metric at least") | choose_number("max_value", "Metric at most")
    with columns[2]:
        numbers |= choose_number("min_seconds", "Seconds at least")
        numbers |= choose_number("max_seconds", "Seconds at most")
    with columns[0]:
        until = st.date_input("Until", None, key="until", bind="query-params", format="YYYY-MM-DD")
    days = {"since": since_midnight(since), "until": since_midnight(until, days_later=1)}
    return {"metrics": tuple(chosen)} | numbers | days


def choose_number(name: str, label: str) -> dict[str, float | None]:
    """A bound, by the name that a query has for it; None for no bound."""
    given = st.number_input(
        label, value=None, key=name, bind="query-params", placeholder="any", step=0.01, format="%g"
    )
    return {name: given}


def choose_order() -> tuple[str, bool]:
    """By which column, and whether the greatest comes first; the table's headers set these two."""
    by, order = st.columns(2)
    with by:
        labels = {key: column.label for key, column in COLUMNS.items()}
        sort = bound(st.selectbox, "Sort by", labels, "created", key="sort", names=labels, filter_mode=None)
    with order:
        names = {DESCENDING: "Greatest or newest first", ASCENDING: "Least or oldest first"}
        chosen = bound(st.segmented_control, "Order", names, DESCENDING, key="order", names=names)
    return sort, chosen == DESCENDING


def sort_by(column: str) -> None:
    """What a click on a heading does: sort by it, or turn the order around."""
    state = st.session_state
    if state.get("sort") == column:
        state["order"] = ASCENDING if state.get("order") == DESCENDING else DESCENDING
    else:
        state["order"] = DESCENDING if COLUMNS[column].descending else ASCENDING
    state["sort"] = column
    state["page"] = 1


def since_midnight(day: Any, days_later: int = 0) -> float | None:
    """The start of a day of this server's clock, in seconds since 1970."""
    if not isinstance(day, date):
        return None
    return (datetime.combine(day, datetime.min.time()) + timedelta(days=days_later)).timestamp()
