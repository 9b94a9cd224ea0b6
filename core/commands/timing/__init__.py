"""The commands of `python -m core.timing`, each with its options and what it measures. They print nothing."""

from core.commands.timing.plan import BAD_INPUT, INTERRUPTED, NOTHING_RAN, OK, REGRESSION, Plan
from core.commands.timing.registry import COMMANDS, Command

__all__ = [
    "BAD_INPUT",
    "COMMANDS",
    "INTERRUPTED",
    "NOTHING_RAN",
    "OK",
    "REGRESSION",
    "Command",
    "Plan",
]
