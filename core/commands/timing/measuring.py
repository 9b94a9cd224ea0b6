"""The commands that measure: run, suite, roofline, speedup, gemm. Torch comes with the first event."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.commands.exit_codes import INTERRUPTED, NOTHING_MEASURED, OK
from core.commands.output import JSON
from core.commands.parser import add_ray
from core.commands.timing import nodes
from core.commands.timing.arguments import add_axes, add_limits, all_axes_but, axes, within_s
from core.commands.timing.entry import Command
from core.commands.timing.following import follow
from core.errors import InvalidRequest
from core.timing.sweeps.suites import SUITES
from core.timing.workloads import WORKLOADS
from core.timing.workloads.dtypes import DTYPE_BYTES

_ON_EACH_NODE = "measure on each of its nodes and compare them"


def run(options: argparse.Namespace) -> int:
    """Chosen workloads over the axes."""
    if options.ray is not None:
        return nodes.run(options)
    from core.timing.sweeps.suites import selected
    from core.timing.sweeps.sweep import sweeps

    return _measure(sweeps(selected(options.workloads, axes(options)), within_s(options)), options)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workloads", metavar="WORKLOAD", nargs="+", help="as `list` names them, or a family")
    add_axes(parser)
    add_limits(parser)
    add_ray(parser, _ON_EACH_NODE)


RUN = Command("run", run, "measure workloads", _add_run)


def suite(options: argparse.Namespace) -> int:
    """A ready choice of workloads, within a time."""
    if getattr(options, "ray", None) is not None:
        return nodes.suite(options)
    from core.timing.sweeps.suites import SuiteConfig, all_devices
    from core.timing.sweeps.with_roofline import measured_suite

    given = {"devices": all_devices()} | axes(options)
    config = SuiteConfig(options.suite, **given, within_s=within_s(options))
    if config.limit_s() == 0:
        raise InvalidRequest("Nothing was measured: within 0 seconds there is no time for any point.")
    return _measure(measured_suite(config), options)


def _add_suite(parser: argparse.ArgumentParser) -> None:
    titles = "; ".join(f"{name}: {entry.title}" for name, entry in SUITES.items())
    parser.add_argument("suite", metavar="SUITE", choices=tuple(SUITES), help=titles)
    add_axes(parser, all_axes_but("steps"))
    add_limits(parser)
    add_ray(parser, _ON_EACH_NODE)


SUITE = Command(
    "suite", suite, "measure a ready choice of workloads, and what they say of the machine", _add_suite
)


def roofline(options: argparse.Namespace) -> int:
    """The roofs of all devices, and workloads under them."""
    from core.timing.sweeps import suites
    from core.timing.sweeps.with_roofline import roofline_sweeps, sweeps_with_roofline

    given = axes(options)
    roofs = suites.roofs(given, given.pop("max_seconds", 60.0), tuple(DTYPE_BYTES))
    given.pop("dtypes", None)
    configs = roofline_sweeps(options.workloads or suites.workloads_for_roofline(), given)
    return _measure(sweeps_with_roofline(roofs, configs, within_s(options)), options)


def _add_roofline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "workloads", metavar="WORKLOAD", nargs="*", help="to place under the roof (all but activations)"
    )
    add_axes(parser, ("dtypes", "devices", "threads"))
    add_limits(parser)


ROOFLINE = Command(
    "roofline",
    roofline,
    "find the best matrix product of each format and the copy bandwidth, and place workloads under them",
    _add_roofline,
)


def speedup(options: argparse.Namespace) -> int:
    """Accelerators over the CPU, size by size."""
    from core.timing.sweeps.suites import all_devices, selected
    from core.timing.sweeps.sweep import sweeps
    from core.timing.sweeps.with_roofline import with_speedups

    given = {"max_seconds": 0.5} | axes(options)
    transfers = [] if all_devices() == ("cpu",) else ["host_to_device", "device_to_host"]
    configs = selected(options.workloads or ["gemm"], given)
    configs += selected(
        transfers, {name: given[name] for name in given if name in ("devices", "max_seconds", "seed")}
    )
    return _measure(with_speedups(sweeps(configs, within_s(options))), options)


def _add_speedup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "workloads", metavar="WORKLOAD", nargs="*", help="as `list` names them, or a family (gemm)"
    )
    add_axes(parser, all_axes_but("data"))
    add_limits(parser)


SPEEDUP = Command(
    "speedup",
    speedup,
    "measure how many times faster accelerators are, and from which size on",
    _add_speedup,
)


def gemm(options: argparse.Namespace) -> int:
    """One sweep of matrix products, without calibration or conclusions: each row comes soon."""
    from core.timing.results import report
    from core.timing.results.conclusions import nothing_measured
    from core.timing.results.table import measurements
    from core.timing.sweeps.config import SweepConfig
    from core.timing.sweeps.sweep import sweeps

    config = SweepConfig(workload="gemm", **axes(options))
    form = replace(report.FIGURES, sentences=lambda _records: [])
    records, complete = follow(sweeps([config], within_s(options)), form, options)
    if not complete:
        return INTERRUPTED
    if not measurements(records):
        print(nothing_measured(records), file=sys.stderr)
        return NOTHING_MEASURED
    return OK


def _add_gemm(parser: argparse.ArgumentParser) -> None:
    without = {"sizes": "256,512,1024", "dtypes": "float32", "devices": "cpu"}
    add_axes(parser, all_axes_but("steps", "data"), **without)
    add_limits(parser, max_seconds="2")
    parser.set_defaults(
        sizes=(256, 512, 1024), dtypes=("float32",), devices=("cpu",), max_seconds=2.0, target_ci=0.01
    )


GEMM = Command(
    "gemm",
    gemm,
    f"{WORKLOADS['gemm'].title.lower()} over sizes, formats, devices and threads, without calibration or "
    "conclusions",
    _add_gemm,
    formats=(JSON,),
)


def _measure(events: Iterable[Any], options: argparse.Namespace) -> int:
    """Nothing measured at all is a request that cannot be met here."""
    from core.timing.results import report
    from core.timing.results.conclusions import nothing_measured
    from core.timing.results.table import measurements

    records, complete = follow(events, report.FIGURES, options)
    if not complete:
        return INTERRUPTED
    if not measurements(records) and not any(record["event"] == "peak_found" for record in records):
        raise InvalidRequest(nothing_measured(records))
    return OK
