"""The commands that measure: run, suite, roofline, speedup, gemm. Torch comes with the first event."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.commands.exit_codes import INTERRUPTED, NOT_GOOD, NOTHING_MEASURED, OK, WRONG_RESULTS
from core.commands.timing import nodes
from core.commands.timing.arguments import axes, within_s
from core.commands.timing.following import follow
from core.errors import InvalidRequest
from core.timing.sweeps.suites import SUITES
from core.timing.workloads.dtypes import DTYPE_BYTES


def check(options: argparse.Namespace) -> int:
    """The quick check: a rating for each thing that it finds, and for the machine."""
    import platform

    from core.timing.quick_check import ticket
    from core.timing.quick_check.config import SETTINGS, QuickCheckConfig
    from core.timing.quick_check.events import GOOD
    from core.timing.quick_check.job import quick_check
    from core.timing.results import report
    from core.timing.sweeps.suites import all_devices

    given = {name: value for name in SETTINGS if (value := getattr(options, name)) is not None}
    config = QuickCheckConfig(**({"devices": all_devices()} | given))
    host = platform.node() if options.host else ""
    form = replace(
        report.FIGURES,
        markdown=lambda records: ticket.to_ticket(records, host),
        sentences=lambda _records: [],
    )
    records, complete = follow(quick_check(config), form, options)
    if not complete:
        return INTERRUPTED
    verdict = ticket.verdict_of(records)
    return OK if not options.strict or (verdict and verdict["rating"] == GOOD) else NOT_GOOD


def stress(options: argparse.Namespace) -> int:
    """Sustained load; WRONG_RESULTS for a device that did not come through it."""
    from core.timing.quick_check.events import POOR
    from core.timing.results import report
    from core.timing.results.conclusions import nothing_measured
    from core.timing.stress.config import SETTINGS, StressConfig
    from core.timing.stress.job import stress
    from core.timing.sweeps.suites import all_devices

    given = {name: value for name in SETTINGS if (value := getattr(options, name)) is not None}
    config = StressConfig(**({"devices": all_devices()} | given))
    form = replace(report.FIGURES, sentences=lambda _records: [])
    records, complete = follow(stress(config), form, options)
    ended = [record for record in records if record["event"] == "stress_ended"]
    if not complete:
        return INTERRUPTED
    if not ended:
        raise InvalidRequest(nothing_measured(records))
    slower = [record for record in ended if record["rating"] == POOR]
    return WRONG_RESULTS if slower else OK


def run(options: argparse.Namespace) -> int:
    """Chosen workloads over the axes."""
    if options.ray is not None:
        return nodes.run(options)
    from core.timing.sweeps.suites import selected
    from core.timing.sweeps.sweep import sweeps

    return _measure(sweeps(selected(options.workloads, axes(options)), within_s(options)), options)


def suite(options: argparse.Namespace) -> int:
    """A ready choice of workloads, within a time."""
    if getattr(options, "ray", None) is not None:
        return nodes.suite(options)
    from core.timing.sweeps.suites import planned, suite_roofs
    from core.timing.sweeps.with_roofline import sweeps_with_roofline

    wanted, given = SUITES[options.suite], axes(options)
    configs, limit_s = planned(wanted, given), within_s(options, wanted.within_s)
    roofs = suite_roofs(configs, given)
    if limit_s == 0:
        raise InvalidRequest("Nothing was measured: within 0 seconds there is no time for any point.")
    return _measure(sweeps_with_roofline(roofs, configs, limit_s, with_points=False), options)


def roofline(options: argparse.Namespace) -> int:
    """The roofs of all devices, and workloads under them."""
    from core.timing.sweeps import suites
    from core.timing.sweeps.with_roofline import roofline_sweeps, sweeps_with_roofline

    given = axes(options)
    roofs = suites.roofs(given, given.pop("max_seconds", 60.0), tuple(DTYPE_BYTES))
    given.pop("dtypes", None)
    configs = roofline_sweeps(options.workloads or suites.workloads_for_roofline(), given)
    return _measure(sweeps_with_roofline(roofs, configs, within_s(options)), options)


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
