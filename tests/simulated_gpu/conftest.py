"""The tests in inside/ run where cards are simulated alone: test_inside.py starts them there."""

from __future__ import annotations

import os

from tests.simulated_gpu.cards import VARIABLE

collect_ignore = [] if VARIABLE in os.environ else ["inside"]
