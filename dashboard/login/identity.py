"""Middleware that says who is at a connection, and keeps strangers from what is not for them.

It hands two headers to the pages, and drops whatever anybody else has sent under their names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_network
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.server_util import is_xsrf_enabled
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from core.login.people import role_of
from core.login.settings import LoginSettings
from core.runs.hosting.logins import id_of
from core.sharing import Sharing
from dashboard.components.visitor import (
    BROWSER_HEADER,
    IN_FRONT,
    LOGIN_HEADER,
    USER_HEADER,
    settings,
    signed_in,
)
from dashboard.live.addresses import base
from dashboard.live.web_files import FRESH
from dashboard.login.cookies import LOGIN_COOKIE

# Below the base path: what a page fetches by itself, of runs and of the machine.
PRIVATE = ("film", "live", "machine")


class SignedIn:
    """Middleware; the one of the browser's cookie stands outside of it."""

    def __init__(self, app: ASGIApp, known: LoginSettings) -> None:
        self._app, self._known = app, known
        IN_FRONT.set()
        self._own = {LOGIN_HEADER, USER_HEADER} | ({known.user_header} if known.user_header else set())
        self._private = tuple(f"{base()}/{name}/" for name in PRIVATE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the server does, or that one has to sign in."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        connection = HTTPConnection(scope)
        found = self._said_of(connection)
        kept = [pair for pair in scope["headers"] if pair[0].decode("latin-1").lower() not in self._own]
        added = [(name.encode(), text.encode("latin-1")) for name, text in found.items()]
        if self._is_private(scope) and not await run_in_threadpool(self._may_look, connection, found):
            refused = PlainTextResponse("Sign in on a page of this server first.", 401, FRESH)
            return await refused(scope, receive, send)
        await self._app({**scope, "headers": kept + added}, receive, send)

    def _said_of(self, connection: HTTPConnection) -> dict[str, str]:
        if not self._known.has_login:
            return {}
        header = self._known.user_header
        forwarded_for = ",".join(connection.headers.getlist("x-forwarded-for"))
        if header and is_trusted(connection.scope.get("client"), forwarded_for, settings()):
            # One alone: a second one that a visitor slipped in must not be believed.
            users = connection.headers.getlist(header)
            return {USER_HEADER: quote(_utf8(users[0]))} if len(users) == 1 and users[0].strip() else {}
        key = connection.cookies.get(LOGIN_COOKIE)
        if not key or not self._known.providers or not _is_our_page(connection):
            return {}
        return {LOGIN_HEADER: id_of(key)}

    def _is_private(self, scope: Scope) -> bool:
        closed = self._known.has_login and self._known.required
        return bool(closed and scope["type"] == "http" and scope["path"].startswith(self._private))

    def _may_look(self, connection: HTTPConnection, found: Mapping[str, str]) -> bool:
        operators = settings().operators
        if connection.headers.get(BROWSER_HEADER) in operators:
            return True
        user = found.get(USER_HEADER)
        person, _ = signed_in(self._known, found.get(LOGIN_HEADER), user)
        return person is not None and role_of(person, self._known, operators) is not None


def is_trusted(
    peer: tuple[str, int] | None,
    forwarded_for: str,
    known: Sharing,
    environment: Mapping[str, str] = os.environ,
) -> bool:
    """Whether the other end of a connection is a proxy whose word on a user counts.

    Uvicorn may have put an address of X-Forwarded-For in its place by then: it does so for the proxies that
    it trusts itself, this machine unless FORWARDED_ALLOW_IPS names others. Where that is not certain,
    both ends have to be trusted.
    """
    if peer is None:
        return False
    by_uvicorn = environment.get("FORWARDED_ALLOW_IPS", "127.0.0.1").split(",")
    if peer[0] not in map(_without_port, forwarded_for.split(",")):  # it stands for itself
        return _are_proxies([peer[0]], known)
    replaced = peer[1] == 0  # a port that no connection has
    return _are_proxies(by_uvicorn if replaced else [*by_uvicorn, peer[0]], known)


def _without_port(hop: str) -> str:
    host = hop.strip()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _are_proxies(addresses: list[str], known: Sharing) -> bool:
    """Whether all of these addresses and networks lie among the trusted ones; "*" does not."""
    try:
        networks = [
            ip_network(address.strip().removeprefix("::ffff:"), strict=False) for address in addresses
        ]
    except ValueError:
        return False
    return all(
        any(one.version == proxies.version and one.subnet_of(proxies) for proxies in known.proxies)  # type: ignore[arg-type]
        for one in networks
    )


def _is_our_page(connection: HTTPConnection) -> bool:
    """Whether a websocket comes from a page of this server: it brings the value of Streamlit's cookie, which
    pages of others cannot read. Plain requests are kept apart by the cookie's SameSite.
    """
    if connection.scope["type"] != "websocket" or not is_xsrf_enabled():
        return True
    sent = [part.strip() for part in connection.headers.get("sec-websocket-protocol", "").split(",")]
    token = sent[1] if len(sent) > 1 else None
    return bool(validate_xsrf_token(token, connection.cookies.get(XSRF_COOKIE_NAME)))


def _utf8(text: str) -> str:
    """A header's text, which Starlette reads as Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return text
