"""The end of a server under load by a signal: how long it takes, and whether a second start resumes all.

    .venv/bin/python -m tests.kills.ending [--people 30] [--signals term,int,group,all]

A server with two trainings, an ensemble and a benchmark, people on its pages, and four who never finish: one
takes a file and reads none of it, one brings a file and sends none of it, one has a websocket and reads none
of it, one waits for a zip. It gets SIGTERM, SIGINT, SIGTERM as its process group gets it, and SIGTERM as all
of its processes get it, workers too. After each no process may be left within five seconds and nothing may be
broken, and the next start resumes what was at work; in the end the training has the numbers of one that
nobody interrupted. Ends with 1 where that is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import streamlit

from core.records import to_record
from core.runs.status import FINISHED, INTERRUPTED, PAUSED, QUEUED, RUNNING
from core.runs.store import RunStore
from core.training.config import default_config
from tests.browser.app import Server, start_server
from tests.kills import activities, checks, witness
from tests.kills.activities import WORK, Work
from tests.kills.lab import LIMIT_S, START_LIMIT_S, losses
from tests.kills.visitor import Visitor
from tests.load.viewer import look

LIMIT_OF_END_S = 5.0
LONG = Work(
    "training",
    to_record(default_config("mlp", "moons", epochs=10_000, batch_size=200, engine="eager", snapshots=())),
    "a",
)
PAGES = ("train", "curves", "runs")
SIGNALS: dict[str, Callable[[Server, list[psutil.Process]], None]] = {
    "term": lambda server, _: server.process.terminate(),
    "int": lambda server, _: server.process.send_signal(signal.SIGINT),
    "group": lambda server, _: os.killpg(server.process.pid, signal.SIGTERM),
    "all": lambda _, processes: [process.terminate() for process in processes] and None,
}


def main() -> None:
    """Run, print, and fail where something does not hold."""
    first, *_ = (__doc__ or "").split("\n")
    parser = argparse.ArgumentParser(prog="python -m tests.kills.ending", description=first)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--signals", default=",".join(SIGNALS), help="with commas")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ending") as folder:
        faults = [*endings(Path(folder), options.people, options.signals.split(","))]
    print("\n".join(f"fault: {fault}" for fault in faults) or "all held")
    sys.exit(bool(faults))


def endings(folder: Path, people: int, signals: list[str], limit_s: float = LIMIT_OF_END_S) -> Iterator[str]:
    """Start, load, signal, look, for each signal; yields faults."""
    home, watched = folder / "home", folder / "witness"
    watched.mkdir()
    environment = {
        "NABLASCOPE_MAX_RUNS": "3",
        "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent / "startup"), os.getcwd())),
        witness.FOLDER: str(watched),
    }
    server = start_server(home, apart=True, limit_s=START_LIMIT_S, **environment)
    store = RunStore(home / "runs.sqlite")
    benchmark = WORK[activities.BENCHMARK][0]
    works = [LONG, WORK[activities.TRAINING][1], WORK[activities.ENSEMBLE][0], benchmark]
    runs = {work: work.start(store) for work in works}
    interrupted = set()
    try:
        exported = Work("training", activities.SHORT, "z").start(store)
        _wait(lambda: _status(store, exported) == FINISHED)
        started_at = time.time()
        for name in signals:
            with _people(server.url, people, runs[LONG]), _never_finished(server.url, exported):
                _start_again_what_ended(store, runs)
                # What has made no checkpoint since its start is not resumed: it may be what ends servers.
                _wait(partial(_has_checkpoint_since, started_at, store, runs[LONG]))
                processes = checks.processes_of(watched)
                at_work = [run for run in runs.values() if _status(store, run) == RUNNING]
                interrupted |= {*at_work} & {runs[LONG]}
                began = time.monotonic()
                SIGNALS[name](server, processes)
                _wait(partial(_all_ended, processes))
                took_s = time.monotonic() - began
                server.process.wait()
            print(
                f"{name}: {len(processes)} processes gone after {took_s:.2f} s, {len(at_work)} runs at work, "
                f"{people} people (load {psutil.getloadavg()[0]:.0f})",
                flush=True,
            )
            yield from (f"{name}: left over: {one.cmdline()}" for one in checks.processes_of(watched))
            if took_s > limit_s:
                yield f"{name}: it took {took_s:.1f} s"
            yield from (f"{name}: {fault}" for fault in checks.of_store(store, [*runs.values()]))
            for run_id in at_work:
                if _status(store, run_id) not in (INTERRUPTED, QUEUED, FINISHED):
                    yield f"{name}: {run_id} is {_status(store, run_id)}"
            port = int(server.url.rsplit(":", 1)[1])
            server = start_server(home, port, apart=True, limit_s=START_LIMIT_S, **environment)
            began, started_at = time.monotonic(), time.time()
            for run_id in {*at_work} & interrupted:
                _wait(lambda run_id=run_id: _status(store, run_id) != INTERRUPTED, 60.0)
                if _status(store, run_id) == INTERRUPTED:
                    yield f"{name}: {run_id} does not resume: {store.get(run_id)}"
            print(f"{name}: all resume {time.monotonic() - began:.1f} s after the next start", flush=True)
        for work in works[1:]:
            store.request(runs[work], "stop")
        again = LONG.start(store)
        _wait(lambda: all(_status(store, run) == FINISHED for run in (*interrupted, again)), 2 * LIMIT_S)
        if not interrupted or any(losses(store, run) != losses(store, again) for run in interrupted):
            yield "the training ends with other numbers than one that nobody interrupted"
    finally:
        for run in store.all_with_status(QUEUED, RUNNING, PAUSED):
            store.request(run.id, "stop")
        server.stop()
        for process in checks.processes_of(watched):
            process.kill()
        store.close()


@contextlib.contextmanager
def _people(url: str, count: int, run: str) -> Iterator[None]:
    """So many open pages."""
    address = url.replace("http", "ws")
    there, leaves = threading.Event(), asyncio.Event()

    async def all_of_them() -> None:
        visits = [
            asyncio.create_task(look(address, page, f"run={run}" if page == "train" else "", 3600))
            for page in (PAGES[n % len(PAGES)] for n in range(count))
        ]
        await asyncio.sleep(5)
        there.set()
        await leaves.wait()
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    with asyncio.Runner() as runner:
        thread = threading.Thread(target=lambda: runner.run(all_of_them()), daemon=True)
        thread.start()
        there.wait(LIMIT_S)
        yield
        runner.get_loop().call_soon_threadsafe(leaves.set)
        thread.join(LIMIT_S)


@contextlib.contextmanager
def _never_finished(url: str, exported: str) -> Iterator[None]:
    """Four connections that nothing ends but the server."""
    address = urlsplit(url)
    host = f"Host: {address.netloc}\r\n"
    files = (Path(streamlit.__file__).parent / "static" / "static" / "js").glob("*.js")
    largest = max(files, key=lambda path: path.stat().st_size)
    take = f"GET /static/js/{largest.name} HTTP/1.1\r\n{host}\r\n" * 40  # more than the system keeps
    bring = f"PUT /_stcore/upload_file/a/b HTTP/1.1\r\n{host}Content-Length: 1000000\r\n\r\nbegun"
    look_on = (
        f"GET /_stcore/stream HTTP/1.1\r\n{host}Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with contextlib.ExitStack() as open_ones:
        for sent in (take, bring, look_on):
            slow = open_ones.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((str(address.hostname), address.port or 80))
            slow.sendall(sent.encode())
        page = Visitor(url, "train", f"run={exported}")
        waiting = threading.Thread(target=lambda: _export(page), daemon=True)
        waiting.start()
        time.sleep(0.5)
        yield
        waiting.join(LIMIT_S)


def _export(page: Visitor) -> None:
    with contextlib.suppress(Exception):  # the server ends meanwhile
        while True:
            page.export()


def _all_ended(processes: list[psutil.Process]) -> bool:
    return not any(map(checks.is_at_work, processes))


def _status(store: RunStore, run_id: str) -> str:
    run = store.get(run_id)
    assert run is not None
    return run.status


def _has_checkpoint_since(started_at: float, store: RunStore, run_id: str) -> bool:
    if _status(store, run_id) != RUNNING or not store.can_resume(run_id):
        return False
    return store.checkpoint_file(run_id).stat().st_mtime > started_at


def _start_again_what_ended(store: RunStore, runs: dict[Work, str]) -> None:
    for work, run_id in runs.items():
        if _status(store, run_id) not in (RUNNING, QUEUED, PAUSED, INTERRUPTED):
            runs[work] = work.start(store)


def _wait(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    until = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"not so within {limit_s:.0f} s")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
