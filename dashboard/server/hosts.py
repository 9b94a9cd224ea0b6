"""Only requests under a name of this server are answered, where the operator lists its names.

Streamlit's server.allowedHosts does so for websockets. A foreign site whose name begins to lead to this
machine (DNS rebinding) could otherwise still read what plain requests answer, such as readings and films.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

PROBES = ("/health", "/ready")  # who probes a server may know its number alone


class KnownHosts:
    """Middleware that refuses the others; an empty list allows every name, as shipped."""

    def __init__(self, app: ASGIApp, is_known: Callable[[str | None], bool] = is_host_allowed) -> None:
        self._app, self._is_known = app, is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the server does, or that it has another name."""
        probed = scope["type"] == "http" and scope["path"].endswith(PROBES)
        if scope["type"] != "http" or probed or self._is_known(Headers(scope=scope).get("host")):
            return await self._app(scope, receive, send)
        await PlainTextResponse("This server is not known under this name.", 421)(scope, receive, send)
