"""What a page asks while it is open: whether what it shows has something new, and when to ask again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import StoreUnavailable
from core.runs.news import news_of
from core.runs.store import RunStore
from dashboard.live.addresses import base
from dashboard.live.pace import MIN_S, Pace, pace
from dashboard.live.readings import mark_of_readings
from dashboard.live.web_files import FRESH, WebFiles

SCRIPT = Path(__file__).parent / "web" / "live.js"
_SCRIPTS = WebFiles("live", lambda: {SCRIPT.name: SCRIPT.read_bytes()})

FIRST_S = 0.8  # from a drawing until the first question
END_S = 0.25  # between two questions whether a run has ended, which somebody waits for
SHARED_S = 0.25  # for so long an answer of the store serves everybody who looks at the run
MAX_SHARED = 1000
MAX_TEXT = 40  # of a mark, of a page's name and of a run's
MAX_RUNS, BETWEEN = 32, "-"  # of one question, and what stands between their names


def routes(
    store: Callable[[], RunStore],
    watched: Callable[[str], None],
    allowed: Pace = pace,
    readings: Callable[[], str] = mark_of_readings,
) -> list[Route]:
    """All that lies under {base}/live. watched: called with a run that a page shows; readings: the mark of
    this machine's newest.
    """
    asked = _Asked(store, watched, allowed, readings)
    return [
        _SCRIPTS.route(),
        Route(readings_address(), asked.readings),
        Route(f"{base()}/live/ended/{{run}}", asked.end),
        Route(f"{base()}/live/news/{{runs}}", asked.news),
    ]


def script_address() -> str:
    """Where the script lies; with another content it has another address."""
    return _SCRIPTS.address(SCRIPT.name)


def news_address(*run_ids: str) -> str:
    """Where a page asks for news of its runs."""
    return f"{base()}/live/news/{BETWEEN.join(run_ids)}"


def end_address(run_id: str) -> str:
    """Where a page asks whether a run has ended."""
    return f"{base()}/live/ended/{run_id}"


def readings_address() -> str:
    """Where a page asks for new readings of this machine."""
    return f"{base()}/live/readings"


@dataclass(frozen=True)
class _Question:
    """seen: the mark of what is drawn; age_s: since then; page: a name that a page makes up for itself;
    hidden: the page is open and nobody sees it.
    """

    seen: str
    page: str
    age_s: float
    hidden: bool


class _Asked:
    """The routes that read the store, in a thread, once for all who ask at the same time."""

    def __init__(
        self,
        store: Callable[[], RunStore],
        watched: Callable[[str], None],
        allowed: Pace,
        readings: Callable[[], str],
    ) -> None:
        self._store, self._watched, self._pace, self._readings = store, watched, allowed, readings
        self._shared: dict[str, tuple[float, str | None]] = {}

    async def news(self, request: Request) -> Response:
        """JSON: {"news": whether the page is to be drawn now, "wait_s": else when to ask again}."""
        question, names = _question(request), request.path_params["runs"]
        run_ids = names.split(BETWEEN)
        if question is None or len(run_ids) > MAX_RUNS or any(len(one) > MAX_TEXT for one in run_ids):
            return _REFUSED
        try:
            news = await self._once(names, lambda: news_of(self._store(), *run_ids))
        except StoreUnavailable as error:  # the page asks again
            return PlainTextResponse(str(error), 503, FRESH)
        if news is not None:
            for run_id in run_ids:
                self._watched(run_id)
        return self._turn(question, news)

    async def end(self, request: Request) -> Response:
        """The same, with news as soon as the run has ended; who waits for that needs no turn."""
        question, run_id = _question(request), request.path_params["run"]
        if question is None or len(run_id) > MAX_TEXT:
            return _REFUSED
        try:
            ended = await run_in_threadpool(lambda: self._store().has_ended(run_id))
        except StoreUnavailable as error:
            return PlainTextResponse(str(error), 503, FRESH)
        if not ended:
            self._watched(run_id)
        return _answer(ended and not question.hidden, END_S)

    async def readings(self, request: Request) -> Response:
        """The same of this machine's readings, which are read often only while somebody asks."""
        question = _question(request)
        if question is None:
            return _REFUSED
        return self._turn(question, question.seen if question.hidden else self._readings())

    def _turn(self, question: _Question, news: str | None) -> Response:
        if question.hidden or news == question.seen:
            return _answer(False, MIN_S)
        wait_s = self._pace.wait_s(question.page, question.age_s)
        return _answer(wait_s == 0, wait_s)

    async def _once(self, what: str, read: Callable[[], str | None]) -> str | None:
        now = time.monotonic()
        read_at, found = self._shared.get(what, (-SHARED_S, None))
        if now - read_at >= SHARED_S:
            found = await run_in_threadpool(read)
            if len(self._shared) >= MAX_SHARED:
                self._shared.clear()
            self._shared[what] = (now, found)
        return found


_REFUSED = PlainTextResponse("This is no question of a page.", 400, FRESH)


def _question(request: Request) -> _Question | None:
    """What a page asks; None for what none would."""
    query = request.query_params
    seen, page, age = query.get("seen", ""), query.get("page", ""), query.get("age", "0")
    if max(len(seen), len(page)) > MAX_TEXT or not (age.isascii() and age.isdigit() and len(age) < 12):
        return None
    return _Question(seen, page, int(age) / 1000, "hidden" in query)


def _answer(news: bool, wait_s: float) -> Response:
    body = json.dumps({"news": news, "wait_s": round(wait_s, 2)})
    return Response(body, media_type="application/json", headers=FRESH)
