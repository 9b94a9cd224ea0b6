"""The list of runs: filtered, sorted and cut into pages by the store, and what a person does with one.

A list reads indexes, the narrow table of summaries, and the whole rows of one page alone, so that it takes
as long with ten thousand runs as with ten.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.checks import integer, number, one_of
from core.errors import InvalidRequest
from core.paths import delete_file
from core.runs.retention import remove
from core.runs.status import ENDED, FAILED, FINISHED, INTERRUPTED, LIMITED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.store import RunStore
from core.runs.summaries import LISTED, bring_up_to_date, result, write
from core.runs.tables import runs, summaries

STATUSES = (QUEUED, RUNNING, PAUSED, FINISHED, STOPPED, LIMITED, FAILED, INTERRUPTED)
MAX_NAME, MAX_NOTE = 80, 500  # characters
MAX_TEXT = 500  # characters that are searched for
MAX_ROWS = 10_000  # of one page
MAX_OFFSET = 10**9
_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # Unicode's bidirectional controls
STOP_WAIT_S = 10.0
POLL_EVERY_S = 0.05

_BOUNDS = ("min_value", "max_value", "min_seconds", "max_seconds", "since", "until")
_RAN_S = "seconds"  # what is sorted and filtered by this is worked out anew, as open runs grow
SORTS: dict[str, Any] = {
    "created": runs.c.created_at,
    "name": sa.func.lower(summaries.c.name),
    "note": sa.func.lower(summaries.c.note),
    "job": runs.c.job,
    "model": summaries.c.model,
    "data": summaries.c.data,
    "settings": sa.cast(summaries.c.settings, sa.String),
    "value": summaries.c.value,
    "seconds": _RAN_S,
    "status": runs.c.status,
}


@dataclass(frozen=True)
class RunQuery:
    """Which runs, in which order, and which part of them; an empty tuple lets all pass.

    Raises InvalidRequest for what no run can be.
    """

    text: str = ""  # words that name, note, address, network, data or settings must all contain
    jobs: tuple[str, ...] = ()  # of LISTED
    statuses: tuple[str, ...] = ()  # of STATUSES
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    owner: str | None = None  # whose they are
    ids: tuple[str, ...] = ()
    min_value: float | None = None  # of the metric
    max_value: float | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    since: float | None = None  # when they were asked for, in seconds since 1970
    until: float | None = None
    sort: str = "created"  # a key of SORTS
    descending: bool = True
    offset: int = 0
    limit: int = 25

    def __post_init__(self) -> None:
        for name, given, known in (("kind", self.jobs, LISTED), ("status", self.statuses, STATUSES)):
            for one in given:
                one_of(name, one, known)
        one_of("sort", self.sort, SORTS)
        integer("limit", self.limit, 1, MAX_ROWS)
        integer("offset", self.offset, 0, MAX_OFFSET)
        if len(self.text) > MAX_TEXT:
            raise InvalidRequest(
                f"A search for {len(self.text):,} characters is not possible; at most {MAX_TEXT} are."
            )
        for name in _BOUNDS:
            if (bound := getattr(self, name)) is not None:
                number(name, bound)


@dataclass(frozen=True)
class ListedRun:
    """A run as a list shows it; metric and value of an open one are those of its last epoch so far."""

    id: str
    name: str
    note: str
    job: str
    model: str | None
    data: str | None
    settings: Mapping[str, Any]  # those that differ from the defaults
    metric: str | None
    value: float | None  # on the test split
    seconds: float | None  # None before it has started
    status: str
    created: float  # seconds since 1970
    owner: str | None

    @property
    def ended(self) -> bool:
        """True when nothing more will come."""
        return self.status in ENDED


@dataclass(frozen=True)
class Listing:
    """One page of a list, and how many runs the whole list has."""

    runs: tuple[ListedRun, ...]
    total: int


def listed(store: RunStore, query: RunQuery) -> Listing:
    """The runs that a query asks for."""
    bring_up_to_date(store)
    now = time.time()
    matching = _joined(sa.func.count()).where(*_conditions(query, now))
    with store.reading() as connection:
        total = connection.execute(matching).scalar() or 0
        ids = connection.execute(_ids(query, now)).scalars().all()
        found = {run.id: run for run in _rows(connection, ids, now)}
    return Listing(tuple(found[run_id] for run_id in ids), total)


def find(store: RunStore, run_id: str) -> ListedRun:
    """One run. Raises InvalidRequest when there is none of this address."""
    found = listed(store, RunQuery(ids=(run_id,))).runs
    if not found:
        raise _no_such(run_id)
    return found[0]


def occurring(store: RunStore, owner: str | None = None) -> dict[str, list[str]]:
    """What there is to filter by: the kinds, statuses, networks, data sets and metrics that runs have.

    owner: whose runs; None for everybody's.
    """
    bring_up_to_date(store)
    columns = {
        "jobs": runs.c.job,
        "statuses": runs.c.status,
        "models": summaries.c.model,
        "datasets": summaries.c.data,
        "metrics": summaries.c.metric,
    }
    whose = [] if owner is None else [runs.c.owner == owner]
    query = _joined(*columns.values()).where(*_listed(), *whose).distinct()
    with store.reading() as connection:
        rows = connection.execute(query).all()
    each = zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True)
    return {name: sorted({one for one in values if one is not None}) for name, values in each}


def _joined(*columns: Any) -> sa.Select[Any]:
    joined = runs.outerjoin(summaries, summaries.c.run_id == runs.c.id)
    return sa.select(*columns).select_from(joined)


def _listed() -> list[sa.ColumnElement[bool]]:
    return [~runs.c.immediate, runs.c.job.in_(LISTED)]


def _ids(query: RunQuery, now: float) -> sa.Select[Any]:
    by = _ran(now) if SORTS[query.sort] is _RAN_S else SORTS[query.sort]
    ordered = by.desc() if query.descending else by.asc()
    last = [] if query.sort == "created" else [by.is_(None)]  # what has no value comes last either way
    newest = [] if query.sort == "created" else [runs.c.created_at.desc()]
    asked = _joined(runs.c.id).where(*_conditions(query, now))
    return asked.order_by(*last, ordered, *newest, runs.c.id).limit(query.limit).offset(query.offset)


def _conditions(query: RunQuery, now: float) -> list[sa.ColumnElement[bool]]:
    among = (
        (runs.c.job, query.jobs),
        (runs.c.status, query.statuses),
        (summaries.c.model, query.models),
        (summaries.c.data, query.datasets),
        (summaries.c.metric, query.metrics),
        (runs.c.id, query.ids),
    )
    bounds = (
        (summaries.c.value, query.min_value, query.max_value),
        (_ran(now), query.min_seconds, query.max_seconds),
        (runs.c.created_at, query.since, query.until),
    )
    found = _listed()
    found += [column.in_(given) for column, given in among if given]
    found += [column >= low for column, low, _ in bounds if low is not None]
    found += [column <= high for column, _, high in bounds if high is not None]
    found += [runs.c.owner == query.owner] if query.owner is not None else []
    said = summaries.c.typed + " " + summaries.c.words
    return found + [said.contains(word, autoescape=True) for word in query.text.casefold().split()]


def _ran(now: float) -> sa.ColumnElement[float]:
    """How long a run has been at work: what it counted itself, or else since it started."""
    since = sa.func.coalesce(runs.c.claimed_at, runs.c.started_at)
    waits = runs.c.claimed_at.is_(None) & (runs.c.worked_s > 0)
    last = sa.case((waits, 0.0), else_=sa.func.coalesce(runs.c.ended_at, now) - since)
    return sa.func.coalesce(summaries.c.seconds, runs.c.worked_s + last)


def _rows(connection: sa.Connection, ids: Any, now: float) -> list[ListedRun]:
    of_run: list[Any] = [runs.c[name] for name in ("id", "job", "status", "created_at", "owner")]
    of_run.append(_ran(now).label("seconds"))
    of_summary = [
        summaries.c[name] for name in ("name", "note", "model", "data", "settings", "metric", "value")
    ]
    query = _joined(*of_run, *of_summary).where(runs.c.id.in_(ids))
    found = []
    for row in connection.execute(query).mappings():
        values = dict(row)
        values["created"] = values.pop("created_at")
        values |= {name: values[name] or "" for name in ("name", "note")}
        values["settings"] = values["settings"] or {}
        if values["status"] not in ENDED and (so_far := result(connection, values["id"])):
            values |= so_far
        found.append(ListedRun(**values))
    return found


# --- what a person does with a run ----------------------------------------------------------------------


def rename(store: RunStore, run_id: str, name: str | None = None, note: str | None = None) -> None:
    """Give a run another name, or note; None leaves it. Raises InvalidRequest for what is too long.

    Control characters and those that turn the direction of all that follows are left out: they would change
    the terminal, the file or the line in which a list shows them.
    """
    given = {"name": (name, MAX_NAME), "note": (note, MAX_NOTE)}
    texts = {key: _on_a_line(text) for key, (text, _) in given.items() if text is not None}
    for key, text in texts.items():
        if len(text) > given[key][1]:
            raise InvalidRequest(
                f"The {key} has {len(text)} characters; at most {given[key][1]} are possible."
            )
    mine = summaries.c.run_id == run_id
    with store.writing() as connection:
        if not connection.execute(sa.select(runs.c.id).where(runs.c.id == run_id)).first():
            raise _no_such(run_id)
        before = connection.execute(sa.select(summaries.c.name, summaries.c.note).where(mine)).mappings()
        now: dict[str, str | None] = {**(before.first() or {}), **texts}
        typed = " ".join(filter(None, (now.get("name"), now.get("note"))))
        write(connection, run_id, {**texts, "typed": typed.casefold()})


def _on_a_line(text: str) -> str:
    """Words with one space between them, of what can be shown."""
    shown = (" " if unicodedata.category(sign) == "Cc" else sign for sign in text if sign not in _DIRECTIONS)
    return " ".join("".join(shown).split())


def delete(store: RunStore, run_id: str, stop: Callable[[str, str], None] | None = None) -> None:
    """Delete a run with all that it recorded; an open one is stopped before, by stop(run id, "stop").

    Raises InvalidRequest when there is none of this address, when another one that is waiting starts from its
    checkpoint, and when it does not stop.
    """
    run = store.get(run_id)
    if run is None:
        raise _no_such(run_id)
    for other in store.all_with_status(QUEUED):
        if run_id in (other.config.get("resume_from"), other.config.get("start_from")):
            raise InvalidRequest(f"The run {other.id!r} waits to continue from {run_id!r}; stop it before.")
    if not run.ended:
        (stop or store.request)(run_id, "stop")
        _wait_for_end(store, run_id)
    for _ in remove(store, run_id):
        pass
    delete_file(store.checkpoint_file(run_id))


def _wait_for_end(store: RunStore, run_id: str) -> None:
    deadline = time.monotonic() + STOP_WAIT_S
    while (run := store.get(run_id)) is not None and not run.ended:
        if time.monotonic() > deadline:
            raise InvalidRequest(
                f"The run {run_id!r} did not stop within {STOP_WAIT_S:.0f} s, so it was not deleted. A run "
                "whose server has ended is closed when the server starts again."
            )
        time.sleep(POLL_EVERY_S)


def _no_such(run_id: str) -> InvalidRequest:
    return InvalidRequest(f"There is no run with the address {run_id[:40]!r}.")
