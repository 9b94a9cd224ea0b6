"""Does the search for the best matrix product find what brute force finds, in a tenth of its time?

    python benchmarks/roofline_search.py [--dtypes float32,bfloat16] [--threads 1] [--step 256] [--sides 8]

For each number format every shape with sides of an axis is measured (brute force), and then the search gets
nine hundredths of the time that this took, so that its last look still ends within a tenth. Two rates that
were measured at different moments tell little on a busy machine, so the two winners are run in turns
(A B B A) and their rates compared pair by pair: the promise is a median ratio of at least 0.98. On one CPU
thread all times are that thread's own processor time. Prints a table, or one JSON object a line with --json;
exits 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from typing import Any

import torch

from core.statistics import median_interval
from core.timing.measure.comparison import block_sizes, rounds, uninterrupted_log_ratios
from core.timing.measure.timers import Operation, Timer
from core.timing.roofline.best_matmul import (
    Shape,
    every_shape,
    measured_rate,
    operations,
    search,
)
from core.timing.roofline.fastest_call import steady_timer

PROMISED_RATE, PROMISED_TIME, GIVEN_TIME = 0.98, 0.1, 0.09
BLOCK_S = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dtypes", default="float32,bfloat16", help="number formats (float32,bfloat16)")
    parser.add_argument("--device", default="cpu", help="torch's name of the device (cpu)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    parser.add_argument("--step", type=int, default=256, help="between two sides of the axis (256)")
    parser.add_argument("--sides", type=int, default=8, help="how many sides the axis has (8)")
    parser.add_argument("--paired-seconds", type=float, default=4.0, help="for comparing the winners (4)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the table")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("highest")
    axis = tuple(options.step * (1 + place) for place in range(options.sides))
    kept = True
    for dtype in options.dtypes.split(","):
        result = both(options.device, dtype, axis, options.paired_seconds)
        kept &= result["ratio"] >= PROMISED_RATE and result["time_share"] <= PROMISED_TIME
        print(json.dumps(result) if options.json else told(result), flush=True)
    return 0 if kept else 1


def both(device: str, dtype: str, axis: tuple[int, ...], paired_seconds: float) -> dict[str, Any]:
    """Brute force, then the search, then their winners in turns."""
    rate = measured_rate(device, dtype, axis[-1])
    began = time.perf_counter()
    every = {shape: rate(shape) for shape in every_shape(axis)}
    brute_s = time.perf_counter() - began
    brute = max(every, key=every.__getitem__)
    began = time.perf_counter()
    *_, found = search(rate, axis, GIVEN_TIME * brute_s)
    search_s = time.perf_counter() - began
    ratio, low, high = paired(device, dtype, axis[-1], brute, found.shape, paired_seconds)
    return {
        "device": device,
        "dtype": dtype,
        "brute_shapes": len(every),
        "brute_s": brute_s,
        "brute_shape": brute,
        "brute_gflops": every[brute],
        "search_shapes": found.tried,
        "search_s": search_s,
        "search_shape": found.shape,
        "search_gflops": found.gflops,
        "time_share": search_s / brute_s,
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
    }


def paired(
    device: str, dtype: str, largest: int, brute: Shape, found: Shape, seconds: float
) -> tuple[float, float, float]:
    """The rate of the found shape over that of brute force, with the ends of its 95% interval."""
    operation_of, timer = operations(device, dtype, largest), steady_timer(device)
    baseline, candidate = operation_of(brute), operation_of(found)
    short = block_sizes(baseline, candidate, timer)
    repeats = (long_block(baseline, timer, short[0]), long_block(candidate, timer, short[1]))
    done = []
    for done, _ in rounds(baseline, candidate, timer, repeats, seconds):  # noqa: B007
        pass
    work = math.log(found.flops / brute.flops)
    logs = [work - log_ratio for log_ratio in uninterrupted_log_ratios(done)]
    low, high = median_interval(logs)
    return math.exp(statistics.median(logs)), math.exp(low), math.exp(high)


def long_block(operation: Operation, timer: Timer, calls: int) -> int:
    """Calls that last BLOCK_S: the other winner leaves the caches cold, and that must not count."""
    return max(calls, math.ceil(BLOCK_S * calls / max(timer(operation, calls), 1e-9)))


def told(result: dict[str, Any]) -> str:
    """One line a format."""
    brute, found = (" × ".join(map(str, result[key])) for key in ("brute_shape", "search_shape"))
    share = 100 * result["time_share"]
    return (
        f"{result['device']} {result['dtype']}: brute force {result['brute_gflops']:,.0f} GFLOP/s at {brute} "
        f"({result['brute_shapes']} shapes, {result['brute_s']:.1f} s); "
        f"search {result['search_gflops']:,.0f} GFLOP/s at {found} "
        f"({result['search_shapes']} shapes, {share:.1f}% of the time); "
        f"in turns {result['ratio']:.3f} of brute force's rate "
        f"(95%: {result['ratio_low']:.3f} to {result['ratio_high']:.3f})"
    )


if __name__ == "__main__":
    sys.exit(main())
