"""Are the clock's verdicts right, on a quiet machine and on a busy one?

    python benchmarks/timing_verdicts.py [--slowdowns 10] [--same 50] [--json]

Three promises, each tried as the machine is and again beside one program a core that never rests:
  - a true slowdown of 5% (21 matrix multiplications instead of 20) is called SLOWER in at least 9 of 10 runs;
  - an operation against itself is never called different in 50;
  - our figures lie within 2% of torch.utils.benchmark's on the same operation: block by block in turns, and
    the medians of both with their usual settings (as far as the load lets these be known: 95% interval).
Prints a table, or one JSON object with --json; exits 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.benchmark import Timer as TorchTimer

from core.devices import usable_cores
from core.statistics import median_interval
from core.timing.measure.clock import measure
from core.timing.measure.comparison import (
    Round,
    compare,
    rounds,
    uninterrupted_log_ratios,
)
from core.timing.measure.noise import noise_floor
from core.timing.measure.progress import result_of
from core.timing.measure.timers import timer_for
from core.timing.results.verdicts import SAME, SLOWER, UNSURE
from core.timing.self_comparison.job import self_comparisons

SMALL, MIDDLE = 96, 704
TORCH_ROUNDS, TORCH_SECONDS = 20, 0.1
BLOCK_CALLS = 5  # of some 200 microseconds: reading a clock is below 1e-4 of that


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--slowdowns", type=int, default=10, help="runs with a true slowdown of 5%% (10)")
    parser.add_argument("--same", type=int, default=50, help="runs of an operation against itself (50)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = []
    for others in (0, usable_cores()):
        with busy_programs(others):
            found.append({"busy_programs": others} | promises(options.slowdowns, options.same))
            if not options.json:
                print(told(found[-1]), flush=True)
    kept = all(kept_by(result) for result in found)
    if options.json:
        print(json.dumps({"promises_kept": kept, "results": found}))
    else:
        print("All promises kept." if kept else "A promise was broken.")
    return 0 if kept else 1


def promises(slowdowns: int, same: int) -> dict[str, Any]:
    """What the three trials give under the present load."""
    timer = timer_for("cpu")
    default, slower = multiplications(20), multiplications(21)
    floor = result_of(noise_floor(default, timer, max_seconds=1.0))
    assert floor is not None
    verdicts: dict[str, Counter[str]] = {"slowdown": Counter(), "same": Counter()}
    slowed = (verdict(default, slower, floor.paired, seed) for seed in range(slowdowns))
    itself = self_comparisons(default, timer, floor.paired, max_seconds=1.0)
    equal = itertools.islice((str(one.verdict) for one in itself if one.verdict is not None), same)
    for name, found, runs in (("slowdown", slowed, slowdowns), ("same", equal, same)):
        for one in found:
            verdicts[name][one] += 1
            said = f"{name}: {in_words(verdicts[name])} of {runs}"
            print(f"\r\x1b[K{said}", end="", file=sys.stderr, flush=True)
    print("\r\x1b[K", end="", file=sys.stderr)
    ratio, low, high = medians_against_torch()
    return {
        "noise_floor": floor.paired,
        "noise_floor_unpaired": floor.unpaired,
        "slowdown_verdicts": dict(verdicts["slowdown"]),
        "same_verdicts": dict(verdicts["same"]),
        "block_over_torchs": blocks_against_torch(),
        "median_over_torchs": ratio,
        "median_over_torchs_interval": [low, high],
    }


def kept_by(result: dict[str, Any]) -> bool:
    slowdowns, same = Counter(result["slowdown_verdicts"]), Counter(result["same_verdicts"])
    return (
        slowdowns[SLOWER] >= 0.9 * slowdowns.total()
        and same[SAME] + same[UNSURE] == same.total()
        and abs(result["block_over_torchs"] - 1) <= 0.02
        and result["median_over_torchs_interval"][0] <= 1.02
        and result["median_over_torchs_interval"][1] >= 0.98
    )


def told(result: dict[str, Any]) -> str:
    low, high = result["median_over_torchs_interval"]
    return (
        f"beside {result['busy_programs']} busy programs\n"
        f"  noise floor                 {result['noise_floor']:.2%} in turns, "
        f"{result['noise_floor_unpaired']:.1%} apart\n"
        f"  5% slower was called        {in_words(result['slowdown_verdicts'])}\n"
        f"  itself was called           {in_words(result['same_verdicts'])}\n"
        f"  our block over torch's      {result['block_over_torchs']:.4f}\n"
        f"  our median over torch's     {result['median_over_torchs']:.4f} (95%: {low:.4f} to {high:.4f})"
    )


def in_words(verdicts: dict[str, int]) -> str:
    return ", ".join(f"{verdict} {count} times" for verdict, count in sorted(verdicts.items()))


def verdict(baseline: Callable[[], None], candidate: Callable[[], None], floor: float, seed: int) -> str:
    *_, comparison = compare(baseline, candidate, timer_for("cpu"), floor, max_seconds=1.0, seed=seed)
    return str(comparison.verdict)


def multiplications(count: int) -> Callable[[], None]:
    """An operation that multiplies two matrices `count` times: 21 of them take 5% longer than 20."""
    a, b = torch.randn(2, SMALL, SMALL, generator=torch.Generator().manual_seed(0)).unbind()
    result = torch.empty_like(a)

    def operation() -> None:
        for _ in range(count):
            torch.mm(a, b, out=result)

    return operation


def blocks_against_torch() -> float:
    """What our timer says over what torch's says of the same blocks, in neighbouring pairs."""
    operation = multiplications(20)
    theirs = TorchTimer("operation()", globals={"operation": operation})

    def our_timer(calls: int) -> float:
        timer_for("cpu")(operation, 2)  # torch's timer does so too
        return timer_for("cpu")(operation, calls)

    def torchs_timer(calls: int) -> float:
        return theirs.timeit(calls).raw_times[0]

    done: list[Round] = []
    both = (torchs_timer, our_timer)
    for done, _ in rounds(*both, lambda timer, calls: timer(calls), (BLOCK_CALLS,) * 2, 3.0):  # noqa: B007
        pass
    return math.exp(statistics.median(uninterrupted_log_ratios(done)))


def medians_against_torch() -> tuple[float, float, float]:
    """Our median over that of torch.utils.benchmark with its 95% interval, taken in turns.

    One call lasts some milliseconds, so that a block of either is a single call: on a busy machine longer
    blocks are interrupted more often, and that would be compared instead.
    """
    a, b = torch.randn(2, MIDDLE, MIDDLE, generator=torch.Generator().manual_seed(0)).unbind()
    result = torch.empty_like(a)

    def operation() -> Any:
        return torch.mm(a, b, out=result)

    theirs = TorchTimer("operation()", globals={"operation": operation})

    def our_log() -> float:
        *_, timing = measure(operation, timer_for("cpu"), target_ci=0.001, max_seconds=TORCH_SECONDS)
        return math.log(timing.median_s)

    def their_log() -> float:
        return math.log(theirs.blocked_autorange(min_run_time=TORCH_SECONDS).median)

    our_log(), their_log()
    ratios = []
    for _ in range(TORCH_ROUNDS):
        first, second, third, fourth = our_log(), their_log(), their_log(), our_log()
        ratios.append((first + fourth - second - third) / 2)
    low, high = median_interval(ratios)
    return math.exp(statistics.median(ratios)), math.exp(low), math.exp(high)


@contextmanager
def busy_programs(count: int) -> Iterator[None]:
    """Programs that never rest, for as long as this lasts."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


if __name__ == "__main__":
    sys.exit(main())
