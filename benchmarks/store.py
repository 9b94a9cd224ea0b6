"""What the run store does a second, as a file of SQLite and in PostgreSQL: claims, and batches of events.

    python benchmarks/store.py [--processes 8] [--runs 400] [--batches 50] [--url postgresql://...]

Some processes claim all runs of a queue together, each as often as it can: no run may be given to two, which
ends with 1. Then each writes batches of 50 events to a run of its own, as a worker does four times a second.
Without --url a PostgreSQL of its own is started where the system has one, on a disk that is never waited for
(fsync off); a server's own is named by --url. The databases take turns, and the load average stands beside.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.runs.store import RunStore
from tests.postgresql import Cluster, folder_for_clusters, unavailable_reason

EVENTS = 50  # of a batch; a worker writes a quarter of a second's
ROOT = Path(__file__).resolve().parent.parent
PLACES = 10**6  # so that no claim waits for a place

WORKER = """
import json, sys, time
from core.runs.store import RunStore
place, name, batches = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = RunStore(place, busy_s=60.0)  # SQLite hands its lock to anybody: some wait long
mine = store.create("benchmark", {}, immediate=True)
print("ready", flush=True)
sys.stdin.readline()
claimed, claim_s = [], []
while True:
    begun = time.perf_counter()
    run = store.claim(f"{name}/0/0.00", int(sys.argv[4]))
    if run is None:
        break
    if not run.immediate:
        claimed.append(run.id)
        claim_s.append(time.perf_counter() - begun)
print(json.dumps([claimed, claim_s]), flush=True)
sys.stdin.readline()
record = {"event": "step", "loss": 0.123456789, "learning_rate": 0.01, "text": "x" * 100}
write_s = []
for batch in range(batches):
    rows = [(batch * 50 + number + 1, 0.0, record) for number in range(50)]
    begun = time.perf_counter()
    store.write(mine, rows)
    write_s.append(time.perf_counter() - begun)
print(json.dumps(write_s), flush=True)
store.close()
"""


@contextlib.contextmanager
def places(url: str | None) -> Iterator[dict[str, str]]:
    """Each database by its name; what is started for them ends afterwards."""
    with contextlib.ExitStack() as started:
        folder = started.enter_context(tempfile.TemporaryDirectory())
        os.environ["NABLASCOPE_HOME"] = folder
        found = {"SQLite": str(Path(folder) / "runs.sqlite")}
        if url:
            found["PostgreSQL"] = url
        elif reason := unavailable_reason():
            print(f"PostgreSQL is left out: {reason}.")
        else:
            home = started.enter_context(tempfile.TemporaryDirectory(dir=folder_for_clusters()))
            cluster = Cluster(Path(home))
            started.callback(cluster.stop)
            found["PostgreSQL"] = started.enter_context(cluster.database())
        yield found


def measure(place: str, processes: int, runs: int, batches: int) -> dict[str, float]:
    """The figures of one database, from processes that work at once."""
    with contextlib.closing(RunStore(place)) as store:
        ids = [store.create("benchmark", {}) for _ in range(runs)]
        command = [sys.executable, "-c", WORKER, place]
        workers = [
            subprocess.Popen(
                [*command, f"machine{number}", str(batches), str(PLACES)],
                **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT},
            )
            for number in range(processes)
        ]
        for worker in workers:
            answer(worker)
        begun = time.perf_counter()
        claims = ask(workers)
        claims_s = time.perf_counter() - begun
        claimed = [run_id for of_worker, _ in claims for run_id in of_worker]
        begun = time.perf_counter()
        writes = ask(workers)
        writes_s = time.perf_counter() - begun
        for worker in workers:
            worker.communicate()
        for run_id in ids:
            store.end(run_id, "finished")
            store.forget(run_id)
    one_claim = [seconds for _, of_worker in claims for seconds in of_worker]
    one_write = [seconds for of_worker in writes for seconds in of_worker]
    return {
        "claims/s": len(claimed) / claims_s,
        "ms a claim": statistics.median(one_claim) * 1e3,
        "batches/s": len(one_write) / writes_s,
        "ms a batch": statistics.median(one_write) * 1e3,
        "never claimed": runs - len(set(claimed) & set(ids)),
        "claimed twice": len(claimed) - len(set(claimed)),
    }


def ask(workers: Sequence[subprocess.Popen[str]]) -> list:
    """Let all begin at once; what each answers."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    return [json.loads(answer(worker)) for worker in workers]


def answer(worker: subprocess.Popen[str]) -> str:
    """Its next line."""
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        raise SystemExit("A process of the benchmark has failed.")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each database; 1 where a run was given to two, or to nobody."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument(
        "--url", help="an empty PostgreSQL database to measure, in place of one that is started"
    )
    options = parser.parse_args(arguments)
    wrong = 0.0
    with places(options.url) as found:
        for name, place in found.items():
            figures = measure(place, options.processes, options.runs, options.batches)
            wrong += figures["claimed twice"] + figures["never claimed"]
            shown = ", ".join(f"{of} {figure:.4g}" for of, figure in figures.items())
            print(f"{name}: {shown} (load average {os.getloadavg()[0]:.1f})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
