"""What is imported before the first visitor."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, sys
from dashboard.server.warm import import_pages
import_pages()
assert {"altair", "pandas", "dashboard.charts.training.registry"} <= sys.modules.keys()
assert not {"torch", "scipy", "sklearn", "numba"} & sys.modules.keys()  # the web process draws
assert gc.get_freeze_count() > 10_000 and not [kept for kept in gc.get_objects() if kept is sys.modules]
"""


def test_all_pages_are_imported_and_none_of_it_is_searched_for_garbage() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
