"""Whether the server lives, whether it can take work, and its figures: /health, /ready and /metrics.

A load balancer asks /ready before it sends visitors; a supervisor restarts what does not answer /health. A
store that cannot be written makes a server unready, not dead: a restart would mend nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import InvalidRequest
from core.runs.operating import counts
from core.runs.runners.cluster_report import Report
from core.runs.runners.local import LocalRunner
from dashboard.server.metrics import MEDIA_TYPE, Answers, Family, text_of

FRESH = {"cache-control": "no-store"}
KEPT_S = 1.0  # for so long one look serves everybody who asks
MAX_WAIT_S = 3.0  # a store that answers no sooner is as good as locked
OK = "ok"


@dataclass(frozen=True)
class Readiness:
    """A sentence for each thing that a run needs; "ok" where it is there."""

    store: str
    worker: str
    disk: str

    @property
    def ready(self) -> bool:
        """Whether all is there."""
        return self.store == self.worker == self.disk == OK


def look(runner: Callable[[], LocalRunner], min_free_mib: int) -> Readiness:
    """What is there now."""
    try:
        running = runner()
        running.store.check()
        folder = running.store.files
    except (InvalidRequest, OSError) as error:
        return Readiness(str(error), "not known while the store cannot be written", "not known")
    free_mib = shutil.disk_usage(folder).free // 2**20
    return Readiness(
        OK,
        running.unready_reason() or OK,
        OK if free_mib >= min_free_mib else f"{free_mib} MiB are left; at least {min_free_mib} are needed",
    )


def routes(
    bases: set[str], runner: Callable[[], LocalRunner], answers: Answers, min_free_mib: int
) -> list[Route]:
    """The three routes below each of these paths: whoever probes a server may not know its base path."""
    health = _Health(runner, answers, min_free_mib)
    return [
        Route(f"{base}/{name}", endpoint)
        for base in sorted(bases)
        for name, endpoint in (
            ("health", health.health),
            ("ready", health.ready),
            ("metrics", health.metrics),
        )
    ]


class _Health:
    """The routes; what they ask is asked in a thread, once a second at most."""

    def __init__(self, runner: Callable[[], LocalRunner], answers: Answers, min_free_mib: int) -> None:
        self._runner, self._answers, self._min_free_mib = runner, answers, min_free_mib
        self._started_at = time.time()
        self._found: tuple[float, Readiness] = (-KEPT_S, Readiness("", "", ""))
        self._looking: asyncio.Task[Readiness] | None = None

    async def health(self, _request: Request) -> Response:
        """The process answers."""
        return PlainTextResponse(OK, headers=FRESH)

    async def ready(self, _request: Request) -> Response:
        """200 where runs can be started and kept, else 503; both say what was found."""
        found = await self._readiness()
        shown = {"ready": found.ready, "store": found.store, "worker": found.worker, "disk": found.disk}
        return JSONResponse(shown, 200 if found.ready else 503, FRESH)

    async def metrics(self, _request: Request) -> Response:
        """Figures for a monitoring system; those of the store are left out while it cannot be read."""
        ready = (await self._readiness()).ready
        try:
            of_runs = await asyncio.wait_for(run_in_threadpool(self._of_runs), MAX_WAIT_S)
        except (InvalidRequest, OSError, TimeoutError):
            of_runs = []
        families = [
            Family("nablascope_ready", "gauge", "1 where runs can be started and kept.", [({}, int(ready))]),
            *of_runs,
            *self._of_answers(),
        ]
        return Response(text_of(families), media_type=MEDIA_TYPE, headers=FRESH)

    async def _readiness(self) -> Readiness:
        """What was found a moment ago, or is found now; one look at a time, however long it takes."""
        moment = time.monotonic()
        if moment - self._found[0] < KEPT_S:
            return self._found[1]
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(run_in_threadpool(look, self._runner, self._min_free_mib))
        try:
            found = await asyncio.wait_for(asyncio.shield(self._looking), MAX_WAIT_S)
        except TimeoutError:
            found = Readiness(f"it has not answered for {MAX_WAIT_S:g} s", "not known", "not known")
        except Exception as error:
            found = Readiness(f"{type(error).__name__}: {error}", "not known", "not known")
        self._found = (time.monotonic(), found)
        return found

    def _of_runs(self) -> list[Family]:
        running = self._runner()
        by_status = [({"status": status}, number) for status, number in counts(running.store).items()]
        workers = running.living_workers()
        waits = running.longest_wait_s()
        memory = [({"of": "server"}, _memory(psutil.Process().pid))]
        memory.append(({"of": "workers"}, sum(map(_memory, workers))))
        free = shutil.disk_usage(running.store.files).free
        return [
            Family("nablascope_runs", "gauge", "Runs in the store by status.", by_status),
            Family(
                "nablascope_queue_wait_seconds",
                "gauge",
                "How long the run has waited that waits longest.",
                [({}, round(waits, 3))],
                "seconds",
            ),
            Family("nablascope_workers", "gauge", "Worker processes that live.", [({}, len(workers))]),
            *_of_cluster(running.cluster()),
            Family(
                "nablascope_max_concurrent_runs",
                "gauge",
                "How many runs may run at once.",
                [({}, running.max_concurrent_runs())],
            ),
            Family("nablascope_memory_bytes", "gauge", "Resident memory.", memory, "bytes"),
            Family("nablascope_disk_free_bytes", "gauge", "Left for runs.", [({}, free)], "bytes"),
        ]

    def _of_answers(self) -> list[Family]:
        seen = self._answers
        refused = [({"code": str(code)}, number) for code, number in sorted(seen.refused.items())]
        return [
            Family(
                "nablascope_start_time_seconds",
                "gauge",
                "When the server started, since 1970.",
                [({}, round(self._started_at, 3))],
                "seconds",
            ),
            Family("nablascope_film_answers", "counter", "Answers with frames of films.", [({}, seen.film)]),
            Family("nablascope_film_bytes", "counter", "Bytes of them.", [({}, seen.film_bytes)], "bytes"),
            Family("nablascope_refused", "counter", "Requests that were refused, by code.", refused),
        ]


def _of_cluster(said: Report | None) -> list[Family]:
    """The nodes that can do runs and those that cannot; nothing where this machine does them."""
    if said is None:
        return []
    able = sum(node.runs > 0 for node in said.nodes)
    nodes = [({"state": "ready"}, able), ({"state": "refused"}, len(said.nodes) - able)]
    return [Family("nablascope_cluster_nodes", "gauge", "Nodes of the cluster that does the runs.", nodes)]


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:  # it has just ended
        return 0
