"""`nablascope compile`: compile the training steps of small networks ahead of trainings."""

from __future__ import annotations

import time
from collections.abc import Sequence

from core.commands.exit_codes import OK
from core.commands.parser import Parser
from core.errors import InvalidRequest


def command(words: Sequence[str], prog: str = "nablascope compile") -> int:
    """Run one command; returns the exit code. Raises InvalidRequest where nothing can be compiled here."""
    _parser(prog).parse_args(words)

    from core.training.compiled import ahead
    from core.training.compiled.learner import compiler_missing

    for kind, models in ahead.KINDS.items():
        began, is_new = time.perf_counter(), kind in ahead.not_compiled()
        if reason := compiler_missing(kind):
            raise InvalidRequest(f"The training steps of {', '.join(models)} cannot be compiled: {reason}.")
        done = f"compiled in {time.perf_counter() - began:.1f} s" if is_new else "compiled before"
        print(f"{', '.join(models)}: {done}", flush=True)
    return OK


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    return (_parser(prog),)


def _parser(prog: str) -> Parser:
    return Parser(
        prog=prog,
        description="Compile the training steps of small networks for this processor and these versions, "
        "which otherwise the first server or training here does, in about a minute. What is compiled already "
        "is loaded. NUMBA_CACHE_DIR names the folder that keeps it.",
    )
