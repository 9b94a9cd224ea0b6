"""Ask an ASGI application without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str
    set_cookies: tuple[str, ...] = ()


async def asked(app: ASGIApp, path: str, method: str = "GET", query: str = "", **headers: str) -> Answer:
    """The answer to one request, whose body is empty."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(key.replace("_", "-").encode(), text.encode()) for key, text in headers.items()],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found: Mapping[str, str] = {key.decode().lower(): text.decode() for key, text in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    cookies = tuple(text.decode() for key, text in sent[0]["headers"] if key.lower() == b"set-cookie")
    return Answer(sent[0]["status"], dict(found), body.decode(), cookies)


def ask(app: ASGIApp, path: str, method: str = "GET", query: str = "", **headers: str) -> Answer:
    """The same from a test that is no coroutine."""
    return asyncio.run(asked(app, path, method, query, **headers))
