"""Windows and macOS, as far as Linux can play them: what they lack is not there for our code.

Processes in which core and dashboard find neither fcntl, resource, fork, SIGPIPE nor /proc, and are told that
the system is Windows or macOS (sitecustomize.py), do what a person does. It shows that our code asks for
nothing that is missing there; it cannot show how Windows itself behaves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.paths import VARIABLE
from core.runs.status import INTERRUPTED, STOPPED
from core.runs.store import RunStore
from tests.waiting import wait_until

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]


def environment(system: str, home: Path) -> dict[str, str]:
    path = os.pathsep.join([str(HERE), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "SIMULATED_SYSTEM": system, "PYTHONPATH": path, VARIABLE: str(home)}


def everything(system: str, home: Path, **more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.other_systems.everything", str(home / "run")]
    done = subprocess.run(
        command, env=environment(system, home) | more, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def check(given: Mapping[str, Any], home: Path) -> None:
    assert given["modules"] > 300
    assert given["processor"]["cores"] >= 1
    assert given["training"]["code"] == 0
    assert given["training"]["lines"][-1]["event"] == "training_finished"
    assert (home / "run" / "checkpoint.pt").exists()
    assert given["timing"]["code"] == 0
    assert [line["workload"] for line in given["timing"]["lines"] if "workload" in line] == ["gemm"]
    assert given["runner"]["stopped"] == STOPPED


def test_under_windows_everything_has_a_way_and_no_worker_outlives_its_server(tmp_path: Path) -> None:
    given = everything("win32", tmp_path)
    check(given, tmp_path)
    assert given["processor"]["interruptions"] is None
    assert given["machine_code"].startswith("unknown, because the FMA peak is measured on x86-64 processors")
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in given["runner"]["workers"]))
    store = RunStore(tmp_path / "runs.sqlite")
    left = store.get(given["runner"]["left"])
    assert left is not None
    assert left.status == INTERRUPTED
    store.close()


@pytest.mark.slow
def test_under_macos_everything_has_a_way(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    sysctl = programs / "sysctl"  # on Apple silicon the third level is an error, the others are printed
    sysctl.write_text(
        '#!/bin/sh\ncase "$2" in *brand*) echo "Apple M2" ;; *) echo 16777216; echo 4194304; exit 1 ;; esac\n'
    )
    sysctl.chmod(0o755)
    given = everything("darwin", tmp_path, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    check(given, tmp_path)
    assert given["processor"]["model"] == "Apple M2"
    assert given["processor"]["cache"] == 16 * 2**20
    assert given["machine_code"].startswith("unknown")
