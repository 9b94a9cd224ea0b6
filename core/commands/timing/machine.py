"""The commands that judge the machine: check, stress, self-comparison. Torch comes with the first event."""

from __future__ import annotations

import argparse
from dataclasses import replace

from core.commands.exit_codes import INTERRUPTED, NOT_GOOD, OK, REGRESSION, WRONG_RESULTS
from core.commands.output import JSON, MARKDOWN
from core.commands.timing.arguments import add_axes, add_out, add_settings
from core.commands.timing.entry import Command
from core.commands.timing.following import follow
from core.errors import InvalidRequest
from core.timing.quick_check.config import SETTINGS as OF_CHECK
from core.timing.self_comparison.config import SETTINGS as OF_SELF_COMPARISON
from core.timing.stress.config import SETTINGS as OF_STRESS


def check(options: argparse.Namespace) -> int:
    """The quick check: a rating for each thing that it finds, and for the machine."""
    import platform

    from core.timing.quick_check import ticket
    from core.timing.quick_check.config import QuickCheckConfig
    from core.timing.quick_check.events import GOOD
    from core.timing.quick_check.job import quick_check
    from core.timing.results import report
    from core.timing.sweeps.suites import all_devices

    given = {name: value for name in OF_CHECK if (value := getattr(options, name)) is not None}
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


def _add_check(parser: argparse.ArgumentParser) -> None:
    add_axes(parser, ("devices",))
    add_settings(parser, OF_CHECK, ("max_seconds", "seed"))
    parser.add_argument("--strict", action="store_true", help="exit code 1 unless the machine is good")
    parser.add_argument(
        "--host", action="store_true", help="name this host in --markdown, which is made to be shared"
    )
    add_out(parser)


CHECK = Command(
    "check",
    check,
    "is this machine as fast as it should be? A verdict in a minute, with what to look at",
    _add_check,
    formats=(JSON, MARKDOWN),
)


def stress(options: argparse.Namespace) -> int:
    """Sustained load; WRONG_RESULTS for a device that did not come through it."""
    from core.timing.quick_check.events import POOR
    from core.timing.results import report
    from core.timing.results.conclusions import nothing_measured
    from core.timing.stress.config import StressConfig
    from core.timing.stress.job import stress
    from core.timing.sweeps.suites import all_devices

    given = {name: value for name in OF_STRESS if (value := getattr(options, name)) is not None}
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


def _add_stress(parser: argparse.ArgumentParser) -> None:
    add_axes(parser, ("devices",))
    add_settings(parser, OF_STRESS, ("dtype", "minutes", "max_celsius", "seed"))
    add_out(parser)


STRESS = Command(
    "stress",
    stress,
    "keep devices at work for minutes: rate, heat, throttling, wrong results; exits 1 on these",
    _add_stress,
    formats=(JSON,),
)


def self_comparison(options: argparse.Namespace) -> int:
    """One operation against itself; REGRESSION for a false verdict."""
    from core.timing.results import report
    from core.timing.results.conclusions import nothing_measured
    from core.timing.self_comparison.config import SelfComparisonConfig
    from core.timing.self_comparison.job import compare_with_itself
    from core.timing.self_comparison.summary import sentences

    given = {name: value for name in OF_SELF_COMPARISON if (value := getattr(options, name)) is not None}
    form = replace(report.FIGURES, sentences=sentences)
    records, complete = follow(compare_with_itself(SelfComparisonConfig(**given)), form, options)
    if not complete:
        return INTERRUPTED
    counted = [record for record in records if record["event"] == "self_comparisons_counted"]
    if not counted:
        raise InvalidRequest(nothing_measured(records))
    return REGRESSION if counted[0]["false_verdicts"] else OK


def _add_self_comparison(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, OF_SELF_COMPARISON, OF_SELF_COMPARISON)
    add_out(parser)


SELF_COMPARISON = Command(
    "self-comparison",
    self_comparison,
    "how many verdicts on this machine are false: one operation against itself; exits 1 if any is",
    _add_self_comparison,
    formats=(JSON,),
)
