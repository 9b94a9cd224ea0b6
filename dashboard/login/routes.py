"""The routes of signing in and out. A refusal goes back to the page as one word, which it says in a sentence.

They stand in place of Streamlit's own: those say nothing of a refusal, keep everything that a provider says
in cookies, which 200 groups make too long for a websocket, and know no sign-out in another tab.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core.errors import InvalidRequest
from core.login.people import role_of
from core.login.settings import LoginSettings
from core.runs.hosting.logins import id_of, sign_in
from core.runs.hosting.tables import Database
from dashboard.components.visitor import BROWSER_HEADER, UNREADABLE, settings, signed_in
from dashboard.live.addresses import base
from dashboard.live.web_files import FRESH
from dashboard.login.cookies import BEGUN_COOKIE, LOGIN_COOKIE, Cookies
from dashboard.login.oidc import NOT_ALLOWED, UNREACHABLE, Client, SignInFailed

_log = logging.getLogger(__name__)

SAID = "sign_in"  # in an address: why a sign-in came to nothing
_TO = "to"  # in an address, and kept during a sign-in: the page to come back to
# A page and its choices, below the base path: never another host, however it is read.
_PAGE = re.compile(r"[A-Za-z0-9_-]{0,60}(\?[A-Za-z0-9%&=+._~,:;@!$'()*/-]{0,1500})?")


def routes(known: LoginSettings, secret: Callable[[], bytes], store: Callable[[], Database]) -> list[Route]:
    """All of them; none where there is no provider."""
    if not known.providers:
        return []
    sign_ins = _SignIns(known, Cookies(secret(), base(), known.is_https), store)
    return [
        Route(f"{base()}/login/{{provider}}", sign_ins.begin),
        Route(f"{base()}/login/{{provider}}/callback", sign_ins.finish),
        Route(f"{base()}/logout/{{provider}}", sign_ins.leave),
    ]


def check_base(known: LoginSettings) -> None:
    """Raise InvalidRequest where providers would send people to another path than this server's."""
    path = urlsplit(known.url).path.rstrip("/")
    if known.providers and path != base():
        raise InvalidRequest(
            f"url of the login's file has the path {path!r}, and server.baseUrlPath is {base()!r}; they must "
            "be the same."
        )


def begin_address(provider: str, page: str) -> str:
    """Where a button leads; page: to come back to, with its choices."""
    return f"{base()}/login/{provider}?{urlencode({_TO: page})}"


def leave_address(provider: str) -> str:
    """Where who has signed out is sent."""
    return f"{base()}/logout/{provider}"


class _SignIns:
    def __init__(self, known: LoginSettings, cookies: Cookies, store: Callable[[], Database]) -> None:
        self._known, self._cookies, self._store = known, cookies, store
        self._clients = {provider.key: Client(provider, known) for provider in known.providers}

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        client = self._clients.get(request.path_params["provider"])
        if client is None:
            return _nowhere()
        asked = request.query_params.get(_TO, "")
        page = asked if _PAGE.fullmatch(asked) else ""
        here = urlsplit(self._known.url)
        if request.headers.get("host") != here.netloc:  # the provider's answer comes to that name alone
            place = begin_address(request.path_params["provider"], page)
            if request.query_params.get("again") is None:
                return RedirectResponse(f"{here.scheme}://{here.netloc}{place}&again=1", 302, FRESH)
        kept: dict[str, object] = {}
        try:
            place, _ = await client.begin(kept)
        except SignInFailed as error:
            return self._refused(request, error, page)
        answer = RedirectResponse(place, 302, FRESH)
        self._cookies.keep_begun(answer, {**kept, _TO: page})
        return answer

    async def finish(self, request: Request) -> Response:
        """The browser is back from the provider."""
        key = request.path_params["provider"]
        client = self._clients.get(key)
        if client is None:
            return _nowhere()
        kept = self._cookies.begun(request.cookies.get(BEGUN_COOKIE, ""))
        page = str(kept.pop(_TO, ""))
        before = await run_in_threadpool(self._login_before, request)
        try:
            person = await client.finish(dict(request.query_params), kept)
            if role_of(person, self._known, settings().operators) is None:
                raise SignInFailed(NOT_ALLOWED, "who signed in is not on the list of those who may")
            browser, hours = request.headers.get(BROWSER_HEADER), self._known.hours
            login = await run_in_threadpool(sign_in, self._store(), person, hours, browser, before)
        except SignInFailed as error:
            return self._refused(request, error, page)
        except (InvalidRequest, OSError) as error:
            return self._refused(request, SignInFailed(UNREACHABLE, f"it cannot be kept: {error}"), page)
        answer = RedirectResponse(f"{base()}/{page}", 302, FRESH)
        self._cookies.keep_login(answer, login, self._known.hours * 3600)
        self._cookies.forget_begun(answer)
        return answer

    async def leave(self, request: Request) -> Response:
        """Take the cookie of who has signed out on a page, and sign out at the provider as well.

        Nobody is signed out by an address alone, which any page can lead a browser to.
        """
        client = self._clients.get(request.path_params["provider"])
        login_id = await run_in_threadpool(self._login_before, request)
        if client is None or (login_id and await run_in_threadpool(self._is_in, login_id)):
            return RedirectResponse(f"{base()}/", 302, FRESH)
        place = await client.end_address() or f"{base()}/"
        answer = RedirectResponse(place, 302, FRESH)
        self._cookies.forget_login(answer)
        return answer

    def _login_before(self, request: Request) -> str | None:
        key = request.cookies.get(LOGIN_COOKIE)
        return id_of(key) if key else None

    def _is_in(self, login_id: str) -> bool:
        person, ended = signed_in(self._known, login_id, None)
        return person is not None or ended == UNREADABLE  # where that is not known, the cookie stays

    def _refused(self, request: Request, error: SignInFailed, page: str) -> Response:
        said = " ".join(str(error).split())[:300]
        _log.warning("A sign-in at %s came to nothing: %s.", request.path_params["provider"], said)
        path, _, query = page.partition("?")
        choices = [pair for pair in parse_qsl(query) if pair[0] != SAID]
        place = f"{base()}/{path}?{urlencode([*choices, (SAID, error.code)])}"
        answer = RedirectResponse(place, 302, FRESH)
        self._cookies.forget_begun(answer)
        return answer


def _nowhere() -> Response:
    return PlainTextResponse("There is no such provider.", 404, FRESH)
