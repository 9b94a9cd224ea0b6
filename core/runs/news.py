"""Whether a page of a run would be drawn differently now, by one small statement."""

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
    return sa.select(column).where(table.c.run_id == sa.bindparam("run")).scalar_subquery()


# What watchers of runs ask, as often as once a second each: built once.
_NEWS = sa.select(
    *(runs.c[name] for name in ("status", "requested", "message", "progress", "queued_at", "ended_at")),
    *(runs.c[name] for name in ("pruned_at", "keep_running", "worker")),
    _of_run(sa.func.max(events.c.sequence), events),
    _of_run(sa.func.count(), pictures),
    _of_run(sa.func.sum(pictures.c.step), pictures),
    _of_run(sa.func.max(film_pictures.c.sequence), film_pictures),
).where(runs.c.id == sa.bindparam("run"))


def news_of(store: RunStore, run_id: str) -> str | None:
    """A mark that is another one as soon as there is something new to draw; None without such a run."""
    with store.reading() as connection:
        row = connection.execute(_NEWS, {"run": run_id}).first()
    if row is None:
        return None
    waiting = int(time.time() / QUEUE_S) if row.status == QUEUED else 0
    return hashlib.sha256(repr((*row, waiting)).encode()).hexdigest()[:16]
