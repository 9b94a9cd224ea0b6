"""Which processes of this machine work on a run of this server, so that they are shown by its name."""

from __future__ import annotations

from typing import Any

import psutil

from core.runs.identity import machine_of, this_machine
from core.runs.listing import ListedRun, RunQuery, listed
from core.runs.status import PAUSED, RUNNING
from core.runs.store import RunStore
from dashboard.components.runs import JOB_TITLES, VIEW_OF_JOB
from dashboard.components.visitor import is_shared


class OwnRuns:
    """The runs that are in progress, each with its process; asked repeatedly, for the load in between."""

    def __init__(self) -> None:
        self._processes: dict[str, psutil.Process] = {}

    def now(self, store: RunStore, base: str) -> dict[str, dict[str, Any]]:
        """Of each worker on this machine, by its process id: name and address of its run, memory, load.

        utilisation: since the last question, of one core, %; None the first time.
        """
        workers = {run.id: run.worker for run in store.all_with_status(RUNNING, PAUSED) if run.worker}
        names = {run.id: run for run in listed(store, RunQuery(ids=tuple(workers))).runs} if workers else {}
        found: dict[str, dict[str, Any]] = {}
        link = _link_without_name if is_shared() else _link
        before, self._processes = self._processes, {}
        for run_id, worker in workers.items():
            pid = worker.rsplit("/", 2)[1]
            if machine_of(worker) == this_machine() and run_id in names:
                found[pid] = link(names[run_id], base) | self._load(pid, before)
        return found

    def _load(self, pid: str, before: dict[str, psutil.Process]) -> dict[str, Any]:
        try:
            process = before.get(pid) or psutil.Process(int(pid))
            self._processes[pid] = process
            used = process.cpu_percent()
            memory = process.memory_info().rss
        except (psutil.Error, OSError):  # it has just ended
            return {"memory": None, "utilisation": None}
        return {"memory": memory, "utilisation": round(used, 1) if pid in before else None}


def _link_without_name(_run: ListedRun, _base: str) -> dict[str, str]:
    """All viewers of a shared server get this answer, and an address lets them look."""
    return {"name": "A run of this server", "address": ""}


def _link(run: ListedRun, base: str) -> dict[str, str]:
    kind = JOB_TITLES.get(run.job, run.job)
    of = ", ".join(filter(None, (run.model, run.data)))
    name = run.name or f"{kind[:1].upper()}{kind[1:]}{f' of {of}' if of else ''}"
    view = VIEW_OF_JOB.get(run.job)
    return {"name": name, "address": f"{base}/{view}?run={run.id}" if view else ""}
