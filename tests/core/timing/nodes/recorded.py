"""Results of one machine as files hold them, of which the truth is known."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.cluster.events import NodeEvent, NodeFinished, NodeFound
from core.events import event_record
from core.timing.results.events import SCHEMA, DeviceSampled, EnvironmentRead, NoiseMeasured
from tests.core.timing.results.examples import TAKEN

SIZES = (512, 1024)
WORKLOADS = ("gemm", "copy", "softmax", "conv2d", "lstm", "attention", "layer_norm", "mlp_step")


def result(
    seed: int,
    slower: float = 1.0,
    noise: float = 0.02,
    workloads: Sequence[str] = WORKLOADS,
    only: str | None = None,
    threads: int = 2,
    cores: int = 2,
    others: float = 0.0,
) -> list[dict[str, Any]]:
    """A node whose true times are `slower` times those of the others, in all workloads or in one.

    noise: how far the machine's state moves a figure from moment to moment, and its own floor. others: % of
    the processor that other programs use.
    """
    generator = np.random.default_rng(seed)
    events: list[Any] = [
        EnvironmentRead(SCHEMA, "2026-01-01T00:00:00+00:00", {"cpu": "Abacus 9", "usable_cores": cores}),
        NoiseMeasured("cpu", threads, noise / 4, noise, 1e-4, 100, 1.0),
    ]
    for number, (workload, size) in enumerate(itertools.product(workloads, SIZES), 1):
        factor = slower if only in (None, workload) else 1.0
        moment = 1 + noise / 5 * generator.uniform(-1, 1)
        times = number * 1e-3 * factor * moment * (1 + 0.003 * generator.standard_normal(20))
        low, median, high = np.quantile(times, (0.25, 0.5, 0.75))
        events.append(
            replace(
                TAKEN, workload=workload, size=size, threads=threads, median_s=float(median),
                ci_low_s=float(low), ci_high_s=float(high), samples=20, times_s=tuple(times.tolist()),
                contamination=(), noise_unpaired=noise,
            )
        )  # fmt: skip
        reading = {"value": others, "name": "others", "unit": "%", "reason": None}
        events.append(DeviceSampled("cpu", 1.0, workload, {"others": reading}))  # type: ignore[dict-item]
    return [json.loads(json.dumps(event_record(event))) for event in events]


def merged(**results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What --ray writes of these, without its verdicts."""
    names = [name.replace("_", "-") for name in results]
    environment = {"cluster": "Ray 2.60.0", "nodes": names}
    events: list[Any] = [EnvironmentRead(SCHEMA, "2026-01-01T00:00:00+00:00", environment)]
    events += [NodeFound(name, name, number, 2, 0) for number, name in enumerate(names)]
    for name, records in zip(names, results.values(), strict=True):
        events += [NodeEvent(name, record) for record in records]
        events.append(NodeFinished(name, 12.0))
    return [event_record(event) for event in events]
