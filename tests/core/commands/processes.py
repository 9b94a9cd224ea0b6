"""Commands in a process of their own, for what only a process shows: signals, pipes, what it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# A suite that runs in the background ignores Ctrl-C, and so would its children; a person's terminal does not.
_LAUNCHER = (
    "import runpy, signal, sys\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "module = sys.argv.pop(1)\n"
    "runpy.run_module(module, run_name='__main__', alter_sys=True)\n"
)


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    """`python -m MODULE ...` with both outputs piped, which Ctrl-C (SIGINT) reaches."""
    return subprocess.Popen(
        [sys.executable, "-c", _LAUNCHER, module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
