"""The command line: `python -m core.timing suite quick`; core/commands/timing has what it does."""

import sys
from collections.abc import Sequence

from core.commands.command_line import run_command
from core.commands.timing import command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    return run_command(command, arguments)


if __name__ == "__main__":
    sys.exit(main())
