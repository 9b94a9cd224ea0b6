"""Many people on one server: some watch a training, some move sliders, some train.

    make load
    .venv-load/bin/python -m tests.load [--sessions 200] [--jobs 4] [--seconds 600] [--kinds watcher,slider]

Starts a server with two long trainings on it, an MLP and a CNN, lets people come at 10 a second, and times
them once all are there. Ends with a table, and with 1 where a promise is broken: errors, the 95th percentile
of a slider and of the age of frames, the server's CPU and the growth of its memory. Client, server and
trainings share the machine, as they would not elsewhere: times say little where its cores are few, and the
server's CPU time says more.
"""

# ruff: noqa: E402

from gevent import monkey

monkey.patch_all()

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gevent
import psutil
from locust.env import Environment

from core.records import to_record
from core.runs.store import RunStore
from core.training.config import default_config
from tests.browser.app import start_server
from tests.load.report import Found, Sample, Timing, broken, table
from tests.load.users import KINDS, Watcher

PEOPLE_PER_S = 10
FIRST_FRAME_LIMIT_S = 120.0
LOOK_S = 0.1  # how often the store is asked whether there are new frames: the error of their age
MLP = to_record(default_config("mlp", "moons", epochs=10_000, batch_size=1, samples=2000))
CNN = to_record(default_config("lenet", epochs=5_000))


def main() -> None:
    """Run, print, and fail where a promise is broken."""
    options = arguments()
    with tempfile.TemporaryDirectory() as home:
        server = start_server(
            Path(home),
            NABLASCOPE_MAX_RUNS=str(options.jobs),
            NABLASCOPE_SHARED="1",
            NABLASCOPE_MAX_OPEN_RUNS_OF_ADDRESS="100000",  # all are behind one address here
        )
        store = RunStore(Path(home) / "runs.sqlite")
        try:
            if "watcher" in options.kinds:
                start_trainings(store)
            found = load(store, server.url, psutil.Process(server.process.pid), options)
        finally:
            server.stop()
            store.close()
    kinds = ", ".join(options.kinds)
    print(f"{options.sessions} sessions ({kinds}), {options.jobs} jobs, {options.seconds:g} s")
    print(table(found))
    if options.json:
        Path(options.json).write_text(json.dumps(asdict(found)))
    missed = broken(found)
    print("\n".join(f"broken: {said}" for said in missed) or "all promises kept")
    sys.exit(bool(missed))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=4, help="that run at once")
    parser.add_argument("--seconds", type=float, default=600, help="from when all are there")
    parser.add_argument("--kinds", default=",".join(KINDS), help="of people, in equal parts, with commas")
    parser.add_argument("--json", help="a file for everything that was found")
    options = parser.parse_args()
    options.kinds = options.kinds.split(",")
    unknown = [kind for kind in options.kinds if kind not in KINDS]
    if unknown or options.sessions < len(options.kinds) or options.jobs < 1 or options.seconds <= 0:
        kinds = ", ".join(KINDS)
        parser.error(f"kinds are {kinds}, with a session of each at least; jobs and seconds are positive")
    return options


def start_trainings(store: RunStore) -> None:
    """Two that last, whose frames are there when the first watcher comes."""
    for config in (MLP, CNN):
        run = store.create("training", config, resumable=True)
        Watcher.runs.append(run)
        Watcher.written[run] = {}
    Watcher.of_networks.add(Watcher.runs[0])
    until = time.monotonic() + FIRST_FRAME_LIMIT_S
    while not all(newest(store, run) > 0 for run in Watcher.runs):
        if time.monotonic() > until:
            raise SystemExit("The trainings to be watched have not begun.")
        time.sleep(LOOK_S)


def newest(store: RunStore, run: str) -> int:
    """The number of a film's newest frame or picture, as its watchers get it."""
    if run in Watcher.of_networks:
        return store.frame_step(run) or 0
    return store.film_sequence(run)


def load(store: RunStore, url: str, server: psutil.Process, options: argparse.Namespace) -> Found:
    """Let the people come, and watch the server until the time is over."""
    environment = Environment(user_classes=[KINDS[kind] for kind in options.kinds], host=url)
    found = Found(steady_at=float("inf"), sessions=options.sessions, ages_s=Watcher.ages_s)

    def record(request_type: str, name: str, response_time: float, exception: object, **_: Any) -> None:
        error = f"{type(exception).__name__}: {exception}" if exception else ""
        found.timings.append(Timing(time.monotonic(), request_type, name, response_time, error))

    environment.events.request.add_listener(record)
    runner = environment.create_local_runner()
    watching = [gevent.spawn(note_frames, store), gevent.spawn(sample, server, found.samples)]
    runner.start(options.sessions, spawn_rate=PEOPLE_PER_S)
    visits = 0
    while visits < options.sessions:  # all have their page
        gevent.sleep(0.2)
        visits = sum(timing.what == "visit" for timing in found.timings)
    gevent.sleep(2)
    found.steady_at = time.monotonic()
    gevent.sleep(options.seconds)
    ended_at = time.monotonic()
    gevent.killall(watching)
    runner.quit()
    found.timings[:] = [timing for timing in found.timings if timing.at <= ended_at]
    return found


def note_frames(store: RunStore) -> None:
    """When each frame of the watched runs was there."""
    while True:
        for run in Watcher.runs:
            Watcher.written[run].setdefault(newest(store, run), time.monotonic())
        gevent.sleep(LOOK_S)


def sample(server: psutil.Process, samples: list[Sample]) -> None:
    """The server's process, once a second."""
    while True:
        times = server.cpu_times()
        samples.append(Sample(time.monotonic(), times.user + times.system, server.memory_info().rss))
        gevent.sleep(1)


if __name__ == "__main__":
    main()
