"""The commands that read results: compare, gate, report."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from core.commands.exit_codes import INTERRUPTED, OK, REGRESSION
from core.commands.output import MARKDOWN, TEXT
from core.commands.timing import measuring
from core.commands.timing.arguments import add_axes, add_limits, add_out, add_point_limits, axes
from core.commands.timing.entry import Command
from core.commands.timing.following import follow
from core.errors import InvalidRequest


def compare(options: argparse.Namespace) -> int:
    """Two result files, point by point."""
    from core.timing.results import files, report
    from core.timing.results.verdicts import compare_results

    baseline, candidate = (files.with_measurements(path) for path in (options.baseline, options.candidate))
    records, _ = follow(compare_results(baseline, candidate), report.COMPARISONS, options)
    if not _compared(records):
        raise InvalidRequest(f"{options.baseline!r} and {options.candidate!r} have no point in common.")
    return OK


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("baseline", metavar="A.json", help="the result to compare with")
    parser.add_argument("candidate", metavar="B.json", help="the result to judge")
    add_out(parser)


COMPARE = Command("compare", compare, "compare two results, with a verdict for each point", _add_compare)


def gate(options: argparse.Namespace) -> int:
    """Measure a baseline's points again; REGRESSION for a confirmed one."""
    from core.timing.results import files, report
    from core.timing.sweeps import gate as gates

    baseline = files.with_measurements(options.baseline)
    records, complete = follow(gates.gate(baseline, axes(options)), report.COMPARISONS, options)
    compared = _compared(records)
    if any(record["regression"] for record in compared):
        return REGRESSION
    if complete and not compared:
        raise InvalidRequest(f"No point of {options.baseline!r} can be measured on this machine.")
    return OK if complete else INTERRUPTED


def _add_gate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("baseline", metavar="BASELINE.json", help="a result of this machine")
    add_point_limits(parser, max_seconds="2")
    add_out(parser)


GATE = Command(
    "gate", gate, "measure a baseline's points again; exits 1 on a confirmed regression", _add_gate
)


def report(options: argparse.Namespace) -> int:
    """A result file, or the quick suite measured now; as Markdown where no other format is asked for."""
    from core.timing.nodes import merging
    from core.timing.nodes.report import NODES
    from core.timing.results import files, report

    if options.format == TEXT:
        options.format = MARKDOWN
    if options.file is None:
        if options.node is not None:
            raise InvalidRequest("--node is for a file with the result of several nodes; name it.")
        options.suite = "quick"
        return measuring.suite(options)
    records, form = files.read(options.file), report.FIGURES
    if options.node is not None:
        records = merging.of_node(records, options.node)
    elif merging.is_merged(records):
        form = NODES
    follow(iter(record for record in records if record["event"] != "concluded"), form, options)
    return OK


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE.json", nargs="?", help="a result; without one, `suite quick` is measured"
    )
    parser.add_argument("--node", metavar="NAME", help="of a result of several nodes (--ray), that of one")
    add_axes(parser, ("devices", "threads"))
    add_limits(parser)


REPORT = Command("report", report, "a result as a Markdown page", _add_report)


def _compared(records: Sequence[Any]) -> list[Any]:
    return [record for record in records if record["event"] == "point_compared"]
