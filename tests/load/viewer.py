"""Someone who looks at a page, without a browser: speaks Streamlit's own protocol over a websocket.

A viewer opens a page, receives everything that the page sends, and asks for its live parts again as often as
the page says, as a browser tab does. Hundreds of them fit on one machine.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from tests.load.protocol import Live, Tab

ASK_S = 0.8  # after a drawing


@dataclass
class Seen:
    """What one viewer saw: page refreshes with the seconds that each took, bytes, and exceptions shown.

    asked: how often it asked whether there was anything new.
    """

    refresh_s: list[float] = field(default_factory=list)
    received_bytes: int = 0
    exceptions: int = 0
    asked: int = 0


async def look(url: str, page: str, query: str, seconds: float) -> Seen:
    """Open `url` (ws://host:port) at a page and look at it for some seconds."""
    seen, tab = Seen(), Tab(page, query)
    until = time.monotonic() + seconds
    async with connect(f"{url}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        await _ask(socket, tab, tab.rerun())
        wait_s = ASK_S
        while time.monotonic() < until:
            await asyncio.sleep(min([wait_s, *tab.clocks.values()]))
            asked_at = time.monotonic()
            wait_s = ASK_S
            for fragment in [*tab.clocks]:
                await _ask(socket, tab, tab.rerun(fragment, clock=True))
                seen.refresh_s.append(time.monotonic() - asked_at)
            for part in [*tab.live.values()]:
                seen.asked += 1
                answer = await _news(url, tab, part)
                wait_s = max(0.1, answer["wait_s"] or ASK_S)
                if answer["news"]:
                    await _ask(socket, tab, tab.draw(part))
                    seen.refresh_s.append(time.monotonic() - asked_at)
    seen.received_bytes, seen.exceptions = tab.received_bytes, len(tab.exceptions)
    return seen


async def _news(url: str, tab: Tab, part: Live) -> dict[str, float]:
    """What the server says of a live part."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {tab.question(part)} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b" 200 " in head.partition(b"\r\n")[0], head
    answer: dict[str, float] = json.loads(body)
    return answer


async def _ask(socket: ClientConnection, tab: Tab, message: bytes) -> None:
    """Send, and take messages until the script has finished."""
    await socket.send(message)
    finished = False
    while not finished:
        data = await asyncio.wait_for(socket.recv(), timeout=60)
        assert isinstance(data, bytes)
        finished = tab.take(data)


def look_together(url: str, page: str, query: str, seconds: float, viewers: int) -> list[Seen]:
    """Several viewers at once, in this process."""

    async def everybody() -> list[Seen]:
        return list(await asyncio.gather(*(look(url, page, query, seconds) for _ in range(viewers))))

    return asyncio.run(everybody())
