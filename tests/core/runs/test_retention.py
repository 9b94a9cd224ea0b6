"""The data folder stays within its bounds, with real files, several processes, and kill -9 in the middle."""

from __future__ import annotations

import io
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.data.user import added_files, user_csv
from core.errors import InvalidRequest
from core.events import Picture
from core.export.archive import zipped_from_store
from core.paths import VARIABLE
from core.records import to_record
from core.runs.databases import sqlite
from core.runs.retention import DAY_S, default_keep_bytes, default_max_age_s, keep_within
from core.runs.runners.local import LocalRunner
from core.runs.status import FAILED, FINISHED, RUNNING, STOPPED
from core.runs.store import RunStore
from core.runs.tables import runs
from core.training.config import default_config
from tests.core.runs.runners.test_local import LONG, losses, run_of
from tests.waiting import wait_until

MIB = 2**20


@pytest.fixture
def store(place: Path | str) -> Iterator[RunStore]:
    store = RunStore(place)
    yield store
    store.close()


def keep(store: RunStore, keep_bytes: int) -> None:
    for _ in keep_within(store, keep_bytes):
        pass


def ended_run(
    store: RunStore, weights_bytes: int = MIB, status: str = FINISHED, events: int = 3, padding: int = 0
) -> str:
    """A run as a worker leaves it: curves, a picture of 64 KiB, and a checkpoint of this size."""
    run_id = store.create("training", {"model": "mlp"})
    rows = [(n, 0.0, {"event": "tick", "n": n, "padding": "x" * padding}) for n in range(1, events + 1)]
    store.write(run_id, rows, [Picture("map", 1, {"z": np.zeros(64 * 1024, np.uint8)})])
    store.checkpoints.mkdir(exist_ok=True)
    store.checkpoint_file(run_id).write_bytes(secrets.token_bytes(weights_bytes))
    store.end(run_id, status)
    return run_id


def test_what_is_older_than_the_operator_allows_goes_with_all_its_files(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = ended_run(store), ended_run(store)
    days_ago = time.time() - 31 * DAY_S
    with store.writing() as connection:
        connection.execute(runs.update().where(runs.c.id == old).values(ended_at=days_ago))
    waiting = store.create("training", {"table": "b" * 64})
    (tmp_path / "tables").mkdir()
    for name, used_at in {"a": days_ago, "b": days_ago, "c": time.time()}.items():
        file = tmp_path / "tables" / f"{name * 64}.csv"
        file.write_text("a\n1\n")
        os.utime(file, (used_at, used_at))
    monkeypatch.setenv("NABLASCOPE_KEEP_DAYS", "30")
    for _ in keep_within(store, default_keep_bytes(), default_max_age_s()):
        pass
    assert store.get(old) is None
    assert not store.checkpoint_file(old).exists()
    assert store.get(new)
    assert store.checkpoint_file(new).exists()
    assert store.get(waiting)
    assert sorted(file.stem[0] for file in (tmp_path / "tables").iterdir()) == ["b", "c"]


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_older_runs_keep_their_curves_alone_and_say_so(store: RunStore) -> None:
    old, new = ended_run(store, 2 * MIB, STOPPED), ended_run(store, 2 * MIB)
    keep(store, 4 * MIB)
    assert [store.checkpoint_file(run_id).exists() for run_id in (old, new)] == [False, True]
    assert [set(store.pictures(run_id)) for run_id in (old, new)] == [set(), {"map"}]
    assert [record["n"] for _, record in store.events_after(old)] == [1, 2, 3]
    assert [store.is_pruned(run_id) for run_id in (old, new)] == [True, False]
    assert [store.can_resume(run_id) for run_id in (old, new)] == [False, True]
    with pytest.raises(InvalidRequest, match="pruned"):
        store.resume(old)
    assert run_of(store, old).status == STOPPED


def test_nothing_goes_while_there_is_room(store: RunStore) -> None:
    ids = [ended_run(store) for _ in range(4)]
    keep(store, 100 * MIB)
    assert all(store.can_resume(run_id) and store.pictures(run_id) for run_id in ids)


def test_the_folder_stays_within_the_total_however_many_runs_come(store: RunStore, tmp_path: Path) -> None:
    ids = []
    for _ in range(60):
        ids.append(ended_run(store, 300_000, events=100, padding=2000))
        keep(store, 8 * MIB)
    store.close()
    assert size_of(tmp_path) < 8 * MIB + sqlite.SPARE_PAGES * 4096 + 2 * MIB
    there = [store.get(run_id) is not None for run_id in ids]
    assert there == sorted(there), "an older run outlived a newer one"
    assert 0 < there.count(True) < 60
    whole = [store.can_resume(run_id) for run_id in ids]
    assert whole == sorted(whole)
    assert 5 <= whole.count(True) < there.count(True)
    assert store.events_after(ids[0]) == []


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_the_stores_file_shrinks_when_much_goes(store: RunStore, tmp_path: Path) -> None:
    for _ in range(8):
        ended_run(store, 10, events=200, padding=20_000)
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = size_of(tmp_path)
    keep(store, 4 * MIB)
    store.close()
    assert before > 30 * MIB
    assert (tmp_path / "runs.sqlite").stat().st_size < 16 * MIB


def test_open_runs_and_the_run_that_one_of_them_resumes_from_lose_nothing(store: RunStore) -> None:
    parent, other = ended_run(store), ended_run(store)
    paused, newest = ended_run(store, status=STOPPED), ended_run(store)
    store.resume(paused)
    child = store.create("training", {"resume_from": parent})
    keep(store, MIB)
    assert [store.can_resume(run_id) for run_id in (parent, other, paused, newest)] == [
        True,
        False,
        True,
        True,
    ]
    store.request(child, "stop")
    store.request(paused, "stop")
    keep(store, MIB)
    assert not store.can_resume(parent)


def test_files_that_killed_processes_left_go_and_fresh_ones_stay(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(store.files))
    run_id = ended_run(store)
    store.exports.mkdir()
    own, cache = store.files / added_files.TABLES.folder, store.files / "cache"
    own.mkdir()
    cache.mkdir()
    whole = [cache / "digits.npz", store.files / ".keep"]
    for path in whole:
        path.write_bytes(b"whole")
        os.utime(path, (0, time.time() - 3600))
    old = [store.checkpoints / f".{run_id}.pt.1", store.exports / "a.zip", own / "b.part"]
    old += [cache / "digits8u.part", store.files / ".cookie_secret.17"]
    fresh = [store.checkpoints / f".{run_id}.pt.2", store.exports / "c.zip", own / "d.part"]
    for path in old + fresh:
        path.write_bytes(b"half")
    for path in old:
        os.utime(path, (0, time.time() - 3600))
    (store.checkpoints / "nobody.pt").write_bytes(b"weights of a run that is gone")
    keep(store, 100 * MIB)
    assert [path.exists() for path in old] == [False] * 5
    assert all(path.exists() for path in whole)
    assert [path.exists() for path in fresh] == [True] * 3
    assert [path.name for path in store.checkpoints.glob("*.pt")] == [f"{run_id}.pt"]


def test_a_worker_that_writes_to_a_run_that_is_gone_must_stop(store: RunStore) -> None:
    run_id = ended_run(store)
    store.forget(run_id)
    assert store.write(run_id, [(99, 0.0, {"event": "late"})]) == "stop"
    assert store.events_after(run_id) == []


def table(number: int) -> bytes:
    return b"a,b\n" + b"%05d,123456789\n" % number * 40_000


def test_tables_go_by_their_last_use_and_one_that_a_run_needs_stays(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))
    names = [user_csv.add(table(number)) for number in range(5)]
    for age, name in enumerate(reversed(names)):
        used_at = time.time() - 100 * (age + 1)
        os.utime(tmp_path / added_files.TABLES.folder / f"{name}.csv", (used_at, used_at))
    needed = to_record(default_config("mlp", "own_csv", data_options={"file": names[0]}))
    store.create("training", needed)
    user_csv.columns(names[1])  # used just now
    room_for_three = 3 * len(table(0)) * 8 + 1000
    keep(store, room_for_three)
    kept = {path.stem for path in (tmp_path / added_files.TABLES.folder).iterdir()}
    assert kept == {names[0], names[1], names[4]}
    with pytest.raises(InvalidRequest, match="no longer here; add its file again"):
        user_csv.columns(names[2])


PASS = """
import sys
from core.runs.retention import keep_within
from core.runs.store import RunStore
store = RunStore(sys.argv[1])
print("begins", flush=True)
for _ in keep_within(store, int(sys.argv[2])):
    pass
"""


def a_pass(store: RunStore, keep_bytes: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PASS, store.place, str(keep_bytes)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
    return process


def test_a_pass_that_is_killed_at_any_moment_is_completed_by_the_next(store: RunStore) -> None:
    ids = [ended_run(store, 50_000, events=300, padding=500) for _ in range(40)]
    for delay_s in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16):
        process = a_pass(store, MIB)
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for run_id in ids:
            run = store.get(run_id)
            if store.can_resume(run_id):
                assert set(store.pictures(run_id)) == {"map"}, "a run was left half whole"
            elif run is not None:
                assert run.pruned_at is not None, "weights are missing, and nothing says so"
    keep(store, MIB)
    there = [run_id for run_id in ids if store.get(run_id)]
    assert ids[-1] in there
    assert there == ids[-len(there) :]
    assert {path.stem for path in store.checkpoints.iterdir()} == {
        run_id for run_id in there if store.can_resume(run_id)
    }
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        owners = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT run_id FROM events")}
    assert owners == set(there)


def test_several_processes_prune_the_same_runs_and_no_more(store: RunStore) -> None:
    ids = [ended_run(store, 50_000, events=50, padding=500) for _ in range(30)]
    passes = [a_pass(store, MIB) for _ in range(3)]
    assert [process.wait() for process in passes] == [0, 0, 0]
    whole = [store.can_resume(run_id) for run_id in ids]
    # Each takes 50 kB of weights, 64 KiB of picture and 33 kB of curves, out of three quarters of a MiB.
    assert whole == [False] * 25 + [True] * 5


def test_a_runner_prunes_when_runs_end_and_says_what_cannot_resume(tmp_path: Path) -> None:
    config = default_config("mlp", "moons", epochs=2, hidden=(256,) * 4)  # its checkpoint has some 2 MB
    runner = LocalRunner(tmp_path / "runs.sqlite", limit=1, keep_bytes=2 * MIB)
    store = runner.store
    first = runner.submit("training", to_record(config))
    wait_until(lambda: run_of(store, first).ended)
    going = runner.submit("training", LONG)
    wait_until(lambda: run_of(store, going).status == RUNNING)
    branch = replace(config, epochs=3, resume_from=first)
    second = runner.submit("training", to_record(branch))  # it waits, and needs the first one
    runner.request(going, "stop")
    wait_until(lambda: run_of(store, second).ended)
    assert [epoch for epoch, _ in losses(store, second)] == [3]
    wait_until(lambda: store.is_pruned(first))
    assert [epoch for epoch, _ in losses(store, first)] == [1, 2]
    assert store.can_resume(second)
    late = runner.submit("training", to_record(branch))
    wait_until(lambda: run_of(store, late).ended)
    assert run_of(store, late).status == FAILED
    assert run_of(store, late).message == f"The checkpoint of the run {first!r} was pruned."
    with zipfile.ZipFile(io.BytesIO(zipped_from_store(store, first))) as taken:
        assert {"script.py", "metrics.csv"} < set(taken.namelist())
        assert "weights.safetensors" not in taken.namelist()
        assert "not here, as the checkpoint of this run was pruned" in taken.read("README.txt").decode()
    runner.close()


def test_the_total_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NABLASCOPE_KEEP_MIB", "500")
    assert default_keep_bytes() == 500 * MIB
    for wrong in ("1", "-5"):
        monkeypatch.setenv("NABLASCOPE_KEEP_MIB", wrong)
        with pytest.raises(ValueError, match="whole number of at least 128"):
            default_keep_bytes()
    monkeypatch.delenv("NABLASCOPE_KEEP_MIB")
    assert default_keep_bytes() == 2048 * MIB
