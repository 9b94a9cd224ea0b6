"""What the server's memory is after many visits, and what an open page of a long training adds to it.

    python benchmarks/session_memory.py [--visits 500] [--open 30] [--epochs 2000]

A training ends; then its page is opened and left many times, ten at a time, and at last held open by several.
Prints the resident memory on the way, in MiB, and one JSON line. Ends with 1 where the second half of the
visits adds more than 5 %: Streamlit itself keeps up to 128 closed sessions for a while, so the first
half is not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.records import to_record
from core.runs.store import RunStore
from core.training.config import default_config
from tests.browser.app import start_server
from tests.load.viewer import look

LIMIT = 0.05
TOGETHER = 10
HELD_S = 3.0  # for so long each of those that stay keeps its page, once all have it


def main() -> None:
    """Visit, print, and fail where memory grows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--visits", type=int, default=500)
    parser.add_argument("--open", type=int, default=30, help="pages that are held open at last")
    parser.add_argument("--epochs", type=int, default=2000, help="of the training")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        server = start_server(Path(home))
        store = RunStore(Path(home) / "runs.sqlite")
        process = psutil.Process(server.process.pid)
        url = server.url.replace("http", "ws")
        try:
            run = trained(store, options.epochs)

            def visit(seconds: float, people: int) -> None:
                async def everybody() -> None:
                    await asyncio.gather(*(look(url, "train", f"run={run}", seconds) for _ in range(people)))

                asyncio.run(everybody())

            memory = [mib(process)]
            for n in range(options.visits // TOGETHER):
                visit(0, TOGETHER)
                if (n + 1) % max(1, options.visits // TOGETHER // 10) == 0:
                    memory.append(mib(process))
            print("after each tenth of the visits:", ", ".join(f"{value:.0f}" for value in memory), "MiB")
            half = memory[len(memory) // 2]
            grown = memory[-1] / half - 1
            held = held_mib(process, visit, options.open)
        finally:
            server.stop()
            store.close()
    found = {"visits": options.visits, "grown": round(grown, 3), "mib_an_open_page": round(held, 2)}
    print(json.dumps(found))
    sys.exit(grown > LIMIT)


def trained(store: RunStore, epochs: int) -> str:
    """A training that has ended."""
    run = store.create("training", to_record(default_config("mlp", "moons", epochs=epochs)))
    while True:
        found = store.get(run)
        assert found is not None
        if found.ended:
            assert found.status == "finished", found.message
            return run
        time.sleep(0.2)


def held_mib(process: psutil.Process, visit: Callable[[float, int], None], people: int) -> float:
    """Memory while so many pages are open, for each, beside what was there before."""
    before, most = mib(process), 0.0
    visitors = Thread(target=visit, args=(HELD_S, people))
    visitors.start()
    while visitors.is_alive():
        most = max(most, mib(process))
        time.sleep(0.2)
    return (most - before) / people


def mib(process: psutil.Process) -> float:
    """Resident."""
    return float(process.memory_info().rss) / 2**20


if __name__ == "__main__":
    main()
