"""Processes that find simulated cards: they, and whatever they start, get them from their environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core.devices.environment import SIMULATED
from tests.simulated_gpu import build
from tests.simulated_gpu.cards import VARIABLE, Machine

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MARK = "the GPU is none: the CPU computes its results, and a model gives the times"  # of every result


def environment(machine: Machine) -> dict[str, str]:
    """Of a process that is to find these cards, and the simulated driver where the machine has one."""
    build.library()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CUDA_")}
    path = os.pathsep.join([str(HERE / "startup"), str(ROOT), *filter(None, [clean.get("PYTHONPATH")])])
    found = clean | {"PYTHONPATH": path, VARIABLE: machine.text(), SIMULATED: MARK} | machine.environment
    if machine.driver is not None:
        found["LD_LIBRARY_PATH"] = str(build.driver(machine.driver))
    if machine.kind == "cuda":
        found["SIMULATED_GPU_BUILD"] = "rocm" if machine.hip else "cuda"
    return found


def python(machine: Machine, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a machine and wait for its end; `more` are variables of its environment."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(machine) | more,
        capture_output=True,
        text=True,
        timeout=600,
    )
