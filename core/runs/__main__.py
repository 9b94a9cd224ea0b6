"""The command line: `python -m core.runs list --network mlp --sort value --json`."""

import sys
from collections.abc import Sequence

from core.commands.command_line import run_command
from core.commands.runs import command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    return run_command(command, arguments)


if __name__ == "__main__":
    sys.exit(main())
