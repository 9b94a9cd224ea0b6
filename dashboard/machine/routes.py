"""What the Live monitor fetches: the readings, their history as files, and the scripts that draw them."""

from __future__ import annotations

import gzip
import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import StoreUnavailable
from core.monitor.poller import EVERY_S, Poller
from core.monitor.records import LIFE, answer, csv_rows, export
from core.runs.store import RunStore
from core.tables import csv_of_records
from dashboard.components.runs import runner
from dashboard.film.routes import GZIP_LEVEL
from dashboard.film.routes import WEB as FILM
from dashboard.live.addresses import base
from dashboard.live.readings import poller
from dashboard.live.web_files import FRESH, MEDIA_TYPES, WebFiles
from dashboard.machine.own_runs import OwnRuns

WEB = Path(__file__).parent / "web"
SHARED = ("canvas.js", "palette.js")  # drawing that the player of films has as well

SHARED_S = 0.5  # for so long an answer serves everybody who has the same samples
MAX_SHARED = 100
RUNS_S = 2.0  # how old the list of running runs may be
# Above so many questions a second each viewer is asked to ask less often; nobody misses a reading by that.
MAX_QUESTIONS = 40
MAX_ASK_S = 10.0
_COUNTED_S = 10.0


def routes(
    readings: Callable[[], Poller] = poller, store: Callable[[], RunStore] = lambda: runner().store
) -> list[Route]:
    """All that lies under {base}/machine."""
    monitor = _Monitor(readings, store)
    return [
        _SCRIPTS.route(),
        Route(f"{base()}/machine/now", monitor.now),
        Route(f"{base()}/machine/readings.json", monitor.json),
        Route(f"{base()}/machine/readings.csv", monitor.csv),
    ]


def _read_scripts() -> dict[str, bytes]:
    found = {path.name: path.read_bytes() for path in sorted(WEB.iterdir()) if path.suffix in MEDIA_TYPES}
    return found | {f"shared/{name}": (FILM / name).read_bytes() for name in SHARED}


_SCRIPTS = WebFiles("machine", _read_scripts)
address = _SCRIPTS.address


class _Monitor:
    """The routes that ask the poller. An answer is made in a thread, once for all who want the same."""

    def __init__(self, readings: Callable[[], Poller], store: Callable[[], RunStore]) -> None:
        self._poller, self._store = readings, store
        self._shared: dict[tuple[int | None, bool], tuple[float, Response]] = {}
        self._asked: deque[float] = deque()
        self._ask_s = EVERY_S
        self._own_runs = OwnRuns()
        self._runs: tuple[float, dict[str, dict[str, Any]]] = (-RUNS_S, {})

    async def now(self, request: Request) -> Response:
        """Every device now, and the samples after number `after` of the process `life`; all without them."""
        query, moment = request.query_params, time.monotonic()
        self._count(moment)
        self._poller().watch()
        text = query.get("after", "")
        if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
            return PlainTextResponse(f"after is {text[:40]!r}; it must be a whole number.", 400, FRESH)
        after = int(text) if text and query.get("life") == LIFE else None
        wanted = after, "gzip" in request.headers.get("accept-encoding", "")
        made, found = self._shared.get(wanted, (0.0, None))
        if found is None or moment - made > SHARED_S:
            found = await run_in_threadpool(self._answer, *wanted)
            if len(self._shared) >= MAX_SHARED:
                self._shared.clear()
            self._shared[wanted] = (moment, found)
        return found

    async def json(self, _request: Request) -> Response:
        """The last hour of every device as JSON."""
        return await run_in_threadpool(self._export, "readings.json", "application/json", _json)

    async def csv(self, _request: Request) -> Response:
        """The last hour of every device as CSV: a row each second, before the last minutes for ten."""
        return await run_in_threadpool(self._export, "readings.csv", "text/csv", _csv)

    def _count(self, moment: float) -> None:
        """How long a viewer is to wait, from the questions of the last seconds."""
        self._asked.append(moment)
        while self._asked[0] < moment - _COUNTED_S:
            self._asked.popleft()
        viewers = len(self._asked) * self._ask_s / _COUNTED_S
        self._ask_s = min(MAX_ASK_S, max(EVERY_S, viewers / MAX_QUESTIONS))

    def _answer(self, after: int | None, packed: bool) -> Response:
        self._poller().wait_for_first(1.0)
        record = answer(self._poller(), after) | {"ask_s": round(self._ask_s, 1), "runs": self._runs_now()}
        body = json.dumps(record, separators=(",", ":"), allow_nan=False).encode()
        headers = FRESH | {"content-encoding": "gzip" if packed else "identity"}
        return Response(
            gzip.compress(body, GZIP_LEVEL) if packed else body,
            media_type="application/json",
            headers=headers,
        )

    def _runs_now(self) -> dict[str, dict[str, Any]]:
        moment = time.monotonic()
        if moment - self._runs[0] >= RUNS_S:
            try:
                self._runs = moment, self._own_runs.now(self._store(), base())
            except StoreUnavailable:  # then nothing runs here
                self._runs = moment, {}
        return self._runs[1]

    def _export(self, name: str, media_type: str, text: Callable[[list[Any]], str]) -> Response:
        self._poller().wait_for_first(1.0)
        headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'}
        return Response(text(export(self._poller())), media_type=media_type, headers=headers)


def _json(rows: list[Any]) -> str:
    return json.dumps(rows, indent=1, allow_nan=False, ensure_ascii=False)


def _csv(rows: list[Any]) -> str:
    return csv_of_records(csv_rows(rows))
