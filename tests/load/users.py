"""The people of a load test, as Locust's users: who watches a training, who moves a slider, who trains.

Each has a browser's cookie, a websocket on which Streamlit's protocol is spoken, and a connection for what a
browser fetches beside that. No browser draws what they get.
"""

from __future__ import annotations

import array
import functools
import http.client
import itertools
import json
import operator
import random
import struct
import time
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import gevent
import websocket
from gevent.queue import Queue
from locust import User, between, task

from tests.load.protocol import Live, Tab

LIMIT_S = 60.0  # for any answer
ASK_S, POLL_S = 0.8, 1.0  # as the page's scripts do
FUNCTIONS = ("relu", "gelu", "silu", "mish", "tanh", "softplus")


class Broken(RuntimeError):
    """The server has said or shown that something is wrong."""


class Visitor(User):
    """Someone with one page open."""

    abstract = True
    kind: ClassVar[str]
    page: ClassVar[str]

    def on_start(self) -> None:
        """Fetch the page and have it drawn."""
        address = urlsplit(str(self.host))
        self.http = http.client.HTTPConnection(str(address.hostname), address.port, timeout=LIMIT_S)
        self.tab = Tab(self.page, self.query())
        with self.timed("visit"):
            self.http.request("GET", f"/{self.page}")
            answer = self.http.getresponse()
            answer.read()
            cookie = (answer.headers.get("set-cookie") or "").partition(";")[0]
            self.socket = websocket.create_connection(
                f"ws://{address.netloc}/_stcore/stream",
                subprotocols=["streamlit"],
                origin=str(self.host),
                cookie=cookie,
            )
            self.inbox: Queue[bytes | Exception] = Queue()
            self.receiving = gevent.spawn(self._receive)
            self.ask(self.tab.rerun())

    def on_stop(self) -> None:
        """Close the tab."""
        if hasattr(self, "receiving"):
            self.receiving.kill()
            self.socket.close()
        self.http.close()

    def query(self) -> str:
        """What the page's address says after the question mark."""
        return ""

    def ask(self, message: bytes) -> None:
        """Send, and take messages until the page is drawn."""
        self.socket.send_binary(message)
        while True:
            data = self.inbox.get(timeout=LIMIT_S)
            if isinstance(data, Exception):
                raise Broken(f"The connection ended: {data}")
            if self.tab.take(data):
                break
        if self.tab.exceptions:
            raise Broken(self.tab.exceptions.pop())

    def _receive(self) -> None:
        """Take messages at all times, since the server asks whether anybody is still there."""
        try:
            while True:
                self.inbox.put(self.socket.recv())
        except Exception as error:
            self.inbox.put(error)

    def fetch(self, address: str) -> bytes:
        """What lies under an address of the server."""
        try:
            answer = self._get(address)
        except ConnectionError:  # it was idle for too long; a browser asks again as well
            self.http.close()
            answer = self._get(address)
        body = answer.read()
        if answer.status != 200:
            raise Broken(f"{answer.status}: {body[:100].decode(errors='replace')}")
        return body

    def _get(self, address: str) -> http.client.HTTPResponse:
        self.http.request("GET", address, headers={"accept-encoding": "identity"})
        return self.http.getresponse()

    def follow(self, part: Live) -> float:
        """Ask whether a live part has news, and have it drawn then; returns when to ask again."""
        with self.timed("ask"):
            answer: dict[str, float] = json.loads(self.fetch(self.tab.question(part)))
        if not answer["news"]:
            return max(0.1, answer["wait_s"])
        with self.timed("redraw"):
            self.ask(self.tab.draw(part))
        return ASK_S

    def timed(self, what: str) -> Timed:
        """Around what is to be timed and counted."""
        return Timed(self, what)


class Timed:
    """Reports to Locust how long its block took, or what went wrong in it."""

    def __init__(self, user: Visitor, what: str) -> None:
        self._user, self._what = user, what

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, gevent.GreenletExit):  # the test ends
            return False
        self._user.environment.events.request.fire(
            request_type=self._user.kind,
            name=self._what,
            response_time=1000 * (time.perf_counter() - self._began),
            response_length=0,
            exception=error,
            context={},
        )
        return False


class Watcher(Visitor):
    """Looks at one of the trainings that are open: its film each second, its page when that has news."""

    kind, page = "watcher", "train"
    runs: ClassVar[list[str]] = []  # set by the test
    written: ClassVar[dict[str, dict[int, float]]] = {}  # when each frame of each run was there
    ages_s: ClassVar[list[tuple[float, float]]] = []  # (when, age) of each frame that somebody got
    of_networks: ClassVar[set[str]] = set()  # runs whose film is weights; that of the others is pictures
    _numbers = itertools.count()

    def query(self) -> str:
        self.run_id = self.runs[next(self._numbers) % len(self.runs)]
        return urlencode({"run": self.run_id})

    def on_start(self) -> None:
        super().on_start()
        self.last, self.mark, self.stamp = -1, 0, ""
        self.asks_at, self.polls_at = time.monotonic() + ASK_S, time.monotonic()

    @task
    def watch(self) -> None:
        """The next of the two questions."""
        gevent.sleep(max(0.0, min(self.asks_at, self.polls_at) - time.monotonic()))
        if self.polls_at <= self.asks_at:
            with self.timed("film"):
                more = self._poll()
            self.polls_at = time.monotonic() + (0.0 if more else POLL_S)
            return
        waits = [self.follow(part) for part in [*self.tab.live.values()]]
        self.asks_at = time.monotonic() + min(waits, default=LIMIT_S)

    def _poll(self) -> bool:
        return self._frames() if self.run_id in self.of_networks else self._pictures()

    def _frames(self) -> bool:
        query = f"?after={self.last}&check={self.mark}" if self.last >= 0 else ""
        body = self.fetch(f"/film/{self.run_id}{query}")
        _, _, values, parameters, count, _, _ = struct.unpack_from("<4sHHIIII", body)
        size = 8 + 8 * values + 4 * parameters
        for at in range(24, 24 + count * size, size):
            self._got(int(struct.unpack_from("<d", body, at)[0]))
        if count:
            weights = array.array("I", body[-4 * parameters :])
            self.mark = functools.reduce(operator.xor, weights)
        return False

    def _pictures(self) -> bool:
        known = f"&stamp={self.stamp}&scores=0" if self.stamp else ""
        body = self.fetch(f"/film/{self.run_id}/pictures?after={max(0, self.last)}{known}")
        header = json.loads(body[12 : 12 + struct.unpack_from("<I", body, 8)[0]])
        self.stamp = header["stamp"]
        if header["after"] != self.last:
            self._got(header["after"])
        return bool(header["more"])

    def _got(self, number: int) -> None:
        first = self.last < 0
        self.last = number
        written = self.written.get(self.run_id, {}).get(number)
        if written is not None and not first:  # what was there before the visit is no news
            now = time.monotonic()
            self.ages_s.append((now, now - written))


class SliderMover(Visitor):
    """Moves the slider of the activation functions' page."""

    kind, page = "slider", "curves"
    wait_time = between(2, 4)

    def query(self) -> str:
        return urlencode([("functions", name) for name in FUNCTIONS])

    @task
    def move(self) -> None:
        """To somewhere else."""
        with self.timed("move"):
            self.ask(self.tab.move("x from, to", -6.0, random.randrange(2, 40) / 2))


class Starter(Visitor):
    """Starts a small training now and then, and waits for its end."""

    kind, page = "starter", "train"
    wait_time = between(20, 40)

    def query(self) -> str:
        return urlencode({"model": "mlp", "data": "moons", "epochs": 20})

    @task
    def train(self) -> None:
        """One training."""
        label = next(label for label in ("Start again", "Start") if label in self.tab.controls)
        began = time.monotonic()
        with self.timed("trained"):
            with self.timed("start"):
                self.ask(self.tab.press(label))
            if not self.tab.query.count("run="):
                raise Broken("The page has started no run.")
            while self.tab.live:
                gevent.sleep(min(self.follow(part) for part in [*self.tab.live.values()]))
                if time.monotonic() - began > LIMIT_S:
                    raise Broken(f"The training has not ended within {LIMIT_S:.0f} s.")


KINDS: dict[str, type[Any]] = {one.kind: one for one in (Watcher, SliderMover, Starter)}
