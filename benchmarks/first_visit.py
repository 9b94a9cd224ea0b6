"""What a first visit costs the server's processor: as shipped, with Streamlit's file watcher, an empty app.

    python benchmarks/first_visit.py [--visits 40] [--page curves]

A visitor opens a page over a websocket, receives all of it and leaves. Three servers run side by side and are
visited in turns, so that the figures hold on a machine whose speed drifts. Counted is the processor time
of the server's process, less what it takes with nobody there. Prints milliseconds a visit and the ratio as
one JSON line; exit code 1 where the shipped server takes more than the limit beyond an empty app.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.app import free_port, is_healthy  # noqa: E402
from tests.load.viewer import look  # noqa: E402

LIMIT_MS = 20.0  # beyond an empty app
ROUND = 10  # visits
EMPTY = "import streamlit as st\n\nst.write('empty')\n"


def main() -> None:
    """Measure, print, and fail above the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--visits", type=int, default=40, help="of each server (default 40)")
    parser.add_argument("--page", default="curves", help="of the dashboard (default curves)")
    options = parser.parse_args()
    ours = ROOT / "dashboard" / "app.py"
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as running:
        empty = Path(scratch) / "empty.py"
        empty.write_text(EMPTY)
        kinds = {"shipped": (ours, "none"), "watcher": (ours, "auto"), "empty": (empty, "none")}
        servers = {
            name: running.enter_context(server(script, watcher, Path(scratch) / name))
            for name, (script, watcher) in kinds.items()
        }
        pages = {name: options.page if script == ours else "" for name, (script, _) in kinds.items()}
        for name, one in servers.items():  # imports, and what is cached for all
            visit_ms(one, pages[name], 2)
        found: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(max(1, options.visits // ROUND)):
            for name, one in servers.items():
                found[name].append(visit_ms(one, pages[name], ROUND))
    medians = {f"{name}_ms": round(statistics.median(values), 1) for name, values in found.items()}
    beyond = medians["shipped_ms"] - medians["empty_ms"]
    ratio = statistics.median(a / b for a, b in zip(found["watcher"], found["shipped"], strict=True))
    print(json.dumps({**medians, "ratio": round(ratio, 1), "beyond_empty_ms": round(beyond, 1)}))
    sys.exit(beyond > LIMIT_MS)


@contextlib.contextmanager
def server(script: Path, watcher: str, home: Path) -> Iterator[tuple[psutil.Process, str]]:
    """The process of a server that answers, and its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    started = subprocess.Popen(
        [*command, "--server.fileWatcherType", watcher],
        cwd=ROOT,
        env=os.environ | {"NABLASCOPE_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not is_healthy(f"http://127.0.0.1:{port}"):
            assert started.poll() is None, f"{script.name} did not start"
            time.sleep(0.05)
        yield psutil.Process(started.pid), f"ws://127.0.0.1:{port}"
    finally:
        started.terminate()
        started.wait()


def visit_ms(running: tuple[psutil.Process, str], page: str, visits: int) -> float:
    """Processor time of one visit."""
    process, url = running
    idle_per_s = _cpu_s(process, lambda: time.sleep(0.5))[0] / 0.5

    def visit() -> None:
        for _ in range(visits):
            asyncio.run(look(url, page, "", 0))

    used_s, wall_s = _cpu_s(process, visit)
    return 1000 * max(0.0, used_s - idle_per_s * wall_s) / visits


def _cpu_s(process: psutil.Process, act: Callable[[], object]) -> tuple[float, float]:
    """Processor time that the process takes while something is done, and how long that lasts."""
    before, began = sum(process.cpu_times()[:2]), time.perf_counter()
    act()
    return sum(process.cpu_times()[:2]) - before, time.perf_counter() - began


if __name__ == "__main__":
    main()
