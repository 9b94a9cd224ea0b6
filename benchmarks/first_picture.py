"""From a click to the first picture: every network on each of its data sets, on a warm and on a cold worker.

    python benchmarks/first_picture.py [--networks lenet,gcn] [--cold-networks lenet] [--rounds 3]

A worker is started as the server does it. Warm: it has nothing to do until the run is put in the store, and
is a fresh one for each network; its first training may pay for what only this kind of training needs. Cold:
the run waits when the worker's process starts. The time ends when the store has the first picture, which an
open page asks for. Prints the median of the rounds for each, and exits with 1 where one is above its limit.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.data import DATASETS  # noqa: E402
from core.models import MODELS  # noqa: E402
from core.models.registry import applicable_data  # noqa: E402
from core.records import to_record  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from core.training.config import default_config  # noqa: E402

WARM_LIMIT_S, COLD_LIMIT_S = 1.0, 2.0
GIVE_UP_S = 60.0
IDLE_S = 0.6  # so long without computing: the worker is warm
# Of each way of learning, and of what takes long to load.
COLD = "mlp,lenet,resnet,lstm,transformer,gan,gcn,rbm,q_table,dqn"


def presets(networks: list[str]) -> Iterator[tuple[str, str]]:
    """Each of these networks with each data set that it can learn without a file of the user's."""
    for model in networks:
        for data in applicable_data(model):
            if not any(option.default in ("", None) for option in DATASETS[data].options.values()):
                yield model, data


@contextlib.contextmanager
def worker(store: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process as the local runner starts it, and its pipe."""
    command = [sys.executable, "-m", "core.runs.worker", str(store), "1"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


def wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    """Until the worker has loaded all that it loads ahead."""
    watched = psutil.Process(process.pid)
    used_s, since = -1.0, time.monotonic()
    while time.monotonic() - since < IDLE_S:
        time.sleep(0.05)
        times = watched.cpu_times()
        if times.user + times.system > used_s + 0.02:
            used_s, since = times.user + times.system, time.monotonic()


def submitted(store: RunStore, model: str, data: str) -> str:
    """The preset's run, queued."""
    return store.create("training", to_record(default_config(model, data)), resumable=True)


def seconds_to_picture(store: RunStore, run_id: str, began: float) -> float:
    """Wait for the first picture, stop the run, and wait for its end."""
    while not store.pictures(run_id):
        run = store.get(run_id)
        if run is None or run.ended or time.perf_counter() - began > GIVE_UP_S:
            raise RuntimeError(f"no picture: {run}")
        time.sleep(0.005)
    taken_s = time.perf_counter() - began
    store.request(run_id, "stop")
    while not store.has_ended(run_id):
        time.sleep(0.02)
    return taken_s


def warm_s(store: RunStore, file: Path, pairs: list[tuple[str, str]]) -> list[float]:
    """Of each pair, one after the other, on one worker that was idle before the first."""
    taken = []
    with worker(file) as process:
        assert process.stdin is not None
        wait_until_idle(process)
        for model, data in pairs:
            began = time.perf_counter()
            run_id = submitted(store, model, data)
            process.stdin.write(b"\n")
            process.stdin.flush()
            taken.append(seconds_to_picture(store, run_id, began))
    return taken


def cold_s(store: RunStore, file: Path, model: str, data: str) -> float:
    """From the start of the worker's process, for which the run waits."""
    run_id = submitted(store, model, data)
    began = time.perf_counter()
    with worker(file):
        return seconds_to_picture(store, run_id, began)


def main() -> None:
    """Measure, print, and fail where one is above its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--networks", default=",".join(MODELS))
    parser.add_argument("--cold-networks", default=COLD)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    late = 0

    def show(name: str, taken: list[float], limit_s: float) -> None:
        nonlocal late
        median_s = statistics.median(taken)
        late += median_s > limit_s
        mark = f"  above {limit_s:g} s" if median_s > limit_s else ""
        print(f"{name:<34}{median_s:6.2f} s ({min(taken):.2f} to {max(taken):.2f}){mark}", flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "runs.sqlite"
        with contextlib.closing(RunStore(file)) as store:
            for network in filter(None, options.networks.split(",")):
                pairs = [*presets([network])]
                rounds = [warm_s(store, file, pairs) for _ in range(options.rounds)]
                for (model, data), taken in zip(pairs, zip(*rounds, strict=True), strict=True):
                    show(f"warm  {model} on {data}", [*taken], WARM_LIMIT_S)
            for network in filter(None, options.cold_networks.split(",")):
                data = applicable_data(network)[0]
                taken = [cold_s(store, file, network, data) for _ in range(options.rounds)]
                show(f"cold  {network} on {data}", taken, COLD_LIMIT_S)
    print(f"{late} above their limit")
    sys.exit(late > 0)


if __name__ == "__main__":
    main()
