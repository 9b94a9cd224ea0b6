"""How long small trainings wait on a server whose queue others have filled with hours of VGG.

    python benchmarks/fair_queue.py [--owners 3] [--each 3] [--starts 8] [--people 30] [--within 10]

First one person starts a training on moons now and then, while each of some owners has long trainings of VGG
waiting: from the press to the start of the work, and to the first frame of its film. Then many people press
Start within some seconds. The promises: a start within 3 s, and everybody's first picture within 5 s. At last
what the long ones have had: their work, and what giving way has cost them. It ends with 1 where a promise is
not kept. Load by others makes all of it slower: the load average stands beside the figures.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.records import to_record
from core.runs.quota import Owner
from core.runs.runners.local import LocalRunner
from core.training.config import default_config

START_S, PICTURE_S = 3.0, 5.0
LOOK_EVERY_S = 0.02
LIMIT_S = 120.0
SMALL = to_record(default_config("mlp", "moons"))
LONG = to_record(default_config("vgg", epochs=500))


def press(runner: LocalRunner, owner: str) -> tuple[float, float, float]:
    """Start a small training; seconds until it is at work, has its first frame, and has ended."""
    began = time.monotonic()
    run_id = runner.submit("training", SMALL, Owner(owner))
    started = seen = None
    while time.monotonic() - began < LIMIT_S:
        run = runner.store.get(run_id)
        assert run is not None
        passed = time.monotonic() - began
        if started is None and run.started_at is not None:
            started = passed
        if seen is None and started is not None and runner.store.frame_steps(run_id):
            seen = passed
        if run.ended and seen is not None and started is not None:
            return started, seen, passed
        time.sleep(LOOK_EVERY_S)
    raise SystemExit(f"A training of {owner} has not ended within {LIMIT_S:.0f} s.")


def report(title: str, waits: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Print the spread of each wait; the longest until the start, and until the first frame."""
    print(f"{title} (load average {os.getloadavg()[0]:.1f})")
    for name, values in zip(("at work", "first frame", "ended"), zip(*waits, strict=True), strict=True):
        ordered = sorted(values)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        print(
            f"  {name:<12} median {statistics.median(ordered):5.2f} s   p95 {p95:5.2f} s   "
            f"longest {ordered[-1]:5.2f} s"
        )
    return max(wait[0] for wait in waits), max(wait[1] for wait in waits)


def many(runner: LocalRunner, people: int, within_s: float) -> list[tuple[float, float, float]]:
    """So many people, each of whom starts one training within these seconds, evenly spread."""
    waits: list[tuple[float, float, float]] = []

    def one(number: int) -> None:
        time.sleep(number * within_s / people)
        waits.append(press(runner, f"person {number}"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def main() -> int:
    """Measure and report; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--owners", type=int, default=3, help="who have long trainings")
    parser.add_argument("--each", type=int, default=3, help="long trainings of each of them")
    parser.add_argument("--starts", type=int, default=8, help="of one person, some seconds apart")
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--within", type=float, default=10.0, help="seconds in which they all press Start")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runner = LocalRunner(Path(folder) / "runs.sqlite")
        try:
            return measure(runner, options)
        finally:
            runner.close()


def measure(runner: LocalRunner, options: argparse.Namespace) -> int:
    """What main() does, with a runner."""
    press(runner, "warm-up")  # a worker imports torch before its first run
    long = [
        runner.submit("training", LONG, Owner(f"owner {number}"))
        for _ in range(options.each)
        for number in range(options.owners)
    ]
    began = time.monotonic()
    time.sleep(3)
    single = []
    for number in range(options.starts):
        single.append(press(runner, "me"))
        time.sleep(1.0 + 0.7 * number)  # at other moments of a slice each time
    waited, _ = report(
        f"One person's {options.starts} trainings on moons, {len(long)} of VGG waiting", single
    )
    together = many(runner, options.people, options.within)
    _, pictured = report(f"{options.people} people press Start within {options.within:g} s", together)
    passed = time.monotonic() - began
    each = [run for run in map(runner.store.get, long) if run is not None]
    worked = [
        sum(run.worked(time.time()) for run in each if run.owner == f"owner {n}")
        for n in range(options.owners)
    ]
    print(
        f"The long ones worked {sum(worked):.0f} s of {passed:.0f} s x {runner.limit}, by owner: "
        f"{', '.join(f'{seconds:.0f} s' for seconds in worked)}"
    )
    kept = [
        (f"at work within {START_S:g} s", waited <= START_S),
        (f"everybody's first frame within {PICTURE_S:g} s", pictured <= PICTURE_S),
    ]
    for promise, is_kept in kept:
        print(f"{'kept' if is_kept else 'NOT KEPT'}: {promise}")
    return 0 if all(is_kept for _, is_kept in kept) else 1


if __name__ == "__main__":
    sys.exit(main())
