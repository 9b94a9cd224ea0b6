"""Headers of every answer, by which a browser keeps a page from what is not this server's.

A page may load scripts, pictures and data from this server alone, so that no text that somebody typed can
make another visitor's browser ask a foreign host; and only pages of this server, and of those that the
operator names, may show it in a frame.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import InvalidRequest

INDEX = Path(st.__file__).parent / "static" / "index.html"
_ORIGIN = re.compile(r"https?://(\*\.)?[a-zA-Z0-9.-]+(:\d{1,5})?")

# Of every answer. An address may hold a run's, which is nobody's business but this server's.
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Of what is no page: a file that is opened by itself loads nothing.
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"


def page_policy(index: str, embed_on: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of a page whose HTML is `index`, which these origins may show in a frame.

    Raises InvalidRequest for an origin that is none.
    """
    for origin in embed_on:
        if not _ORIGIN.fullmatch(origin):
            raise InvalidRequest(
                f"{origin[:60]!r} is no origin that may embed this server; write one as https://example.org."
            )
    # Streamlit's index.html has a script of its own; with another version of Streamlit it is another one.
    inline = " ".join(_hash(script) for script in re.findall(r"<script>(.*?)</script>", index, re.DOTALL))
    rules = {
        "default-src": "'self'",
        # Streamlit loads the JavaScript of a component from a blob. No eval: Vega interprets expressions.
        "script-src": f"'self' blob: {inline}".strip(),
        "style-src": "'self' 'unsafe-inline'",  # Streamlit's own are made in the page
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *embed_on]),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


class SafeHeaders:
    """Middleware that adds these headers where an answer has none of the same name."""

    def __init__(self, app: ASGIApp, page: str) -> None:
        self._app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the server does, with the headers."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_page = headers.get("content-type", "").startswith("text/html")
                if (
                    message["status"] != 304
                ):  # whose headers take the place of those that the browser has kept
                    headers.setdefault("content-security-policy", self._page if is_page else NO_PAGE)
                for name, value in EVERYWHERE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
