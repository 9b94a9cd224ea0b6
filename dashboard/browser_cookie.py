"""A signed cookie for each browser, so that a person finds the runs that were started in it.

It holds a random number and its signature, scripts cannot read it, and it stays with this server. To the
pages the middleware hands on who was verified, and from which address, as two headers of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import UnwritableFolder
from core.paths import files_folder
from dashboard.components.visitor import (
    ADDRESS_HEADER,
    BROWSER_COOKIE,
    BROWSER_HEADER,
    is_browser_id,
    is_shared,
    new_browser_id,
    settings,
)
from dashboard.live.addresses import base

MAX_AGE_S = 365 * 24 * 3600
SECRET_FILE = "cookie_secret"


class BrowserCookie:
    """Middleware that verifies the cookie of each connection, and gives one with a page to who has none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._secret: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the server does, with one header more where that is a page."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        connection = HTTPConnection(scope)
        sent = connection.cookies.get(BROWSER_COOKIE, "")
        browser = self._verified(sent)
        is_new = browser is None
        # A connection without a valid cookie is somebody for as long as it lasts.
        known = browser or _unsigned(sent) or new_browser_id()
        own = {BROWSER_HEADER: known, ADDRESS_HEADER: _address(connection) or ""}
        kept = [pair for pair in scope["headers"] if pair[0].decode("latin-1").lower() not in own]
        added = [(name.encode(), text.encode("latin-1")) for name, text in own.items() if text]
        scope = {**scope, "headers": kept + added}

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", self._cookie(known))
            await send(message)

        await self._app(scope, receive, with_cookie if is_new else send)

    def _verified(self, cookie: str) -> str | None:
        browser, _, signature = cookie.partition(".")
        valid = is_browser_id(browser) and hmac.compare_digest(
            signature.encode(), self._signature(browser).encode()
        )
        return browser if valid else None

    def _signature(self, browser: str) -> str:
        if self._secret is None:
            self._secret = signing_secret()
        return hmac.new(self._secret, browser.encode(), hashlib.sha256).hexdigest()[:32]

    def _cookie(self, browser: str) -> str:
        cookie = SimpleCookie({BROWSER_COOKIE: f"{browser}.{self._signature(browser)}"})
        more: dict[str, Any] = {
            "path": f"{base()}/",
            "max-age": MAX_AGE_S,
            "httponly": True,
            "samesite": "Lax",
        }
        cookie[BROWSER_COOKIE].update(more)
        return cookie[BROWSER_COOKIE].OutputString()


def _unsigned(cookie: str) -> str | None:
    """Who has a cookie of an earlier version, which had no signature, stays who that was; not on a shared
    server, where a made-up one would be somebody.
    """
    return cookie if is_browser_id(cookie) and not is_shared() else None


def _address(connection: HTTPConnection) -> str | None:
    peer = connection.client.host if connection.client else None
    return settings().address_of(peer, ",".join(connection.headers.getlist("x-forwarded-for")))


def signing_secret() -> bytes:
    """What cookies are signed with: what the operator has set, or what this data folder keeps.

    It is for this process alone where the folder cannot keep it.
    """
    chosen = settings().cookie_secret
    if chosen:
        return chosen.encode()
    try:
        return _kept_secret(files_folder() / SECRET_FILE)
    except (OSError, UnwritableFolder):
        return secrets.token_bytes(32)


def _kept_secret(file: Path) -> bytes:
    """Read by all servers of the folder; made by the first, readable by nobody else on the machine."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        if not file.exists():
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                opened.write(secrets.token_bytes(32))
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)  # unlike a rename, it never takes the place of another server's
    finally:
        draft.unlink(missing_ok=True)
    return file.read_bytes()
