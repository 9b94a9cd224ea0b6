"""The newest verdict on each statement of the overview that this server's runs have come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.experiments.overview.registry import STATEMENTS
from core.experiments.overview.results import Result, from_records
from core.runs.status import ENDED
from core.runs.store import RunStore
from core.runs.tables import runs

JOBS = ("statements", "timed_statements")
MAX_RUNS = 400  # newest first; what is older is looked for on the page of runs


@dataclass(frozen=True)
class Verdict:
    """A result, and the run that it came from."""

    run_id: str
    result: Result


def results_of(store: RunStore, run_id: str) -> list[Result]:
    """What a run has come to so far; none where there is no such run."""
    run = store.get(run_id)
    if run is None:
        return []
    records = [record for _, record in store.events_after(run_id)]
    at = run.ended_at or run.seen_at or run.created_at
    return from_records(records, at, run.environment, store.pictures(run_id).values())


def newest(store: RunStore, load: Callable[[str], Sequence[Result]] | None = None) -> Mapping[str, Verdict]:
    """By statement, out of runs that have ended and were tested with the settings of an effort alone.

    load: results_of of an ended run, which may keep what it has loaded once.
    """
    load = load or (lambda run_id: results_of(store, run_id))
    query = (
        sa.select(runs.c.id, runs.c.config)
        .where(runs.c.job.in_(JOBS), runs.c.status.in_(ENDED))
        .order_by(runs.c.ended_at.desc())
        .limit(MAX_RUNS)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    found: dict[str, Verdict] = {}
    for row in rows:
        wanted = set(row.config["statements"]) - set(found)
        if row.config.get("values") or not wanted:
            continue
        found |= {one.statement: Verdict(row.id, one) for one in load(row.id) if one.statement in wanted}
        if len(found) == len(STATEMENTS):
            break
    return found
