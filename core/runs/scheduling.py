"""Which run starts next: first come, first served, benchmarks alone, immediate ones past the queue."""

from __future__ import annotations

import sqlalchemy as sa

from core.runs.status import QUEUED, RUNNING
from core.runs.tables import runs


def next_immediate(connection: sa.Connection, limit: int) -> str | None:
    """The first immediate run that waits, None while `limit` of them are running."""
    mine = sa.select(runs.c.id).where(runs.c.immediate)
    running = connection.execute(mine.where(runs.c.status == RUNNING)).all()
    waiting = mine.where(runs.c.status == QUEUED).order_by(runs.c.queued_at).limit(1)
    return connection.execute(waiting).scalar() if len(running) < limit else None


def next_in_queue(connection: sa.Connection, limit: int, held: str | None) -> str | None:
    """The run at the head of the queue if it may start: below the limit, and alone if it is exclusive.

    held: the paused run that the asking worker holds; it can have that one alone.
    """
    running = connection.execute(
        sa.select(runs.c.exclusive, runs.c.immediate).where(runs.c.status == RUNNING)
    ).all()
    head = connection.execute(
        sa.select(runs.c.id, runs.c.exclusive, runs.c.worker)
        .where(runs.c.status == QUEUED, ~runs.c.immediate)
        .order_by(runs.c.queued_at, runs.c.id)
        .limit(1)
    ).first()
    full = sum(not row.immediate for row in running) >= limit
    if head is None or full or any(row.exclusive for row in running) or (head.exclusive and running):
        return None
    mine = head.id == held if held else head.worker is None
    return head.id if mine else None
