"""The process of one framework, as core/timing/frameworks/process.py starts it."""

from __future__ import annotations

import ctypes
import signal
import sys

from core.timing.frameworks.child.answers import own_output, pinned, serve

_PR_SET_PDEATHSIG = 1  # https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html


def _end_with_parent() -> None:
    """On Linux, end at once when the parent is killed, not only after a long import or call."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(name: str, variant: str, cpus: str) -> None:
    """Serve until the parent ends or closes the pipe. Ctrl-C is the parent's to hear."""
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pinned([int(cpu) for cpu in cpus.split(",") if cpu])
    serve(name, variant, sys.stdin, own_output())


if __name__ == "__main__":
    main(*sys.argv[1:])
