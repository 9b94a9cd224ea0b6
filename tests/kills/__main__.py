"""kill -9 of workers and of the server at random moments, and what must hold after each.

    .venv/bin/python -m tests.kills [--workers 100] [--servers 20] [--seed 0] [--buffer 2]

A real server with trainings, benchmarks and ensembles, and a visitor who brings tables and takes zips. Each
kill comes at a random moment; afterwards: at most one second of what the worker had recorded is lost, the
database and its files are whole, each run resumes or has ended with words, no process is left over, no two
workers are on one run, and trainings that were killed end with the numbers of one that was not. --buffer has
the recorder gather for so long, which must be found. Ends with 1 where something does not hold.
"""

from __future__ import annotations

import argparse
import itertools
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.kills.activities import ACTIVITIES
from tests.kills.lab import Kill, Lab, Stuck
from tests.kills.witness import BUFFER


def main() -> None:
    """Run, print, and fail where something does not hold; Ctrl-C ends it early, with what was found."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where it was started in the background
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workers", type=int, default=100, help="kills of workers")
    parser.add_argument("--servers", type=int, default=20, help="kills of the server")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="of the moments")
    parser.add_argument("--buffer", type=float, help="seconds for which the recorder is to gather")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    found = kills(options.workers, options.servers, options.seed, options.buffer)
    print(table(found))
    sys.exit(any(kill.faults for kill in found))


def kills(workers: int, servers: int, seed: int, buffer_s: float | None = None) -> list[Kill]:
    """So many of each, in an order of their own; the last one is the end, which is not a kill."""
    environment = {} if buffer_s is None else {BUFFER: str(buffer_s)}
    found: list[Kill] = []
    with tempfile.TemporaryDirectory(prefix="kills") as folder:
        lab = Lab(Path(folder) / "home", seed, environment)
        end = Kill("end", "")
        try:
            for number in itertools.count():
                left = workers - count(found, "worker"), servers - count(found, "server")
                if max(left) <= 0:
                    break
                of_server = lab.random.random() < max(left[1], 0) / sum(max(n, 0) for n in left)
                during = ACTIVITIES[number % len(ACTIVITIES)]
                for kill in [lab.kill_server(during)] if of_server else lab.kill_workers(during):
                    found.append(kill)
                    print(f"{len(found):>4} {line(kill)}", flush=True)
        except KeyboardInterrupt:
            print("ended early")
        except Stuck as error:
            end.faults.append(str(error))
        except BaseException:
            lab.abandon()
            raise
        end.faults += lab.close()
        print(f" end {line(end)}", flush=True)
    return [*found, end]


def count(found: list[Kill], what: str) -> int:
    """How many of these were killed."""
    return sum(kill.what == what for kill in found)


def line(kill: Kill) -> str:
    """A kill in one line."""
    times = {
        "lost": max(kill.loss_s.values(), default=None),
        "known": kill.known_s,
        "resumed": kill.resumed_s,
        "none left over": kill.orphans_s,
    }
    said = [f"{name} {value:.2f} s" for name, value in times.items() if value is not None]
    said += [kill.outcome.strip()] if kill.outcome.strip() else []
    said += [f"FAULT: {fault}" for fault in kill.faults]
    load = psutil.getloadavg()[0]
    return (
        f"{time.strftime('%H:%M:%S')} {kill.what:<7}{kill.during:<10} "
        + "; ".join(said)
        + f" (load {load:.0f})"
    )


def table(found: list[Kill]) -> str:
    """What was found, by what was killed during what."""
    lines = [
        f"{'killed':<8}{'during':<11}{'times':>6}{'lost s':>8}{'known s':>9}{'resumed s':>11}{'faults':>8}"
    ]
    for what, during in sorted({(kill.what, kill.during) for kill in found if kill.during}):
        some = [kill for kill in found if (kill.what, kill.during) == (what, during)]
        worst = (
            max((max(kill.loss_s.values(), default=0.0) for kill in some), default=0.0),
            max((kill.known_s or 0.0 for kill in some), default=0.0),
            max((kill.resumed_s or 0.0 for kill in some), default=0.0),
        )
        lines.append(
            f"{what:<8}{during:<11}{len(some):>6}{worst[0]:>8.2f}{worst[1]:>9.2f}{worst[2]:>11.2f}"
            f"{sum(len(kill.faults) for kill in some):>8}"
        )
    itself, by_hand = (
        sum(getattr(kill, name) for kill in found) for name in ("resumed_by_itself", "resumed_by_hand")
    )
    lines.append(f"resumed by itself {itself}, as from the page {by_hand}")
    lines += [f"fault: {kill.what} {kill.during}: {fault}" for kill in found for fault in kill.faults]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
