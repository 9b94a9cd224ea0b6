"""The commands of `python -m core.timing`, each with its options and what it measures. They print nothing."""

from core.timing.commands.plan import BAD_INPUT, INTERRUPTED, NOTHING_RAN, OK, REGRESSION, Plan
from core.timing.commands.registry import COMMANDS, Command

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
