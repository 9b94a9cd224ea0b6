"""`python -m core.timing` or `nablascope timing`: measure operations, and judge results."""

from core.commands.timing.command import command, parsers

__all__ = ["command", "parsers"]
