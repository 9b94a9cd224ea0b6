"""The commands that read results: compare, gate, report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.commands.timing import measuring
from core.commands.timing.options import axes
from core.commands.timing.plan import INTERRUPTED, OK, REGRESSION, Plan
from core.errors import InvalidRequest


def compare(options: Any) -> Plan:
    """Two result files, point by point."""
    from core.timing.results import files, report
    from core.timing.sweeps.gate import compare_results

    baseline, candidate = (files.with_measurements(path) for path in (options.baseline, options.candidate))

    def exit_code(records: Sequence[Any], _stopped: bool) -> int:
        if not _compared(records):
            raise InvalidRequest(f"{options.baseline!r} and {options.candidate!r} have no point in common.")
        return OK

    return Plan(compare_results(baseline, candidate), report.COMPARISONS, exit_code)


def gate(options: Any) -> Plan:
    """Measure a baseline's points again; REGRESSION for a confirmed one."""
    from core.timing.results import files, report
    from core.timing.sweeps import gate as gates

    baseline = files.with_measurements(options.baseline)

    def exit_code(records: Sequence[Any], stopped: bool) -> int:
        compared = _compared(records)
        if any(record["regression"] for record in compared):
            return REGRESSION
        if not stopped and not compared:
            raise InvalidRequest(f"No point of {options.baseline!r} can be measured on this machine.")
        return INTERRUPTED if stopped else OK

    return Plan(gates.gate(baseline, axes(options)), report.COMPARISONS, exit_code)


def tell(options: Any) -> Plan:
    """A result file, or the quick suite measured now; as Markdown where no other form is asked for."""
    from core.timing.results import files, report

    if not (options.json or options.csv):
        options.markdown = True
    if options.file is None:
        options.suite = "quick"
        return measuring.suite(options)
    return Plan(iter(files.read(options.file)), report.FIGURES, lambda _records, _stopped: OK)


def _compared(records: Sequence[Any]) -> list[Any]:
    return [record for record in records if record["event"] == "point_compared"]
