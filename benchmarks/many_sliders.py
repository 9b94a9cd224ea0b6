"""How long a slider on the Activations page takes when many people move theirs at once.

    python benchmarks/many_sliders.py [--people 200] [--every 2] [--seconds 30]

Each person is a websocket of their own that speaks Streamlit's protocol, opens the page with six functions
and then moves the slider for x every two seconds. Timed is what the server needs: from sending the new range
until all that the page sends back has come. Prints median and 95th percentile, and one JSON line at the end.
The people share the machine's cores with the server, as browsers would not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from activations_slider import FUNCTIONS, server
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

QUERY = urlencode([("functions", name) for name in FUNCTIONS])


class Person:
    """One who has the page open. After open() the slider's id and its fragment are known."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.slider, self.fragment = "", ""

    async def open(self) -> None:
        await self.socket.send(self._request().SerializeToString())
        await self._receive()
        assert self.slider, "the page has no slider for x"

    async def move(self, low: float, high: float) -> float:
        """Set the slider; seconds until the server has answered in full."""
        message = self._request()
        message.rerun_script.fragment_id = self.fragment
        state = message.rerun_script.widget_states.widgets.add(id=self.slider)
        state.double_array_value.data.extend([low, high])
        began_s = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await self._receive()
        return time.perf_counter() - began_s

    def _request(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.page_name = "activations"
        message.rerun_script.query_string = QUERY
        return message

    async def _receive(self) -> None:
        while True:
            data = await asyncio.wait_for(self.socket.recv(), timeout=120)
            assert isinstance(data, bytes)
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "delta":
                element = message.delta.new_element
                assert not element.HasField("exception"), element.exception.message
                if element.HasField("slider") and element.slider.label == "x from, to":
                    self.slider, self.fragment = element.slider.id, message.delta.fragment_id
            if kind == "script_finished":
                return


async def times_s(address: str, people: int, every_s: float, seconds: float) -> list[float]:
    """Seconds of every move of everybody."""
    ready, found = asyncio.Semaphore(20), []  # the door is not what is timed

    async def person(start: asyncio.Event) -> None:
        url = f"{address.replace('http', 'ws')}/_stcore/stream"
        async with connect(url, subprotocols=["streamlit"], max_size=None, open_timeout=120) as socket:  # type: ignore[list-item]
            one = Person(socket)
            async with ready:
                await one.open()
            opened.append(one)
            await start.wait()
            await asyncio.sleep(random.uniform(0, every_s))
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                taken_s = await one.move(-6.0, random.randrange(2, 40) / 2)
                found.append(taken_s)
                await asyncio.sleep(max(0.0, every_s - taken_s))

    opened: list[Person] = []
    start = asyncio.Event()
    everybody = [asyncio.create_task(person(start)) for _ in range(people)]
    while len(opened) < people:
        failed = next((task for task in everybody if task.done()), None)
        if failed:
            failed.result()
        await asyncio.sleep(0.1)
    start.set()
    await asyncio.gather(*everybody)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--every", type=float, default=2.0, help="seconds from one move to the next")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, server(home) as address:
        found = asyncio.run(times_s(address, options.people, options.every, options.seconds))
    p50, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
    print(
        f"{options.people} people, a move each {options.every:g} s, {len(found):,} moves: "
        f"p50 {p50 * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms (load {os.getloadavg()[0]:.1f})"
    )
    print(json.dumps({"people": options.people, "moves": len(found), "p50_s": p50, "p95_s": p95}))


if __name__ == "__main__":
    main()
