"""python -m tests.simulated_gpu MACHINE ARGUMENTS: run Python on one of the machines of cards.py."""

from __future__ import annotations

import os
import sys

from tests.simulated_gpu import cards, processes

if __name__ == "__main__":
    machine = getattr(cards, sys.argv[1])
    os.execve(sys.executable, [sys.executable, *sys.argv[2:]], processes.environment(machine))
