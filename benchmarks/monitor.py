"""What the Live monitor costs: the poller at one reading a second, and the server with many viewers.

    python benchmarks/monitor.py [--seconds 20] [--viewers 200] [--driver FOLDER]

The share of one core of the poller's threads, without viewers and with them, and that of the whole server.
Promised: the poller takes less than 1% of a core, however many look. Where gcc is installed, two simulated
cards are read as well; --driver names a folder with a libnvidia-ml.so.1 in its place, such as a real one.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.monitor.poller import Poller  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from tests.monitor_server import monitor_server  # noqa: E402
from tests.simulated_gpu import build  # noqa: E402

PROMISED = 0.01


def main() -> int:
    """Measure in a process that finds the driver; exit code 1 where the promise is broken."""
    options = _parser().parse_args()
    if options.watch:
        _watch(options.watch, options.viewers, options.seconds)
        return 0
    if "BENCHMARK_OF_MONITOR" in os.environ:
        return _measure(options.viewers, options.seconds)
    folder = options.driver
    if folder is None:
        with contextlib.suppress(build.NoCompiler):
            folder = str(build.driver())
    environment = os.environ | {"BENCHMARK_OF_MONITOR": "1"}
    if folder:
        environment["LD_LIBRARY_PATH"] = folder
    return subprocess.run([sys.executable, *sys.argv], env=environment, check=False).returncode


def _measure(viewers: int, seconds: float) -> int:
    poller = Poller()
    poller.start()
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder) / "runs.sqlite")
        with monitor_server(poller, store) as server:
            poller.wait_for_first(30)
            names = ", ".join(state.snapshot.device.name for state in poller.states().values())
            print(f"Devices: {names}; a reading every {poller.every_s:g} s while nobody looks")
            keeper = threading.Event()
            threading.Thread(target=_keep_watching, args=(poller, keeper), daemon=True).start()
            time.sleep(3)
            shares = {0: _shares(poller, seconds)}
            command = [sys.executable, __file__, "--watch", server.url, "--viewers", str(viewers)]
            watchers = subprocess.Popen([*command, "--seconds", str(seconds + 10)])
            time.sleep(7)  # until they ask as often as they are asked to
            shares[viewers] = _shares(poller, seconds)
            watchers.wait()
            keeper.set()
        store.close()
    poller.close()
    print(f"{'viewers':>8}{'poller':>10}{'server':>10}   share of one core")
    for count, (of_poller, of_server) in shares.items():
        print(f"{count:>8}{of_poller:>10.2%}{of_server:>10.2%}")
    kept = all(of_poller < PROMISED for of_poller, _ in shares.values())
    print(f"The poller takes less than {PROMISED:.0%} of a core: {'yes' if kept else 'NO'}")
    return 0 if kept else 1


def _keep_watching(poller: Poller, end: threading.Event) -> None:
    """So that it reads once a second without a viewer, too."""
    while not end.wait(1):
        poller.watch()


def _shares(poller: Poller, seconds: float) -> tuple[float, float]:
    """Of one core: the poller's threads, and this whole process."""
    own = {thread.native_id for thread in threading.enumerate() if thread.name.startswith("monitor ")}
    began, before, process = time.perf_counter(), _cpu_s(own), time.process_time()
    time.sleep(seconds)
    elapsed_s = time.perf_counter() - began
    return (_cpu_s(own) - before) / elapsed_s, (time.process_time() - process) / elapsed_s


def _cpu_s(threads: set[int | None]) -> float:
    """CPU time of these threads; the system counts in ticks of 10 ms."""
    found = psutil.Process().threads()
    return float(sum(one.user_time + one.system_time for one in found if one.id in threads))


def _watch(url: str, viewers: int, seconds: float) -> None:
    """Ask as so many pages do: what is new since their last answer, as soon as the answer says."""
    ends = time.monotonic() + seconds
    threads = [threading.Thread(target=_view, args=(url, n / viewers, ends)) for n in range(viewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _view(url: str, delay_s: float, ends: float) -> None:
    query = ""
    time.sleep(delay_s)
    while time.monotonic() < ends:
        connection = http.client.HTTPConnection(url.removeprefix("http://"))  # a server ends idle ones
        connection.request("GET", f"/machine/now{query}")
        answer = json.loads(connection.getresponse().read())
        connection.close()
        query = f"?life={answer['life']}&after={answer['sequence']}"
        time.sleep(answer["ask_s"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--driver", metavar="FOLDER")
    parser.add_argument("--watch", metavar="URL", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
