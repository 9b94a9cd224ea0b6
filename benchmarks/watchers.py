"""What it costs the server that a page is open: CPU of its process for each watcher and second.

    python benchmarks/watchers.py [--watchers 8] [--seconds 20] [--json]

Each page with a training that runs, and with the same one paused, where nothing happens. The watchers speak
Streamlit's protocol without a browser and ask as often as a browser does; each has its part of what the
server takes with nobody there. CPU time is longer on a busy machine, and a short look is noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.records import to_record
from core.runs.store import RunStore
from core.training.config import default_config
from tests.browser.app import start_server
from tests.load.viewer import look_together

SETTLE_S = 4.0  # after which a page that has just been opened is drawn


def pages(run: str, other: str) -> dict[str, tuple[str, str]]:
    """Each page that shows something live, with its address."""
    return {
        "home": ("", ""),
        "train": ("train", f"run={run}"),
        "side by side": ("side_by_side", f"runs={run},{other}"),
        "runs": ("runs", ""),
    }


def cpu_s(server: psutil.Process) -> float:
    """Of the server's process so far."""
    return float(sum(server.cpu_times()[:2]))


def cost(url: str, server: psutil.Process, page: tuple[str, str], watchers: int, seconds: float) -> float:
    """Milliseconds for each watcher and second: that of a long look less that of a short one."""
    spent = []
    for look_s in (SETTLE_S, SETTLE_S + seconds):
        before, began = cpu_s(server), time.monotonic()
        seen = look_together(url.replace("http", "ws"), page[0], page[1], look_s, watchers)
        assert not any(one.exceptions for one in seen), page
        spent.append((cpu_s(server) - before, time.monotonic() - began))
    (short, short_s), (long, long_s) = spent
    return 1000 * (long - short) / watchers / (long_s - short_s)


def main() -> int:
    """Print a line for each page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--watchers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        server = start_server(Path(home))
        store = RunStore(Path(home) / "runs.sqlite")
        try:
            long = {"epochs": 10_000, "batch_size": 1, "samples": 2000}
            configs = [default_config("mlp", "moons", seed=n, **long) for n in (1, 2)]
            run, other = (store.create("training", to_record(config)) for config in configs)
            process = psutil.Process(server.process.pid)
            look_together(server.url.replace("http", "ws"), "", "", 1, 1)  # whose visit starts a worker
            while store.frame_step(run) is None:
                time.sleep(0.1)
            for state in ("running", "paused"):
                if state == "paused":
                    store.request(run, "pause")
                    store.request(other, "stop")
                    while (now := store.get(run)) and now.status != "paused":
                        assert not now.ended, "the training was too short"
                        time.sleep(0.1)
                for name, page in pages(run, other).items():
                    each = cost(server.url, process, page, options.watchers, options.seconds)
                    found.setdefault(name, {})[state] = round(each, 2)
                    print(f"{name:16}{state:10}{each:8.2f} ms for each watcher and second", flush=True)
        finally:
            server.stop()
            store.close()
    if options.json:
        print(json.dumps({"load_average": round(os.getloadavg()[0], 1), "ms": found}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
