"""How long the list of runs takes with ten thousand of them: the newest, sorted, filtered, and the last page.

    python benchmarks/run_list.py [--runs 10000]

Beside each figure stands that with a hundredth of the runs. The first list of a file of an earlier version,
which has no summaries yet, writes them; that is the last line.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.devices import environment  # noqa: E402
from core.records import to_record  # noqa: E402
from core.runs import tables  # noqa: E402
from core.runs.listing import RunQuery, listed, occurring  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from core.runs.summaries import bring_up_to_date  # noqa: E402
from core.training import default_config  # noqa: E402

TASKS = (("mlp", "moons"), ("mlp", "spiral"), ("lenet", "mnist5k"), ("gru", "seattle_temps"))
EPOCHS, PROMISED_S, REPEATS = 20, 1.0, 7


def fill(store: RunStore, count: int) -> None:
    """So many trainings that have ended, with the events, configs and environments that they really have."""
    chance, now, machine = random.Random(0), time.time(), dict(environment())
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for n in range(count):
        model, data = chance.choice(TASKS)
        config = to_record(
            default_config(model, data, seed=n, learning_rate=chance.choice((0.01, 0.02, 0.1)))
        )
        began, run = now - 60.0 * n, f"run{n:09}"
        ended = {
            "status": chance.choice(("finished", "finished", "stopped", "failed")),
            "ended_at": began + 9,
        }
        rows.append(
            {"id": run, "job": "training", "exclusive": False, "immediate": False, "config": config}
            | {"environment": machine, "version": 2, "created_at": began, "queued_at": began}
            | {"started_at": began + 1}
            | ended
        )
        records: list[dict[str, Any]] = [{"event": "training_started", "metric": "accuracy"}]
        for epoch in range(1, EPOCHS + 1):
            losses = {name: chance.random() for name in ("train_loss", "test_loss", "train_metric")}
            records.append(
                {"event": "epoch_completed", "epoch": epoch, "step": 50 * epoch, "elapsed_s": 0.1 * epoch}
                | losses
                | {"test_metric": chance.random(), "samples_per_s": 1e5, "details": {}}
            )
        events += [
            {"run_id": run, "sequence": number, "time": began, "record": record}
            for number, record in enumerate(records, start=1)
        ]
    with store.writing() as connection:
        connection.execute(tables.runs.insert(), rows)
        connection.execute(tables.events.insert(), events)


def median_s(ask: Callable[[], Any]) -> float:
    """Of some calls, after one that fills the caches."""
    ask()
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def measure(count: int, folder: Path) -> dict[str, float]:
    """Seconds of each kind of list."""
    with contextlib.closing(RunStore(folder / f"{count}.sqlite")) as store:
        fill(store, count)
        began = time.perf_counter()
        bring_up_to_date(store)
        first = time.perf_counter() - began
        queries = {
            "the newest": RunQuery(),
            "the last page": RunQuery(offset=max(count - 25, 0)),
            "best metric first": RunQuery(sort="value"),
            "by settings": RunQuery(sort="settings"),
            "longest first": RunQuery(sort="seconds"),
            "two words": RunQuery(text="spiral learning_rate=0.1"),
            "all filters": RunQuery(models=("mlp",), statuses=("finished",), min_value=0.5, sort="value"),
        }
        found = {name: median_s(lambda query=query: listed(store, query)) for name, query in queries.items()}
        found["what to filter by"] = median_s(lambda: occurring(store))
    return found | {"summaries of all, once": first}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    count = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        few, many = (measure(number, Path(folder)) for number in (count // 100, count))
    print(f"{'seconds with so many runs':26}{count // 100:>10,}{count:>10,}")
    for name in many:
        promise = "" if name.startswith("summaries") else f"  (at most {PROMISED_S:g})"
        print(f"{name:26}{few[name]:10.4f}{many[name]:10.4f}{promise}")


if __name__ == "__main__":
    main()
