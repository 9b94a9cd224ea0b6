"""What a page asks while its run is open: whether there is something new, and when to ask again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
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
from dashboard.live.web_files import FRESH, WebFiles

SCRIPT = Path(__file__).parent / "web" / "live.js"
_SCRIPTS = WebFiles("live", lambda: {SCRIPT.name: SCRIPT.read_bytes()})

SHARED_S = 0.25  # for so long an answer of the store serves everybody who looks at the run
MAX_SHARED = 1000
MAX_TEXT = 40  # of a mark and of a page's name


def routes(
    store: Callable[[], RunStore], watched: Callable[[str], None], allowed: Pace = pace
) -> list[Route]:
    """All that lies under {base}/live. watched: called with a run that a page shows."""
    asked = _Asked(store, watched, allowed)
    return [_SCRIPTS.route(), Route(f"{base()}/live/{{run}}", asked.news)]


def script_address() -> str:
    """Where the script lies; with another content it has another address."""
    return _SCRIPTS.address(SCRIPT.name)


def news_address(run_id: str) -> str:
    """Where a page asks for news of a run."""
    return f"{base()}/live/{run_id}"


class _Asked:
    """The route that reads the store, in a thread, once for all who ask at the same time."""

    def __init__(self, store: Callable[[], RunStore], watched: Callable[[str], None], allowed: Pace) -> None:
        self._store, self._watched, self._pace = store, watched, allowed
        self._shared: dict[str, tuple[float, str | None]] = {}

    async def news(self, request: Request) -> Response:
        """JSON: {"news": whether the page is to be drawn now, "wait_s": else when to ask again}.

        seen: the mark of what is drawn; age: milliseconds since then; page: a name that a page makes up
        for itself; hidden: the page is open and nobody sees it.
        """
        run_id, query = request.path_params["run"], request.query_params
        seen, page, age = query.get("seen", ""), query.get("page", ""), query.get("age", "0")
        if (
            len(seen) > MAX_TEXT
            or len(page) > MAX_TEXT
            or not (age.isascii() and age.isdigit() and len(age) < 12)
        ):
            return PlainTextResponse("This is no question of a page.", 400, FRESH)
        try:
            news = await self._news_of(run_id)
        except StoreUnavailable as error:  # the page asks again
            return PlainTextResponse(str(error), 503, FRESH)
        if news is not None:
            self._watched(run_id)
        if "hidden" in query or news == seen:
            return _answer(False, MIN_S)
        wait_s = self._pace.wait_s(page, int(age) / 1000)
        return _answer(wait_s == 0, wait_s)

    async def _news_of(self, run_id: str) -> str | None:
        now = time.monotonic()
        read_at, found = self._shared.get(run_id, (-SHARED_S, None))
        if now - read_at >= SHARED_S:
            found = await run_in_threadpool(lambda: news_of(self._store(), run_id))
            if len(self._shared) >= MAX_SHARED:
                self._shared.clear()
            self._shared[run_id] = (now, found)
        return found


def _answer(news: bool, wait_s: float) -> Response:
    body = json.dumps({"news": news, "wait_s": round(wait_s, 2)})
    return Response(body, media_type="application/json", headers=FRESH)
