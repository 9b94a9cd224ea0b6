"""The process of one framework, as core/timing/frameworks/process.py starts it."""

from __future__ import annotations

import signal
import sys

from core.timing.frameworks.child.answers import own_output, pinned, serve


def main(name: str, variant: str, cpus: str) -> None:
    """Serve until the parent ends or closes the pipe. Ctrl-C is the parent's to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pinned([int(cpu) for cpu in cpus.split(",") if cpu])
    serve(name, variant, sys.stdin, own_output())


if __name__ == "__main__":
    main(*sys.argv[1:])
