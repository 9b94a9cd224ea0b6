"""The measure of what a killed worker has lost sees a recorder that gathers for too long."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from core.runs.store import RunStore
from tests.browser.app import ROOT
from tests.kills import checks, witness
from tests.kills.lab import MAX_LOSS_S
from tests.kills.witness import EVENT, TURN, Line, Witness, loss_s

# A worker's recorder for more than a second, ten events a second; then it is gone, without a last word.
RECORDS = """
import os, sys, time
from core.runs.recorder import Recorder
from core.runs.store import RunStore
from core.export.job import ZipWritten
from tests.kills import witness

witness.attend(sys.argv[2])
recorder = Recorder(RunStore(sys.argv[1]), sys.argv[3])
for epoch in range(14):
    recorder.add(ZipWritten(epoch))
    time.sleep(0.1)
os.kill(os.getpid(), 9)
"""


def lost_s(tmp_path: Path, **environment: str) -> float:
    """What the measure says of a recorder with these variables."""
    folder = tmp_path / "witness"
    folder.mkdir()
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store:
        run_id = store.create("training", {})
        command = [sys.executable, "-c", RECORDS, str(store.place), str(folder), run_id]
        worker = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
        assert worker.wait() == -9
        (lines,) = (Witness(folder).last_turn(int(path.name), run_id) for path in folder.iterdir())
        assert [line.number for line in lines if line.kind == EVENT] == [*range(1, 15)]
        assert list(checks.of_store(store, [run_id])) == []
        return loss_s(lines, checks.last_event(store, run_id), -1, lines[-1].at)


def test_a_recorder_that_writes_often_loses_little(tmp_path: Path) -> None:
    assert lost_s(tmp_path) <= MAX_LOSS_S


def test_a_recorder_that_gathers_for_long_is_found(tmp_path: Path) -> None:
    assert lost_s(tmp_path, **{witness.BUFFER: "60"}) > MAX_LOSS_S


def test_two_workers_on_one_run_are_found_and_one_after_the_other_are_not(tmp_path: Path) -> None:
    seen = Witness(tmp_path)
    seen.lines[1] = [Line("a", TURN, 0, 0.0), Line("a", EVENT, 1, 1.0), Line("a", TURN, 0, 6.0)]
    seen.lines[2] = [Line("a", TURN, 0, 2.0), Line("a", EVENT, 2, 3.0), Line("b", TURN, 0, 0.5)]
    assert seen.overlapping() == set()
    seen.lines[2].append(Line("b", EVENT, 1, time.monotonic()))
    seen.lines[3] = [Line("b", TURN, 0, 0.7), Line("b", EVENT, 1, 0.8)]
    assert seen.overlapping() == {"b"}
