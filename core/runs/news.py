"""Whether a page of runs would be drawn differently now, by one small statement."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import sqlalchemy as sa

from core.runs.status import QUEUED
from core.runs.store import RunStore
from core.runs.tables import events, film_pictures, pictures, runs

QUEUE_S = 3.0  # a place in the queue and a time until a turn change without anything of the run itself


def _of_run(column: sa.ColumnElement[Any], table: sa.Table) -> sa.ScalarSelect[Any]:
    return sa.select(column).where(table.c.run_id == runs.c.id).scalar_subquery()


# What watchers of runs ask, as often as once a second each: built once.
_NEWS = (
    sa.select(
        *(runs.c[name] for name in ("id", "status", "requested", "message", "progress", "queued_at")),
        *(runs.c[name] for name in ("ended_at", "pruned_at", "keep_running", "worker")),
        _of_run(sa.func.max(events.c.sequence), events),
        _of_run(sa.func.count(), pictures),
        _of_run(sa.func.sum(pictures.c.step), pictures),
        _of_run(sa.func.max(film_pictures.c.sequence), film_pictures),
    )
    .where(runs.c.id.in_(sa.bindparam("runs", expanding=True)))
    .order_by(runs.c.id)
)


def news_of(store: RunStore, *run_ids: str) -> str | None:
    """A mark that is another one as soon as there is something new to draw; None without any such run."""
    with store.reading() as connection:
        rows = connection.execute(_NEWS, {"runs": run_ids}).all()
    if not rows:
        return None
    waiting = int(time.time() / QUEUE_S) if any(row.status == QUEUED for row in rows) else 0
    return hashlib.sha256(repr((*map(tuple, rows), waiting)).encode()).hexdigest()[:16]
