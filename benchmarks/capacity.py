"""How many people one server carries, and what more of them need: a model from measured costs.

    python benchmarks/capacity.py                       measure, and print the model
    python benchmarks/capacity.py --costs costs.json    print it from costs that were measured before
    python benchmarks/capacity.py --check found.json    compare it with load tests (tests.load --json)

Measured is the CPU time of the server's process for each thing that a person does, and of a worker for one
small training, with the bytes that go to a browser and to the disk. CPU time holds on a busy machine, though
it is somewhat longer there. docs/capacity.md says what the model leaves out.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil
from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.records import to_record
from core.runs.store import RunStore
from core.training.config import default_config
from dashboard.film.encoding import check_of
from tests.browser.app import start_server
from tests.load.protocol import Live, Tab

WATCHERS = 8  # of one training, who share what is drawn of it
FUNCTIONS = ("relu", "gelu", "silu", "mish", "tanh", "softplus")
SMALL = "model=mlp&data=moons&epochs=20"


@dataclass(frozen=True)
class Costs:
    """CPU in milliseconds of the server's process, unless another unit is said."""

    load_average: float  # while it was measured
    idle_per_s: float
    visit: float  # a page of activation functions
    visit_training: float  # the page of a training that runs
    move: float  # of a slider
    film: float  # one question for a film's frames
    ask: float  # one question for news of a run
    redraw: float  # of a training's page, with the question before it, where somebody looks alone
    redraw_shared: float  # the same where several look, and most find what others have drawn
    start: float  # of a training, until its page is drawn at its end
    job_s: float  # CPU seconds of a worker for one small training
    visit_bytes: int
    redraw_bytes: int
    film_bytes: int  # of a whole film
    stored_bytes: int  # of a small training


@dataclass(frozen=True)
class People:
    """What so many people do at the same time, each second."""

    visits: float = 0.0
    training_visits: float = 0.0
    moves: float = 0.0
    films: float = 0.0
    asks: float = 0.0
    redraws: float = 0.0
    starts: float = 0.0
    watched: float = 0.0  # trainings that are, not for each second

    def server_cores(self, costs: Costs) -> float:
        """Of the web processes."""
        drawn = min(self.redraws, self.watched / SHARED_S)
        each = (
            (self.visits, costs.visit),
            (self.training_visits, costs.visit_training),
            (self.moves, costs.move),
            (self.films, costs.film),
            (self.asks, costs.ask),
            (drawn, costs.redraw),
            (self.redraws - drawn, costs.redraw_shared),
            (self.starts, costs.start),
        )
        return (costs.idle_per_s + sum(rate * cost for rate, cost in each)) / 1000

    def worker_cores(self, costs: Costs) -> float:
        """Of the workers."""
        return self.starts * costs.job_s


# --- Measured ---------------------------------------------------------------------------------------------


class Meter:
    """The CPU time of one process, less what it takes with nobody there."""

    def __init__(self, process: psutil.Process) -> None:
        self.process, self.idle = process, 0.0
        self.idle = self.ms(lambda: time.sleep(4), 4)

    def ms(self, act: Callable[[], object], times: int) -> float:
        """Milliseconds for each of so many."""
        before, began = sum(self.process.cpu_times()[:2]), time.monotonic()
        act()
        spent = 1000 * (sum(self.process.cpu_times()[:2]) - before)
        return max(0.0, spent - self.idle * (time.monotonic() - began)) / times


class Client:
    """One person with one page, in an event loop of its own."""

    def __init__(self, url: str, page: str, query: str) -> None:
        self.url, self.tab = url, Tab(page, query)
        self.loop = asyncio.new_event_loop()
        self.http = http.client.HTTPConnection(url.partition("://")[2])
        self.socket: ClientConnection = self.loop.run_until_complete(self._connected())

    async def _connected(self) -> ClientConnection:
        address = f"{self.url.replace('http', 'ws')}/_stcore/stream"
        return await connect(address, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]

    def ask(self, message: bytes) -> None:
        """Send, and take all that comes until the page is drawn."""

        async def act() -> None:
            await self.socket.send(message)
            while True:
                data = await asyncio.wait_for(self.socket.recv(), 120)
                assert isinstance(data, bytes)
                if self.tab.take(data):
                    return

        self.loop.run_until_complete(act())
        assert not self.tab.exceptions, self.tab.exceptions

    def fetch(self, address: str) -> bytes:
        """A plain request."""
        self.http.request("GET", address)
        answer = self.http.getresponse()
        assert answer.status == 200, answer.status
        return answer.read()

    def close(self) -> None:
        """Leave."""
        self.http.close()
        self.loop.run_until_complete(self.socket.close())
        self.loop.close()


def visited(url: str, page: str, query: str) -> Client:
    """Somebody who has just opened a page."""
    one = Client(url, page, query)
    one.ask(one.tab.rerun())
    return one


def measured(rounds: int) -> Costs:
    """Each cost on a server of its own, with one MLP training."""
    with tempfile.TemporaryDirectory() as home:
        server = start_server(Path(home))
        store = RunStore(Path(home) / "runs.sqlite")
        try:
            return _measured(store, server.url, psutil.Process(server.process.pid), rounds)
        finally:
            server.stop()
            store.close()


def _measured(store: RunStore, url: str, server: psutil.Process, rounds: int) -> Costs:
    curves = urlencode([("functions", name) for name in FUNCTIONS])
    config = default_config("mlp", "moons", epochs=10_000, batch_size=1, samples=2000)
    watched = store.create("training", to_record(config))
    for page, query in (("curves", curves), ("train", SMALL)):  # what only the first visitor pays for
        visited(url, page, query).close()
    while store.frame_step(watched) is None:
        time.sleep(0.1)
    visited(url, "train", f"run={watched}").close()
    meter = Meter(server)

    def visits(page: str, query: str) -> int:
        received = 0
        for _ in range(rounds):
            one = visited(url, page, query)
            received += one.tab.received_bytes
            one.close()
        return received // rounds

    got: list[int] = []
    visit = meter.ms(lambda: got.append(visits("curves", curves)), rounds)
    visit_training = meter.ms(lambda: visits("train", f"run={watched}"), rounds)
    one = visited(url, "curves", curves)
    places = [(n % 38 + 2) / 2 for n in range(rounds)]
    move = meter.ms(lambda: [one.ask(one.tab.move("x from, to", -6.0, x)) for x in places], rounds)
    one.close()
    watchers = [visited(url, "train", f"run={watched}") for _ in range(WATCHERS)]

    def redraws(several: list[Client]) -> None:
        for n in range(rounds * 2):
            one = several[n % len(several)]
            one.fetch(one.tab.question(_part(one)))
            one.ask(one.tab.draw(_part(one)))

    redraw = meter.ms(lambda: redraws(watchers[:1]), 2 * rounds)
    redraws(watchers)  # the server has learned how many there are
    before = sum(one.tab.received_bytes for one in watchers)
    redraw_shared = meter.ms(lambda: redraws(watchers), 2 * rounds)
    redraw_bytes = (sum(one.tab.received_bytes for one in watchers) - before) // (2 * rounds)
    for one in watchers[1:]:
        one.close()
    one = watchers[0]
    polls = 20 * rounds
    ask = meter.ms(lambda: [one.fetch(one.tab.question(_part(one))) for _ in range(polls)], polls)
    film_bytes = len(one.fetch(f"/film/{watched}"))

    def film_polls() -> None:
        for _ in range(polls // 10):  # ten who have seen as much
            last = store.frames(watched)[-1]
            for _ in range(10):
                one.fetch(f"/film/{watched}?after={last.step}&check={check_of(last)}")

    film = meter.ms(film_polls, polls)
    one.close()
    store.request(watched, "stop")
    start, job_s, stored = _starts(store, url, meter, rounds)
    return Costs(
        load_average=round(os.getloadavg()[0], 1),
        idle_per_s=round(meter.idle, 1),
        visit=round(visit, 1),
        visit_training=round(visit_training, 1),
        move=round(move, 1),
        film=round(film, 2),
        ask=round(ask, 2),
        redraw=round(redraw, 1),
        redraw_shared=round(redraw_shared, 1),
        start=round(start, 1),
        job_s=round(job_s, 3),
        visit_bytes=got[0],
        redraw_bytes=redraw_bytes,
        film_bytes=film_bytes,
        stored_bytes=stored,
    )


def _part(one: Client) -> Live:
    return next(iter(one.tab.live.values()))


def _starts(store: RunStore, url: str, meter: Meter, rounds: int) -> tuple[float, float, int]:
    """The server's milliseconds for a small training, a worker's seconds, and bytes on the disk."""
    one, times = visited(url, "train", SMALL), max(3, rounds // 4)
    workers = psutil.Process(meter.process.pid).children()
    used = sum(sum(worker.cpu_times()[:2]) for worker in workers)
    size = _on_disk(store)

    def trainings() -> None:
        for _ in range(times):
            label = next(name for name in ("Start again", "Start") if name in one.tab.controls)
            one.ask(one.tab.press(label))
            while one.tab.live:
                part = _part(one)
                answer = json.loads(one.fetch(one.tab.question(part)))
                if answer["news"]:
                    one.ask(one.tab.draw(part))
                else:
                    time.sleep(max(0.1, answer["wait_s"]))

    each = meter.ms(trainings, times)
    used = sum(sum(worker.cpu_times()[:2]) for worker in workers) - used
    one.close()
    return each, used / times, (_on_disk(store) - size) // times


def _on_disk(store: RunStore) -> int:
    """What the store takes, with its log written back."""
    with store.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
    every = [store.path, *store.checkpoints.glob("*")]
    return sum(path.stat().st_size for path in every if path.exists())


# --- The model --------------------------------------------------------------------------------------------

HOURS, MONTH_DAYS = 3600.0, 30
FULL = 0.7  # of a core or machine that may be used at the busiest hour: the rest is for what comes in bursts
PEAK = 0.1  # of a day's visits that come within its busiest hour
CORES_FOR_WORKERS = 8  # of a worker machine
FILM_S, ASK_S, REDRAW_S = 1.0, 2.0, 3.0  # between two of a watcher's questions, and between two drawings
SHARED_S = 1.0  # for so long one drawing serves all who look: dashboard/live/pace.py, between 0.8 and 2

# What one visitor of a public page does in some ten minutes.
PAGES, MOVES, STARTS, WATCHED_S = 3, 30, 1, 120
STATIC_BYTES = (
    4_500_000  # scripts, styles and fonts, once for each browser, compressed: as Chromium counts them
)

# Prices in US dollars, list prices of large providers as of 2025, rounded up: to be replaced by one's own.
PRICES_OF = "2025"
CORE_HOUR = 0.05  # of a rented virtual core with 4 GB of memory
DATABASE_MONTH = {1: 60.0, 4: 240.0, 16: 960.0}  # managed PostgreSQL by cores
STORE_GB_MONTH, CDN_GB = 0.025, 0.05
DATABASE_WRITES_PER_S_A_CORE = 1000.0  # small transactions, of which a running training makes four a second
WRITES_A_TRAINING = 8
KEPT_DAYS = 30  # of runs in store


@dataclass(frozen=True)
class Plan:
    """What so many people need."""

    name: str
    server_cores: float
    servers: int
    worker_cores: float
    workers: int
    writes_per_s: float
    database_cores: int
    stored_gb: float
    cdn_gb_month: float
    dollars_month: float


def class_of(people: int) -> People:
    """All at the same time: a third watches one training, a third moves a slider, a third trains."""
    third = people / 3
    return People(
        moves=third / 3,
        films=third / FILM_S,
        asks=third / ASK_S,
        redraws=third / REDRAW_S,
        starts=third / 30,
        watched=1,
    )


def visitors_of(a_day: float) -> People:
    """The busiest hour of a day with so many visitors."""
    per_s = PEAK * a_day / HOURS
    watching = per_s * WATCHED_S
    return People(
        visits=per_s * (PAGES - 1),
        training_visits=per_s,
        moves=per_s * MOVES,
        films=watching / FILM_S,
        asks=watching / ASK_S,
        redraws=watching / REDRAW_S,
        watched=watching,  # each a training of their own
        starts=per_s * STARTS,
    )


def planned(name: str, people: People, visitors_a_day: float, costs: Costs) -> Plan:
    """Servers for the busiest hour, and a month's money."""
    cores = people.server_cores(costs)
    servers = math.ceil(cores / FULL)
    worker_cores = people.worker_cores(costs)
    machines = max(1, math.ceil(worker_cores / (FULL * CORES_FOR_WORKERS)))
    writes = WRITES_A_TRAINING * people.starts + servers
    database = next((size for size in DATABASE_MONTH if writes < size * DATABASE_WRITES_PER_S_A_CORE), 16)
    stored = visitors_a_day * STARTS * KEPT_DAYS * costs.stored_bytes / 1e9
    each_visit = STATIC_BYTES / 2 + PAGES * costs.visit_bytes + costs.film_bytes  # half have it from before
    cdn = visitors_a_day * MONTH_DAYS * each_visit / 1e9
    hours = 24 * MONTH_DAYS
    money = (2 * servers + machines * CORES_FOR_WORKERS) * CORE_HOUR * hours
    money += DATABASE_MONTH[database] + stored * STORE_GB_MONTH + cdn * CDN_GB
    return Plan(name, cores, servers, worker_cores, machines, writes, database, stored, cdn, money)


def report(costs: Costs) -> str:
    """The costs, and what follows from them."""
    lines = ["measured:"]
    lines += [f"  {name.replace('_', ' '):16} {value:>12,}" for name, value in asdict(costs).items()]
    plans = [
        planned("a class of 200", class_of(200), 200, costs),
        planned("10,000 a day", visitors_of(10_000), 10_000, costs),
        planned("1,000,000 a day", visitors_of(1_000_000), 1_000_000, costs),
    ]
    lines.append("")
    lines.append(f"{'':22}" + "".join(f"{plan.name:>17}" for plan in plans))
    for name in Plan.__dataclass_fields__:
        if name != "name":
            values = "".join(f"{getattr(plan, name):>17,.1f}" for plan in plans)
            lines.append(f"{name.replace('_', ' '):22}{values}")
    watcher = costs.film / FILM_S + costs.ask / ASK_S
    lines.append("")
    lines.append(
        f"a watcher takes {watcher:.2f} ms of CPU a second, and {costs.redraw_shared:.0f} ms for each drawing"
    )
    lines.append(f"prices of {PRICES_OF}, to be replaced by one's own: see the top of this part of the file")
    return "\n".join(lines)


def check(costs: Costs, files: list[str]) -> str:
    """The server's CPU time in load tests, measured and by the model from what was done in them."""
    lines = [f"{'sessions':>9}{'measured':>10}{'model':>8}{'error':>8}   cores"]
    whats = {"move": "moves", "film": "films", "ask": "asks", "redraw": "redraws"}
    for file in files:
        found = json.loads(Path(file).read_text())
        since = found["steady_at"]
        samples = [one for one in found["samples"] if one["at"] >= since]
        seconds = samples[-1]["at"] - samples[0]["at"]
        cores = (samples[-1]["cpu_s"] - samples[0]["cpu_s"]) / seconds
        rates = dict.fromkeys([*whats.values(), "starts"], 0.0)
        for one in found["timings"]:
            if one["at"] < since:
                continue
            if one["what"] in (
                "start",
                "trained",
            ):  # each is half of a start
                rates["starts"] += 0.5 / seconds
            elif one["kind"] != "starter" and one["what"] in whats:  # the others are in the cost of a start
                rates[whats[one["what"]]] += 1 / seconds
        model = People(**rates, watched=WATCHED_IN_TESTS).server_cores(costs)
        lines.append(f"{found['sessions']:>9}{cores:>10.2f}{model:>8.2f}{model / cores - 1:>+8.0%}")
    return "\n".join(lines)


WATCHED_IN_TESTS = 2  # trainings, by tests.load


def main() -> None:
    """Measure or read, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="of each thing that is measured")
    parser.add_argument("--costs", help="a file of costs: read, or written where it is not there")
    parser.add_argument("--check", nargs="*", default=[], help="files of load tests")
    options = parser.parse_args()
    known = Path(options.costs) if options.costs else None
    if known and known.exists():
        costs = Costs(**json.loads(known.read_text()))
    else:
        costs = measured(options.rounds)
        if known:
            known.write_text(json.dumps(asdict(costs), indent=1) + "\n")
    print(check(costs, options.check) if options.check else report(costs))


if __name__ == "__main__":
    main()
