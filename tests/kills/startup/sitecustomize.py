"""Python runs this at the start of every process on whose path it is: workers write down what they record.

Each event and frame is written to a file of the worker's own before the recorder has it, so that a killed
worker leaves what it had recorded; what the store has afterwards is compared with that.
"""

from __future__ import annotations

import os
import sys

if "-m" in sys.orig_argv and "core.runs.worker" in sys.orig_argv:
    from tests.kills import witness

    witness.attend(os.environ[witness.FOLDER])
