"""Arguments that several commands of timing share, and their values by the names of a config's fields.

A flag that is left out is None: the command or the workload chooses.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Mapping
from typing import Any

from core.commands.parser import add_flag
from core.errors import InvalidRequest
from core.timing.workloads.axes import AXES, LIMITS, Setting


def axes(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments that were given, by the names of SweepConfig's fields."""
    return {name: value for name in (*AXES, *LIMITS) if (value := getattr(options, name, None)) is not None}


def within_s(options: argparse.Namespace, default: float | None = None) -> float | None:
    """Seconds for all points together. Raises InvalidRequest for what is no such time."""
    if options.within is None:
        return default
    if not 0 <= options.within < math.inf:
        raise InvalidRequest(f"within {options.within!r} is not possible; it must be a number of seconds.")
    return float(options.within)


def all_axes_but(*names: str) -> tuple[str, ...]:
    """The axes of a command that has no use for some of them."""
    return tuple(name for name in AXES if name not in names)


def add_axes(parser: argparse.ArgumentParser, names: Iterable[str] = AXES, **without: str) -> None:
    """The flags of axes; `without` says what holds where one is left out, if not what its entry says."""
    for name in names:
        _add(parser, name, AXES[name], without)


def add_limits(parser: argparse.ArgumentParser, **without: str) -> None:
    """How long and how carefully to measure, and --out"""
    add_point_limits(parser, **without)
    parser.add_argument(
        "--within", type=float, metavar="S", help="time for all points; those that do not fit are left out"
    )
    add_out(parser)


def add_point_limits(parser: argparse.ArgumentParser, **without: str) -> None:
    """--max-seconds and the other limits of a point"""
    for name, setting in LIMITS.items():
        _add(parser, name, setting, without)


def _add(parser: argparse.ArgumentParser, name: str, setting: Setting, without: Mapping[str, str]) -> None:
    default = without.get(name, setting.without)
    flag = setting.flag or name
    add_flag(parser, flag, setting, setting.metavar, default, setting.aliases, dest=name)


def add_settings(
    parser: argparse.ArgumentParser, settings: Mapping[str, Setting], names: Iterable[str]
) -> None:
    """The flags of a config that has settings of its own."""
    for name in names:
        _add(parser, name, settings[name], {})


def add_out(parser: argparse.ArgumentParser) -> None:
    """--out"""
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="also write the result here, raw samples too; .csv or .md for those formats",
    )
