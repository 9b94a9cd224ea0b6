"""Every command by its name. To add one, add an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.commands.timing import judging, measuring, options
from core.commands.timing.options import Option
from core.commands.timing.plan import Plan
from core.timing.workloads import WORKLOADS


@dataclass(frozen=True)
class Command:
    """told is its help. plan(options) makes what it does; None for one that __main__ shows in its own way.

    forms are the ways to print it: "json", "csv", "markdown".
    """

    told: str
    options: tuple[Option, ...] = ()
    plan: Callable[[Any], Plan] | None = None
    forms: tuple[str, ...] = ("json", "csv", "markdown")


COMMANDS = {
    "list": Command("what can be measured"),
    "run": Command("measure workloads", options.RUN, measuring.run),
    "suite": Command(
        "measure a ready choice of workloads, and say what they tell of the machine",
        options.SUITE,
        measuring.suite,
    ),
    "roofline": Command(
        "find the best matrix product of each format and the copy bandwidth, and place workloads under them",
        options.ROOFLINE,
        measuring.roofline,
    ),
    "speedup": Command(
        "measure how many times faster accelerators are, and from which size on",
        options.SPEEDUP,
        measuring.speedup,
    ),
    "compare": Command(
        "set two results against each other, with a verdict for each point", options.COMPARE, judging.compare
    ),
    "gate": Command(
        "measure a baseline's points again; exits 1 on a confirmed regression", options.GATE, judging.gate
    ),
    "report": Command("tell a result in Markdown", options.REPORT, judging.tell),
    "gemm": Command(
        f"{WORKLOADS['gemm'].title.lower()} over sizes, formats, devices and threads",
        options.GEMM,
        forms=("json",),
    ),
}
