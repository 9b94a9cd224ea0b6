"""The command line of timing: its commands, in the order in which --help lists them."""

from __future__ import annotations

from collections.abc import Sequence

from core.commands.parser import Parser
from core.commands.timing import frameworks, judging, listing, machine, measuring, together

# What each does and its flags stand together in the file that it comes from.
COMMANDS = (
    listing.LIST,
    machine.CHECK,
    machine.STRESS,
    together.COLLECTIVES,
    together.TOGETHER,
    machine.SELF_COMPARISON,
    measuring.RUN,
    measuring.SUITE,
    measuring.ROOFLINE,
    measuring.SPEEDUP,
    frameworks.FRAMEWORKS,
    judging.COMPARE,
    judging.GATE,
    judging.REPORT,
    measuring.GEMM,
)


def command(words: Sequence[str], prog: str = "python -m core.timing") -> int:
    """Run one command; returns the exit code."""
    options = parser(prog).parse_args(words)
    return int(options.run(options))


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    return (parser(prog),)


def parser(prog: str) -> Parser:
    """The parser of all commands."""
    whole = Parser(prog=prog, description="Measure operations on the devices of this machine.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for entry in COMMANDS:
        entry.add_to(commands)
    return whole
