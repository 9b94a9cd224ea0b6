"""Training on the page against the headless loop, alone and with people looking.

    python benchmarks/training_on_page.py [--viewers 10] [--rounds 3] [--network lenet]

Each round trains the same config headless, on the page with one viewer, and on the page with many, one after
the other, so that the ratios hold on a machine whose speed drifts. Two figures for each: samples a second of
wall time, in which viewers and other programs compete for the cores, and samples a second of the training
process's own CPU time, which shows what recording and being looked at cost beyond the cores that viewers use.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.records import to_record  # noqa: E402
from core.runs.store import Run, RunStore  # noqa: E402
from core.training.config import default_config  # noqa: E402
from tests.load.viewer import Seen, look_together  # noqa: E402


@dataclass(frozen=True)
class Round:
    """Samples a second of wall time, and of the training process's own CPU time."""

    samples_per_s: float
    samples_per_cpu_s: float


def headless(network: str, epochs: int) -> Round:
    """The command line's own figure."""
    command = [sys.executable, "-m", "core.training", network, "--epochs", str(epochs), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        began_s, records = 0.0, []
        for line in process.stdout:
            records.append(json.loads(line))
            # The process is still there when its last line is read: it has yet to take torch down.
            ended_s = cpu_s(process.pid)
            began_s = began_s or ended_s
    return Round(records[-1]["samples_per_s"], samples(records) / (ended_s - began_s))


def on_page(store: RunStore, port: int, network: str, epochs: int, viewers: int) -> tuple[Round, list[Seen]]:
    """The same run through the server's worker, with people looking at its address."""
    run_id = store.create("training", to_record(default_config(network, epochs=epochs)))
    seen: list[Seen] = []
    finished = threading.Event()

    def watch() -> None:
        while not finished.is_set():
            seen.extend(look_together(f"ws://127.0.0.1:{port}", "train", f"run={run_id}", 2.0, viewers))

    thread = threading.Thread(target=watch)
    thread.start()
    began_s = 0.0
    while not (run := store.get(run_id)) or not run.ended:
        if run and run.worker and not began_s and store.events_after(run_id):
            began_s = cpu_s(process_of(run))
        time.sleep(0.02)
    spent_s = cpu_s(process_of(run)) - began_s
    finished.set()
    thread.join()
    records = [record for _, record in store.events_after(run_id)]
    return Round(records[-1]["samples_per_s"], samples(records) / spent_s), seen


def samples(records: list[dict[str, Any]]) -> int:
    """Samples learned from in the whole run."""
    return int(records[0]["train_samples"] * records[-1]["epochs"])


def process_of(run: Run) -> int:
    """The worker's process number."""
    return int(str(run.worker).split("/")[-2])


def cpu_s(process: int) -> float:
    """CPU seconds that a process has used so far."""
    times = psutil.Process(process).cpu_times()
    return times.user + times.system


def serve(home: str) -> tuple[subprocess.Popen[bytes], int]:
    """The dashboard on a free port, with its workers warm."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    environment = os.environ | {"NABLASCOPE_HOME": home}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health") as answer:
                if answer.read() == b"ok":
                    break
        except OSError:
            time.sleep(0.05)
    look_together(f"ws://127.0.0.1:{port}", "train", "", 0.1, 1)  # the first visitor starts the workers
    time.sleep(6)
    return server, port


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="lenet")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["NABLASCOPE_HOME"] = home
        server, port = serve(home)
        store = RunStore(Path(home) / "runs.sqlite")
        try:
            rounds, refresh_s = [], []
            for _ in range(options.rounds):
                alone = headless(options.network, options.epochs)
                one, _ = on_page(store, port, options.network, options.epochs, 1)
                many, seen = on_page(store, port, options.network, options.epochs, options.viewers)
                rounds.append((alone, one, many))
                refresh_s += [seconds for viewer in seen for seconds in viewer.refresh_s]
                print(
                    f"headless {alone.samples_per_s:8,.0f}  page {one.samples_per_s:8,.0f}"
                    f"  page with {options.viewers} viewers {many.samples_per_s:8,.0f} samples/s"
                )
        finally:
            server.terminate()
            server.wait()
            store.close()
    print(f"{'':28}wall time  CPU time (target 0.95)")
    for name, before, after in (("page / headless", 0, 1), (f"{options.viewers} viewers / 1 viewer", 1, 2)):
        wall = statistics.median(r[after].samples_per_s / r[before].samples_per_s for r in rounds)
        cpu = statistics.median(r[after].samples_per_cpu_s / r[before].samples_per_cpu_s for r in rounds)
        print(f"{name:28}{wall:9.3f}  {cpu:8.3f}")
    print(f"a refresh took {1000 * statistics.median(refresh_s):.0f} ms (median)")


if __name__ == "__main__":
    main()
