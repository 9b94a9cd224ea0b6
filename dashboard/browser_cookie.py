"""A cookie for each browser, so that a person finds the runs that were started in it.

It holds a random number and nothing else, scripts cannot read it, and it stays with this server.
"""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.components.runs import BROWSER_COOKIE, is_browser_id, new_browser_id
from dashboard.film.routes import base

MAX_AGE_S = 365 * 24 * 3600


class BrowserCookie:
    """Middleware that gives the cookie with a page to a browser that has none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the server does, with one header more where that is a page."""
        if scope["type"] != "http" or is_browser_id(HTTPConnection(scope).cookies.get(BROWSER_COOKIE)):
            return await self._app(scope, receive, send)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _cookie())
            await send(message)

        await self._app(scope, receive, with_cookie)


def _cookie() -> str:
    cookie = SimpleCookie({BROWSER_COOKIE: new_browser_id()})
    more: dict[str, Any] = {"path": f"{base()}/", "max-age": MAX_AGE_S, "httponly": True, "samesite": "Lax"}
    cookie[BROWSER_COOKIE].update(more)
    return cookie[BROWSER_COOKIE].OutputString()
