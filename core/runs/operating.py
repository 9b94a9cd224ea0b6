"""Runs as an operator sees them: who runs what, how many wait, what they take, what a restart resumes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.runs.identity import memory_bytes
from core.runs.listing import STATUSES
from core.runs.status import INTERRUPTED, PAUSED, QUEUED, RUNNING
from core.runs.store import RunStore
from core.runs.tables import runs

# Why a run was interrupted, where nothing was wrong with the run itself.
SERVER_ENDED = "The server ended while this run was in progress."
WORKER_LOST = "The server or its worker ended while this run was in progress."
# A person had paused it, and finds it so.
ENDED_IN_PAUSE = "The server or its worker ended while this run was paused."

MAX_AGE_S = 24 * 3600.0  # who was interrupted longer ago has long seen it


@dataclass(frozen=True)
class OpenRun:
    """A run that waits, works or is paused. Times are seconds since 1970."""

    id: str
    job: str
    config: Mapping[str, Any]
    status: str
    owner: str | None
    queued_at: float
    worked_s: float
    memory_bytes: int | None  # of its worker, where that is known


def open_work(store: RunStore, now: float | None = None) -> list[OpenRun]:
    """Everything that is open, oldest in the queue first."""
    now = time.time() if now is None else now
    return [
        OpenRun(
            run.id,
            run.job,
            run.config,
            run.status,
            run.owner,
            run.queued_at,
            run.worked(now),
            memory_bytes(run.worker) if run.worker else None,
        )
        for run in store.all_with_status(RUNNING, PAUSED, QUEUED)
    ]


def reason_of(status: str, reason: str) -> str:
    """What is kept with a run that the end of its server interrupts."""
    return ENDED_IN_PAUSE if status == PAUSED else reason


def counts(store: RunStore) -> dict[str, int]:
    """How many runs have each status."""
    query = sa.select(runs.c.status, sa.func.count()).group_by(runs.c.status)
    with store.reading() as connection:
        found = {row.status: row[1] for row in connection.execute(query)}
    return {status: found.get(status, 0) for status in STATUSES}


def left_by_a_restart(store: RunStore, now: float | None = None) -> list[str]:
    """The runs that the end of a server interrupted and that can resume from a checkpoint, first come first.

    A run that has made no checkpoint since it was last asked for is none of them: it may be what ends
    servers. One that has only given way meanwhile was not asked for again.
    """
    now = time.time() if now is None else now
    query = (
        sa.select(runs.c.id, sa.func.coalesce(runs.c.asked_at, runs.c.queued_at).label("asked_at"))
        .where(
            runs.c.status == INTERRUPTED,
            runs.c.message.in_((SERVER_ENDED, WORKER_LOST)),
            runs.c.ended_at > now - MAX_AGE_S,
        )
        .order_by(runs.c.created_at)
    )
    with store.reading() as connection:
        found = [*connection.execute(query)]
    return [run_id for run_id, asked_at in found if _has_got_on(store, run_id, asked_at)]


def _has_got_on(store: RunStore, run_id: str, asked_at: float) -> bool:
    if not store.can_resume(run_id):
        return False
    try:
        return store.checkpoint_file(run_id).stat().st_mtime > asked_at
    except OSError:  # pruned meanwhile
        return False
