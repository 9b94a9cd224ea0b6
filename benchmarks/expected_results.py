"""Does every network reach what a right implementation reaches, with its default settings?

    python benchmarks/expected_results.py [--seeds 3] [--only lenet,gan] [--json]

Prints one row for each promise: what is expected, what each seed reached, and the longest of the seeds in
seconds of wall time and of processor time. Exits 1 when a promise is broken. Seconds are those of a whole
training with its evaluations, on this machine, beside whatever else it does.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.training.config import default_config
from core.training.events import EpochCompleted, TrainingFinished
from core.training.loop import train


@dataclass(frozen=True)
class Promise:
    """One training and what must come out: value(last EpochCompleted, TrainingFinished) and its bound."""

    model: str
    data: str
    expected: str
    value: Callable[[EpochCompleted, TrainingFinished], float]
    reached: Callable[[float], bool]
    settings: Mapping[str, Any] = field(default_factory=dict)
    limit_s: float = 60.0


def metric(_last: EpochCompleted, finished: TrainingFinished) -> float:
    """The metric that people read."""
    return float("-inf") if finished.value is None else finished.value


def loss(last: EpochCompleted, _finished: TrainingFinished) -> float:
    """The loss on the test part; of a forecast the mean squared error."""
    return last.test_loss


def against_baseline(_last: EpochCompleted, finished: TrainingFinished) -> float:
    """Error of a forecast over that of its baseline."""
    return finished.details["rmse_ratio"]


def at_least(bound: float) -> Callable[[float], bool]:
    """Reached from `bound` on."""
    return lambda value: value >= bound


def below(bound: float) -> Callable[[float], bool]:
    """Reached under `bound`."""
    return lambda value: value < bound


PROMISES = [
    Promise("mlp", "moons", "accuracy at least 0.95", metric, at_least(0.95)),
    Promise("mlp", "spiral", "accuracy at least 0.95", metric, at_least(0.95)),
    Promise("lenet", "mnist5k", "accuracy at least 0.97", metric, at_least(0.97)),
    Promise("resnet", "mnist5k", "accuracy at least 0.97", metric, at_least(0.97)),
    Promise("lstm", "seattle_temps", "error under 0.7 of the baseline's", against_baseline, below(0.7)),
    Promise("rbm", "digits", "explains at least half of the variance", metric, at_least(0.5)),
    Promise("lstm", "adding", "mean squared error under 0.02", loss, below(0.02)),
    Promise("gru", "adding", "mean squared error under 0.02", loss, below(0.02)),
    Promise("transformer", "adding", "mean squared error under 0.02", loss, below(0.02)),
    Promise("transformer", "copy_memory", "accuracy at least 0.99", metric, at_least(0.99)),
    Promise("rnn", "adding", "stays near 0.167: above 0.1", loss, at_least(0.1)),
    Promise("gcn", "karate_club", "accuracy at least 0.95", metric, at_least(0.95)),
    Promise("gan", "ring", "at least 6 of 8 modes", metric, at_least(6)),
    Promise(
        "q_table",
        "frozen_lake",
        "success 1.0, not slippery",
        metric,
        at_least(1.0),
        {"data_options": {"slippery": False}},
    ),
    Promise(
        "q_table",
        "frozen_lake",
        "success at least 0.70, slippery",
        metric,
        at_least(0.70),
        {"data_options": {"slippery": True}},
    ),
    Promise("q_table", "cliff_walking", "return -13", metric, at_least(-13)),
    Promise("q_table", "taxi", "return at least 7.7 (optimum about 7.9)", metric, at_least(7.7)),
    Promise("dqn", "cart_pole", "mean return at least 195", metric, at_least(195), limit_s=180),
]


def keep(promise: Promise, seeds: int) -> dict[str, Any]:
    """Train with each seed and tell what came out."""
    values, wall_s, cpu_s = [], [], []
    for seed in range(seeds):
        config = default_config(
            promise.model, promise.data, seed=seed, snapshot_every_s=None, **promise.settings
        )
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        events = [event for event in train(config) if isinstance(event, EpochCompleted | TrainingFinished)]
        wall_s.append(time.perf_counter() - began_s)
        cpu_s.append(time.process_time() - began_cpu_s)
        *_, last, finished = events
        assert isinstance(last, EpochCompleted)
        assert isinstance(finished, TrainingFinished)
        values.append(promise.value(last, finished))
    return {
        "model": promise.model,
        "data": promise.data,
        "expected": promise.expected,
        "values": values,
        "wall_s": max(wall_s),
        "cpu_s": max(cpu_s),
        "limit_s": promise.limit_s,
        "kept": all(promise.reached(value) for value in values)
        and min(max(wall_s), max(cpu_s)) <= promise.limit_s,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="networks, or network:data, separated by commas")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    kept = True
    if not options.json:
        print(f"{'network':<9} {'data':<14} {'expected':<40} {'reached':<26} seconds (CPU)")
    for promise in PROMISES:
        if only and not only & {promise.model, f"{promise.model}:{promise.data}"}:
            continue
        row = keep(promise, options.seeds)
        kept = kept and row["kept"]
        if options.json:
            print(json.dumps(row), flush=True)
            continue
        values = ", ".join(f"{value:.4g}" for value in row["values"])
        verdict = "" if row["kept"] else "   BROKEN"
        print(
            f"{row['model']:<9} {row['data']:<14} {row['expected']:<40} {values:<26} "
            f"{row['wall_s']:.1f} ({row['cpu_s']:.1f}){verdict}",
            flush=True,
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
