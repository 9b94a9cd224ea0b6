"""A framework's process does not outlive the one that measures, whatever it is busy with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.waiting import wait_until

PARENT = """
import sys, tempfile, time
from pathlib import Path
from core.timing.frameworks.process import FrameworkProcess

process = FrameworkProcess("numpy", "", sys.executable, 1, (), Path(tempfile.gettempdir()))
for _ in process.ready():
    pass
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems end it when it looks for its next request")
def test_a_process_that_looks_at_nothing_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        (child,) = psutil.Process(parent.pid).children()
        os.kill(child.pid, signal.SIGSTOP)  # as still as in a long import
        parent.kill()
        wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
