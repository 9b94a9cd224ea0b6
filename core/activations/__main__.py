"""The command line: `python -m core.activations show gelu`; see core/commands/activations.py."""

import sys
from collections.abc import Sequence

from core.commands.activations import command
from core.commands.command_line import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    return run_command(command, arguments)


if __name__ == "__main__":
    sys.exit(main())
