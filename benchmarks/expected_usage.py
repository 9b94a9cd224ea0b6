"""What a training is expected to take of memory and disk, beside what it takes.

    python benchmarks/expected_usage.py [--only vgg:mnist5k] [--seconds 6] [--json found.json]

Of each network on each kind of data, with default settings, each in a worker of its own, whose peak of
resident memory is read when the training has ended; the disk is what the store then holds of it, expected for
as many epochs as it made. Linux. Exits 1 where memory is expected more than 1.5 times too large or too small.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.data import DATASETS
from core.data.dataset import OWN_IMAGES
from core.models import MODELS
from core.models.registry import applicable_data
from core.records import to_record
from core.runs.retention import footprint_bytes
from core.runs.runners.limits import expected_usage
from core.runs.runners.local import LocalRunner
from core.training.config import default_config

FACTOR = 1.5
MIB = 2**20


def pairs() -> list[tuple[str, str]]:
    """Every network with the first data set of each kind that fits it, without those that a person adds."""
    found: dict[tuple[str, str], str] = {}
    for model in MODELS:
        for data in applicable_data(model):
            if DATASETS[data].kind != OWN_IMAGES:
                found.setdefault((model, DATASETS[data].kind), data)
    return [(model, data) for (model, _), data in found.items()]


def measured(record: dict[str, Any]) -> dict[str, float]:
    """Peak memory and disk in bytes, and the epochs that it made."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        runner = LocalRunner(Path(home) / "runs.sqlite", limit=1)
        try:
            run_id = runner.submit("training", record)
            while (run := runner.store.get(run_id)) and not run.ended:
                time.sleep(0.05)
            assert run is not None
            assert run.status == "finished", run.message
            status = Path(f"/proc/{str(run.worker).rsplit('/', 2)[1]}/status").read_text()
            peak_kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
            events = [one for _, one in runner.store.events_after(run_id)]
            epochs = sum(one["event"] == "epoch_completed" for one in events)
            disk = footprint_bytes(runner.store, run_id)
            checkpoint = runner.store.checkpoint_file(run_id)
            weights = checkpoint.stat().st_size if checkpoint.exists() else 0
            return {
                "memory": 1024 * int(peak_kib),
                "disk": disk,
                "checkpoint": weights,
                "epochs": epochs,
                "parameters": events[0].get("parameters", 0),
            }
        finally:
            runner.close()


def main() -> int:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help="one network and data set, NETWORK:DATA")
    parser.add_argument("--seconds", type=float, default=6.0, help="after which each training ends")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = [tuple(options.only.split(":"))] if options.only else pairs()
    rows, wrong = [], 0
    print(f"{'':30}{'memory, MiB':>16}{'expected':>10}{'ratio':>7}{'disk, kB':>12}{'expected':>10}")
    for model, data in chosen:
        record = to_record(default_config(model, data, max_seconds=options.seconds))
        found = measured(record)
        expected = expected_usage("training", record | {"epochs": int(found["epochs"]) or 1})
        memory, disk = expected.memory_bytes or 0, expected.disk_bytes or 0
        ratio = memory / found["memory"]
        wrong += not 1 / FACTOR <= ratio <= FACTOR
        rows.append({"model": model, "data": data, **found, "expected": memory, "expected_disk": disk})
        print(
            f"{model + ' on ' + data:30}{found['memory'] / MIB:16.0f}{memory / MIB:10.0f}{ratio:7.2f}"
            f"{found['disk'] / 1000:12.0f}{disk / 1000:10.0f}   {found['epochs']:.0f} epochs, checkpoint "
            f"{found['checkpoint'] / 1000:.0f} kB, {found['parameters']:,.0f} parameters",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
