"""About how long a measurement takes, before it starts: pages say it, and progress counts in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core import devices
from core.timing.sweeps.config import Point, SweepConfig, memory_bytes, points
from core.timing.workloads import find_workload

# What a thorough point is asked besides its time (cold calls, true precision, energy) makes it longer.
THOROUGH_FACTOR = 2.0
# Noise and roof of each device and number of threads take this long before thorough points.
_PRELIMINARY_S = 2.0
# A point makes so many calls at least, its warm-up included, however long a call takes; and so many GFLOP/s
# any device does, a CPU on each thread. Only that the largest networks take minutes has to come out.
_LEAST_CALLS = 10
_GFLOPS_A_THREAD, _GFLOPS_OF_ACCELERATOR = 50.0, 5_000.0


@dataclass(frozen=True)
class Estimate:
    """How many points there are, and the seconds that all of them take together."""

    points: int
    seconds: float


def estimate(configs: Sequence[SweepConfig], within_s: float | None = None, roofs_s: float = 0.0) -> Estimate:
    """Of these sweeps, after a search for roofs that takes roofs_s; within_s bounds the points alone."""
    todo = [(config, point) for config in configs for point in points(config, config.devices)]
    places = {(point.device, point.threads) for config, point in todo if config.thorough}
    points_s = len(places) * _PRELIMINARY_S + sum(_point_s(config, point) for config, point in todo)
    return Estimate(len(todo), roofs_s + min(points_s, within_s if within_s is not None else points_s))


def host_memory_bytes(configs: Sequence[SweepConfig]) -> int | None:
    """What the largest point on the CPU holds of the machine's memory; None where no point is on it."""
    on_cpu = [config for config in configs if "cpu" in config.devices]
    return max(
        (max(memory_bytes(config, max(config.sizes), dtype)) for config in on_cpu for dtype in config.dtypes),
        default=None,
    )


def _point_s(config: SweepConfig, point: Point) -> float:
    """A point stops sooner where its interval is narrow soon, so that this is rather too long."""
    limit_s = config.max_seconds * (THOROUGH_FACTOR if config.thorough else 1.0)
    if point.device == "cpu":
        gflops = _GFLOPS_A_THREAD * (point.threads or devices.usable_cores())
    else:
        gflops = _GFLOPS_OF_ACCELERATOR
    flops = find_workload(point.workload).flops(point.size, point.step)
    return max(limit_s, _LEAST_CALLS * flops / gflops / 1e9)
