"""Trainings outlive what happens to their store: another program's lock, a full disk, a file moved away."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.commands.main import main
from core.errors import StoreUnavailable
from core.paths import VARIABLE
from core.records import to_record
from core.runs.faults.store_faults import FULL, GONE, LOCKED, READ_ONLY
from core.runs.runners.local import LocalRunner
from core.runs.status import FINISHED, INTERRUPTED, RUNNING, STOPPED
from core.runs.store import Run, RunStore
from core.training.config import default_config
from tests.waiting import wait_until

EPOCHS = 400
CONFIG = to_record(default_config("mlp", "moons", epochs=EPOCHS, engine="eager", snapshots=()))
FILES = ("runs.sqlite", "runs.sqlite-wal", "runs.sqlite-shm")


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on a file system of 12 MB."""
    folder = tmp_path_factory.mktemp("disk")
    if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a small file system")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture(scope="module")
def shared_runner(small_disk: Path) -> Iterator[LocalRunner]:
    runner = LocalRunner(small_disk / "runs.sqlite", limit=1)
    yield runner
    runner.close()


@pytest.fixture
def runner(shared_runner: LocalRunner) -> Iterator[LocalRunner]:
    yield shared_runner
    for run in shared_runner.store.all_with_status("queued", "running", "paused"):
        shared_runner.request(run.id, "stop")
        wait_until(lambda run_id=run.id: run_of(shared_runner.store, run_id).ended)  # type: ignore[misc]


def run_of(store: RunStore, run_id: str) -> Run:
    run = store.get(run_id)
    assert run is not None
    return run


def sequences(store: RunStore, run_id: str) -> list[int]:
    return [sequence for sequence, _ in store.events_after(run_id)]


def epochs(store: RunStore, run_id: str) -> list[int]:
    records = [record for _, record in store.events_after(run_id)]
    return [record["epoch"] for record in records if record["event"] == "epoch_completed"]


def started(runner: LocalRunner) -> str:
    """A training that has recorded something."""
    run_id = runner.submit("training", CONFIG)
    wait_until(lambda: len(epochs(runner.store, run_id)) > 3)
    return run_id


def fault(runner: LocalRunner) -> str | None:
    found = runner.fault()
    return found.fault if found else None


def ends_whole(runner: LocalRunner, run_id: str) -> None:
    wait_until(lambda: run_of(runner.store, run_id).ended)
    assert run_of(runner.store, run_id).status == FINISHED
    assert epochs(runner.store, run_id) == [*range(1, EPOCHS + 1)]
    numbers = sequences(runner.store, run_id)
    assert numbers == [*range(1, len(numbers) + 1)]


@pytest.mark.slow
def test_a_training_outlives_a_lock_and_loses_nothing(
    runner: LocalRunner, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = started(runner)
    with contextlib.closing(sqlite3.connect(runner.store.place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        wait_until(lambda: fault(runner) == LOCKED)
        stood = len(epochs(runner.store, run_id))
        with pytest.raises(StoreUnavailable, match="is locked by another program"):
            runner.submit("training", CONFIG)
        monkeypatch.setenv(VARIABLE, str(runner.store.path.parent))
        assert main(["runs", "list"]) == 2
        time.sleep(4.0)  # of several tries of the worker
        assert len(epochs(runner.store, run_id)) == stood
        assert run_of(runner.store, run_id).status == RUNNING
        other.execute("ROLLBACK")
    ends_whole(runner, run_id)
    assert len(caplog.messages) <= 4


@pytest.mark.slow
def test_a_stop_that_a_locked_store_does_not_take_is_handed_on_and_loses_nothing(runner: LocalRunner) -> None:
    run_id = started(runner)
    with contextlib.closing(sqlite3.connect(runner.store.place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        wait_until(lambda: fault(runner) == LOCKED)
        stood = len(epochs(runner.store, run_id))
        runner.request(run_id, "stop")
        time.sleep(2.0)
        other.execute("ROLLBACK")
    wait_until(lambda: run_of(runner.store, run_id).ended)
    run = run_of(runner.store, run_id)
    assert (run.status, run.message) == (STOPPED, "Stopped.")
    found = epochs(runner.store, run_id)
    assert len(found) > stood
    assert found == [*range(1, len(found) + 1)]


@pytest.mark.slow
def test_a_training_waits_for_a_full_disk_and_loses_nothing(
    runner: LocalRunner, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = started(runner)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(b"0" * 4096)
    wait_until(lambda: fault(runner) == FULL)
    with pytest.raises(StoreUnavailable, match="is full"):
        runner.submit("training", CONFIG | {"note": "x" * 9_000_000})
    time.sleep(3.0)
    filler.unlink()
    ends_whole(runner, run_id)
    assert len(caplog.messages) <= 6


@pytest.mark.slow
def test_a_store_that_is_moved_away_and_back_has_all_of_a_training(
    runner: LocalRunner, small_disk: Path
) -> None:
    run_id = started(runner)
    aside = small_disk / "aside"
    aside.mkdir()
    for name in FILES:
        os.rename(small_disk / name, aside / name)
    wait_until(lambda: fault(runner) == GONE)
    with pytest.raises(StoreUnavailable, match="is gone"):
        run_of(runner.store, run_id)
    time.sleep(2.0)
    assert not (small_disk / "runs.sqlite").exists()
    for name in FILES:
        if (aside / name).exists():
            os.rename(aside / name, small_disk / name)
    ends_whole(runner, run_id)


@pytest.mark.slow
def test_a_worker_that_dies_while_the_store_is_locked_is_told_of_with_its_reason(runner: LocalRunner) -> None:
    run_id = started(runner)
    pid = int(str(run_of(runner.store, run_id).worker).split("/")[-2])
    with contextlib.closing(sqlite3.connect(runner.store.place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: fault(runner) == LOCKED)
        time.sleep(1.0)
        other.execute("ROLLBACK")
    wait_until(lambda: run_of(runner.store, run_id).ended)
    run = run_of(runner.store, run_id)
    assert run.status == INTERRUPTED
    assert "SIGKILL" in str(run.message)


@pytest.mark.slow
def test_a_read_only_folder_is_said(small_disk: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    RunStore(tmp_path / "home" / "runs.sqlite").close()
    bound = small_disk / "bound"
    bound.mkdir()
    subprocess.run(["mount", "--bind", tmp_path / "home", bound], check=True)
    try:
        if subprocess.run(["mount", "-o", "remount,bind,ro", bound], check=False).returncode:
            pytest.skip("nothing can be mounted read-only here")
        with pytest.raises(StoreUnavailable) as error:
            RunStore(bound / "runs.sqlite")
        assert error.value.fault == READ_ONLY
        assert re.match(r"The data folder '.*bound' cannot be written: ", str(error.value))
    finally:
        subprocess.run(["umount", bound], check=True)


@pytest.mark.slow
def test_how_long_a_run_waits_is_counted_here(runner: LocalRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runner.longest_wait_s() == pytest.approx(0, abs=0.1)
    started(runner)
    began = time.monotonic()
    waiting = runner.submit("training", CONFIG)
    wait_until(lambda: runner.longest_wait_s() > 0.1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    time.sleep(0.5)
    assert 0.5 <= runner.longest_wait_s() <= time.monotonic() - began + 0.5
    monkeypatch.undo()
    runner.request(waiting, "stop")


@pytest.mark.slow
def test_a_worker_makes_no_store_in_the_place_of_one_that_is_gone_and_ends_with_its_server(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "core.runs.worker", str(tmp_path / "runs.sqlite"), "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        assert worker.stdin is not None
        line = worker.stderr.readline()
        assert line.startswith("The worker waits for the run store. The run store '")
        assert line.rstrip().endswith("Put it back, or restart to begin with an empty one.")
        worker.stdin.close()
        assert worker.wait(60) == 0
        assert worker.stderr.read() == ""
    assert list(tmp_path.iterdir()) == []
