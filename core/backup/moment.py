"""The runs at the moment at which the database is copied, and what becomes of them in a restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from core.runs.operating import ENDED_IN_PAUSE, WORKER_LOST
from core.runs.status import ENDED, INTERRUPTED, PAUSED, QUEUED, RUNNING
from core.runs.tables import events, film_pictures, frames, runs


@dataclass(frozen=True)
class Moment:
    """counts: rows by table. ended: when each run ended that may have a checkpoint. whole: runs that may."""

    counts: Mapping[str, int]
    ended: Mapping[str, float]
    whole: frozenset[str]


def moment_of(connection: sa.Connection) -> Moment:
    """As this transaction sees the database."""
    counts = {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in (runs, events, frames, film_pictures)
    }
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.status, runs.c.ended_at).where(runs.c.pruned_at.is_(None))
    ).all()
    ended = {row.id: row.ended_at for row in rows if row.status in ENDED}
    return Moment(counts, ended, frozenset(row.id for row in rows))


def ended_at(connection: sa.Connection, run_id: str) -> float | None:
    """When the run ended; None where it has resumed, or is gone."""
    return connection.execute(sa.select(runs.c.ended_at).where(runs.c.id == run_id)).scalar()


def ending_of_open_runs(now: float) -> tuple[sa.Update, sa.Update]:
    """What was at work has no worker here; as after the end of a server it resumes from its checkpoint."""
    at_work = (runs.c.worker.is_not(None), runs.c.status.in_((RUNNING, PAUSED, QUEUED)))
    worked = runs.c.worked_s + sa.func.coalesce(runs.c.seen_at - runs.c.claimed_at, 0.0)
    reason = sa.case((runs.c.status == PAUSED, ENDED_IN_PAUSE), else_=WORKER_LOST)
    ended = {"status": INTERRUPTED, "message": reason, "ended_at": now}
    ended |= {"worker": None, "claimed_at": None, "address": None}
    mine = runs.update().where(*at_work)
    return mine.values(worked_s=worked), mine.values(ended)
