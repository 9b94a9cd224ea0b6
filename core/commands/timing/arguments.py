"""Arguments that several commands of timing share, and their values by the names of a config's fields.

`default` is how the help names what happens without the argument; its value is None then, and the command or
the workload chooses.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

from core.commands.parser import names, whole_numbers
from core.devices import KINDS
from core.errors import InvalidRequest
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS

_AXES = (
    "sizes", "dtypes", "devices", "threads", "steps", "data", "max_seconds", "target_ci", "quiet_wait_s",
    "seed",
)  # fmt: skip


def axes(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments that were given, by the names of SweepConfig's fields."""
    return {name: value for name in _AXES if (value := getattr(options, name, None)) is not None}


def within_s(options: argparse.Namespace, default: float | None = None) -> float | None:
    """Seconds for all points together. Raises InvalidRequest for what is no such time."""
    if options.within is None:
        return default
    if not 0 <= options.within < math.inf:
        raise InvalidRequest(f"within {options.within!r} is not possible; it must be a number of seconds.")
    return float(options.within)


def add_sizes(parser: argparse.ArgumentParser, default: str = "its own") -> None:
    """--sizes"""
    parser.add_argument(
        "--sizes",
        type=whole_numbers,
        metavar="N,...",
        help=f"sizes; `list` says what a workload's size means ({default})",
    )


def add_dtypes(parser: argparse.ArgumentParser, default: str = "the workload's first") -> None:
    """--dtypes"""
    parser.add_argument(
        "--dtypes", type=names, metavar="NAME,...", help=f"of {', '.join(DTYPE_BYTES)} ({default})"
    )


def add_devices(parser: argparse.ArgumentParser, default: str = "all that are here") -> None:
    """--devices and --threads"""
    parser.add_argument(
        "--devices", type=names, metavar="NAME,...", help=f"of {', '.join(KINDS)}, cuda:N ({default})"
    )
    parser.add_argument(
        "--threads", type=whole_numbers, metavar="N,...", help="CPU threads; 0 is all usable cores (0)"
    )


def add_steps(parser: argparse.ArgumentParser) -> None:
    """--steps"""
    parser.add_argument(
        "--steps",
        type=names,
        metavar="NAME,...",
        help="forward, training, backward, where the workload has it (its first)",
    )


def add_operand_fill(parser: argparse.ArgumentParser) -> None:
    """--operand-fill; --data is its name of version 0.1"""
    parser.add_argument(
        "--operand-fill",
        dest="data",
        type=names,
        metavar="NAME,...",
        help=f"what operands hold, of {', '.join(OPERAND_FILLS)} (random)",
    )
    parser.add_argument("--data", type=names, help=argparse.SUPPRESS)


def add_limits(parser: argparse.ArgumentParser, max_seconds: str = "the suite's or workload's") -> None:
    """How long and how carefully to measure, and --out"""
    add_point_limits(parser, max_seconds)
    parser.add_argument(
        "--within", type=float, metavar="S", help="time for all points; those that do not fit are left out"
    )
    add_out(parser)


def add_point_limits(parser: argparse.ArgumentParser, max_seconds: str = "2") -> None:
    """--max-seconds, --target-ci, --quiet-wait and --seed"""
    parser.add_argument(
        "--max-seconds",
        type=float,
        metavar="S",
        help=f"longest that a point may take, but for its least six samples ({max_seconds})",
    )
    parser.add_argument(
        "--target-ci",
        type=float,
        metavar="FRACTION",
        help="relative width of the median's 95%% interval to stop at (0.01)",
    )
    parser.add_argument(
        "--quiet-wait",
        dest="quiet_wait_s",
        type=float,
        metavar="S",
        help="wait so long for other programs to rest, then measure again what they contaminated (0)",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the random operands (0)")


def add_out(parser: argparse.ArgumentParser) -> None:
    """--out"""
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="also write the result here, raw samples too; .csv or .md for those formats",
    )
