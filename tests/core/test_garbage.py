"""Imports and the end of a process leave garbage alone; between them Python collects as ever."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from core.garbage import end_without_collection, without_collection

with without_collection():
    assert not gc.isenabled()
assert gc.isenabled() and gc.get_freeze_count() == 0  # nothing was imported
try:
    with without_collection():
        import fractions
        raise ImportError
except ImportError:
    pass
assert gc.isenabled() and gc.get_freeze_count() > 0

class Ring:
    def __init__(self):
        self.itself = self
    def __del__(self):
        print("collected", flush=True)

gc.collect()
end_without_collection()
Ring()
"""


def collected(program: str) -> str:
    """What it prints until its end."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout


def test_imports_are_left_out_and_collecting_begins_again_also_after_a_failure() -> None:
    assert collected(PROGRAM + "gc.collect()") == "collected\n"


def test_at_its_end_a_process_looks_for_no_garbage() -> None:
    assert collected(PROGRAM) == ""
    assert collected(PROGRAM.replace("end_without_collection()\n", "")) == "collected\n"
