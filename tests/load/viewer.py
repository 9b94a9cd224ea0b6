"""Someone who looks at a page, without a browser: speaks Streamlit's own protocol over a websocket.

A viewer opens a page, receives everything that the page sends, and asks for its live parts again as often as
the page says, as a browser tab does. Hundreds of them fit on one machine.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


@dataclass
class Seen:
    """What one viewer saw: page refreshes with the seconds that each took, bytes, and exceptions shown."""

    refresh_s: list[float] = field(default_factory=list)
    received_bytes: int = 0
    exceptions: int = 0


async def look(url: str, page: str, query: str, seconds: float) -> Seen:
    """Open `url` (ws://host:port) at a page and look at it for some seconds."""
    seen, fragment, interval_s = Seen(), "", 1.0
    until = time.monotonic() + seconds
    async with connect(f"{url}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        await _ask(socket, page, query)
        fragment, interval_s = await _receive(socket, seen, fragment, interval_s)
        while time.monotonic() < until:
            await asyncio.sleep(interval_s)
            asked_at = time.monotonic()
            await _ask(socket, page, query, fragment)
            fragment, interval_s = await _receive(socket, seen, fragment, interval_s)
            seen.refresh_s.append(time.monotonic() - asked_at)
    return seen


async def _ask(socket: ClientConnection, page: str, query: str, fragment: str = "") -> None:
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = query
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = bool(fragment)
    await socket.send(message.SerializeToString())


async def _receive(
    socket: ClientConnection, seen: Seen, fragment: str, interval_s: float
) -> tuple[str, float]:
    """Take messages until the script has finished; returns the live fragment and its interval."""
    while True:
        data = await asyncio.wait_for(socket.recv(), timeout=60)
        assert isinstance(data, bytes)
        seen.received_bytes += len(data)
        message = ForwardMsg()
        message.ParseFromString(data)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            fragment, interval_s = message.auto_rerun.fragment_id, message.auto_rerun.interval
        if kind == "delta" and message.delta.new_element.HasField("exception"):
            seen.exceptions += 1
        if kind == "script_finished":
            return fragment, interval_s


def look_together(url: str, page: str, query: str, seconds: float, viewers: int) -> list[Seen]:
    """Several viewers at once, in this process."""

    async def everybody() -> list[Seen]:
        return list(await asyncio.gather(*(look(url, page, query, seconds) for _ in range(viewers))))

    return asyncio.run(everybody())
