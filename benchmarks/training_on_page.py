"""Training on the page against the headless loop, alone and with people looking.

    python benchmarks/training_on_page.py [--viewers 10] [--rounds 3] [--network lenet]

Each round trains the same config headless, on the page with one viewer, and on the page with many, one after
the other, so that the ratios hold on a machine whose speed drifts.
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

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.config import to_record  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from core.training.config import default_config  # noqa: E402
from tests.load.viewer import Seen, look_together  # noqa: E402


@dataclass(frozen=True)
class Round:
    """Samples a second of wall time, and of the training process's own CPU time where it is known."""

    samples_per_s: float
    samples_per_cpu_s: float | None = None


def headless(network: str, epochs: int) -> Round:
    """The command line's own figure."""
    command = [sys.executable, "-m", "core.training", network, "--epochs", str(epochs), "--json"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return Round(json.loads(output.splitlines()[-1])["samples_per_s"])


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
    cpu_s = 0.0
    while not (run := store.get(run_id)) or not run.ended:
        if run and run.worker and run.started_at:
            times = psutil.Process(int(run.worker.split("/")[-2])).cpu_times()
            cpu_s = cpu_s or -(times.user + times.system)
        time.sleep(0.02)
    times = psutil.Process(int(str(run.worker).split("/")[-2])).cpu_times()
    finished.set()
    thread.join()
    last = store.events_after(run_id)[-1][1]
    samples = last["samples_per_s"] * (run.ended_at - run.started_at)  # type: ignore[operator]
    return Round(last["samples_per_s"], samples / (cpu_s + times.user + times.system)), seen


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
            one_ratio, many_ratio, many_cpu_ratio, refresh_s = [], [], [], []
            for _ in range(options.rounds):
                alone = headless(options.network, options.epochs)
                one, _ = on_page(store, port, options.network, options.epochs, 1)
                many, seen = on_page(store, port, options.network, options.epochs, options.viewers)
                one_ratio.append(one.samples_per_s / alone.samples_per_s)
                many_ratio.append(many.samples_per_s / one.samples_per_s)
                many_cpu_ratio.append(many.samples_per_cpu_s / one.samples_per_cpu_s)  # type: ignore[operator]
                refresh_s += [seconds for viewer in seen for seconds in viewer.refresh_s]
                print(
                    f"headless {alone.samples_per_s:8,.0f}  page {one.samples_per_s:8,.0f}"
                    f"  page with {options.viewers} viewers {many.samples_per_s:8,.0f} samples/s"
                )
        finally:
            server.terminate()
            server.wait()
            store.close()
    print(f"page / headless: {statistics.median(one_ratio):.3f} (target 0.95)")
    print(f"{options.viewers} viewers / 1 viewer: {statistics.median(many_ratio):.3f} (target 0.95)")
    print(f"the same per CPU second of the training process: {statistics.median(many_cpu_ratio):.3f}")
    print(f"a refresh took {1000 * statistics.median(refresh_s):.0f} ms (median)")


if __name__ == "__main__":
    main()
