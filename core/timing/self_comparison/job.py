"""Compare an operation with itself again and again, as two operations are compared everywhere here.

Both sides are the same call, so that FASTER and SLOWER are false verdicts, which the machine's own unrest has
caused; UNSURE is what a comparison says that was too disturbed for a verdict.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import torch_devices, torch_precision
from core.events import Progress
from core.lazy import LazyModule
from core.timing.measure.environment import environment_of
from core.timing.results.events import SCHEMA, DeviceAbsent, EnvironmentRead, SweepFinished
from core.timing.results.verdicts import FASTER, SLOWER, UNSURE
from core.timing.self_comparison.config import SelfComparisonConfig
from core.timing.self_comparison.events import SelfCompared, SelfComparisonsCounted
from core.timing.workloads import WORKLOADS, axes

if TYPE_CHECKING:
    from core.timing.measure import comparison, conditions, noise, timers
    from core.timing.measure.comparison import Comparison
    from core.timing.measure.timers import Operation, Timer
else:
    comparison = LazyModule("core.timing.measure.comparison")
    conditions = LazyModule("core.timing.measure.conditions")
    noise = LazyModule("core.timing.measure.noise")
    timers = LazyModule("core.timing.measure.timers")

# The product of two matrices of this size takes a core some 20 microseconds: a round is many calls.
_SIZE = 96
_NOISE_S = 1.0
_CONFIDENCE = 0.95


def compare_with_itself(config: SelfComparisonConfig) -> Iterator[Any]:
    """Yields EnvironmentRead, NoiseMeasured, SelfCompared for each comparison, SelfComparisonsCounted and
    SweepFinished; DeviceAbsent alone where the device is not here. Progress counts comparisons.
    """
    began = time.perf_counter()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    yield EnvironmentRead(SCHEMA, started, environment_of([config.device]))
    yield Progress(0, config.comparisons, "comparisons")
    if reason := torch_devices.unavailable_reason(config.device):
        yield DeviceAbsent(config.device, reason)
        yield SweepFinished(0, time.perf_counter() - began)
        return
    (threads,) = axes.thread_counts((config.threads,), config.device)
    verdicts: list[str] = []
    with torch_precision.true_float32(), torch_devices.threads(threads), torch_devices.gpu_memory_returned():
        finish = conditions.observe(config.device)
        for event in _compared(config, threads):
            if isinstance(event, SelfCompared):
                verdicts.append(event.verdict)
            yield event
        contamination = finish().contamination
    yield counted(config.device, threads, verdicts, contamination)
    yield SweepFinished(len(verdicts), time.perf_counter() - began)


def _compared(config: SelfComparisonConfig, threads: int | None) -> Iterator[Any]:
    floor = yield from _noise(config, threads)
    operation = WORKLOADS["gemm"].prepare(_SIZE, "float32", config.device, config.seed)
    done = 0
    timer = timers.timer_for(config.device)
    runs = self_comparisons(operation, timer, floor, config.max_seconds, config.seed)
    for one in _with_progress(runs, config.comparisons):
        if isinstance(one, Progress):
            yield one
            continue
        done += 1
        assert one.verdict is not None
        yield SelfCompared(
            done, config.device, threads, one.ratio, one.low, one.high, one.floor, one.verdict, one.elapsed_s
        )


def _noise(config: SelfComparisonConfig, threads: int | None) -> Generator[Any, None, float]:
    """The machine's own noise floor first, as before every verdict."""
    found = yield from noise.measure_noise(config.device, threads, _NOISE_S, config.seed)
    yield found
    return found.paired


def _with_progress(runs: Iterable[Comparison], comparisons: int) -> Iterator[Any]:
    """So many finished comparisons, and Progress while each of them runs."""
    done = 0
    yield Progress(0, comparisons, "comparisons")
    for one in runs:
        if one.verdict is not None:
            done += 1
            yield one
        yield Progress(done, comparisons, "comparisons", between=one.verdict is not None)
        if done == comparisons:
            return


def self_comparisons(
    operation: Operation, timer: Timer, floor: float, max_seconds: float, seed: int = 0
) -> Iterator[Comparison]:
    """An operation against itself without end: what is known meanwhile, and of each its verdict at last."""
    for number in itertools.count():
        yield from comparison.compare(operation, operation, timer, floor, max_seconds, seed + number)


def counted(
    device: str, threads: int | None, verdicts: Sequence[str], contamination: tuple[str, ...] = ()
) -> SelfComparisonsCounted:
    """How many of these verdicts of an operation against itself are false, and how many are none."""
    count = Counter(verdicts)
    false = count[FASTER] + count[SLOWER]
    below = share_below(false, len(verdicts))
    return SelfComparisonsCounted(device, threads, len(verdicts), false, count[UNSURE], below, contamination)


def share_below(found: int, of: int, confidence: float = _CONFIDENCE) -> float:
    """What a share is at most, with this confidence, when so many were found of so many.

    Source: Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the
    binomial, Biometrika 26(4), one-sided.
    """
    if found >= of:
        return 1.0
    low, high = found / of, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        so_few = sum(
            math.comb(of, count) * middle**count * (1 - middle) ** (of - count) for count in range(found + 1)
        )
        low, high = (middle, high) if so_few > 1 - confidence else (low, middle)
    return high
