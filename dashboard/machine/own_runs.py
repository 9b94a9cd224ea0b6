"""Which processes of this machine work on a run of this server, so that they are shown by its name."""

from __future__ import annotations

import platform
from typing import Any

from core.runs.listing import RunQuery, listed
from core.runs.status import PAUSED, RUNNING
from core.runs.store import RunStore
from dashboard.components.runs import JOB_TITLES, VIEW_OF_JOB


def own_runs(store: RunStore, base: str) -> dict[str, dict[str, str]]:
    """Name and address of the run of each worker on this host, by its process id."""
    workers = {run.id: run.worker for run in store.all_with_status(RUNNING, PAUSED) if run.worker}
    if not workers:
        return {}
    names = {run.id: run for run in listed(store, RunQuery(ids=tuple(workers))).runs}
    found: dict[str, dict[str, str]] = {}
    for run_id, worker in workers.items():
        host, pid, _ = worker.rsplit("/", 2)
        if host == platform.node() and run_id in names:
            found[pid] = _link(names[run_id], base)
    return found


def _link(run: Any, base: str) -> dict[str, str]:
    kind = JOB_TITLES.get(run.job, run.job)
    of = ", ".join(filter(None, (run.model, run.data)))
    name = run.name or f"{kind[:1].upper()}{kind[1:]}{f' of {of}' if of else ''}"
    view = VIEW_OF_JOB.get(run.job)
    return {"name": name, "address": f"{base}/{view}?run={run.id}" if view else ""}
