"""A store that is locked, full, gone or junk says which; what comes back is used, and nothing is lost."""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.clock import ClockWatch
from core.errors import StoreUnavailable
from core.events import Checkpoint, Frame
from core.logs import SAY_EVERY_S, Repeated
from core.runs import recorder
from core.runs.faults.patience import MAX_PAUSE_S, pauses, until_done
from core.runs.faults.store_faults import FULL, GONE, LOCKED, NO_DATABASE, READ_ONLY, UNREADABLE, fault_of
from core.runs.recorder import Recorder
from core.runs.store import RunStore
from core.training.events import EpochCompleted

FILES = ("runs.sqlite", "runs.sqlite-wal", "runs.sqlite-shm")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite", busy_s=0.01)) as store:
        yield store


@contextlib.contextmanager
def locked(store: RunStore) -> Iterator[None]:
    """Another program has the write lock."""
    with contextlib.closing(sqlite3.connect(store.place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def fault(store: RunStore) -> str:
    with pytest.raises(StoreUnavailable) as error:
        store.create("training", {})
    return error.value.fault


def test_a_locked_store_can_be_read_and_is_written_when_it_is_free(store: RunStore) -> None:
    run_id = store.create("training", {})
    with locked(store):
        assert fault(store) == LOCKED
        with pytest.raises(StoreUnavailable, match="is locked by another program"):
            store.check()
        assert store.get(run_id) is not None
    store.check()
    store.seen(run_id)


def test_a_store_that_is_moved_away_is_gone_and_comes_back(store: RunStore, tmp_path: Path) -> None:
    run_id = store.create("training", {})
    (tmp_path / "aside").mkdir()
    for name in FILES:
        os.rename(tmp_path / name, tmp_path / "aside" / name)
    for request in (lambda: store.get(run_id), lambda: store.create("training", {}), store.check):
        with pytest.raises(StoreUnavailable, match=r"runs\.sqlite' is gone; somebody has moved or deleted"):
            request()
    assert not any((tmp_path / name).exists() for name in FILES), "an empty store hides that it is gone"
    for name in FILES:
        if (tmp_path / "aside" / name).exists():
            os.rename(tmp_path / "aside" / name, tmp_path / name)
    assert store.get(run_id) is not None
    store.create("training", {})


@pytest.mark.parametrize("content", [b"junk" * 5000, b""])
def test_junk_in_its_place_is_no_database(store: RunStore, tmp_path: Path, content: bytes) -> None:
    run_id = store.create("training", {})
    for name in FILES:
        os.rename(tmp_path / name, tmp_path / f"aside.{name}")
    (tmp_path / "runs.sqlite").write_bytes(content)
    assert fault(store) == NO_DATABASE
    with pytest.raises(StoreUnavailable, match=r"Put a backup in its place"):
        store.get(run_id)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (errno.ENOSPC, FULL),
        (errno.EDQUOT, FULL),
        (errno.EROFS, READ_ONLY),
        (errno.EACCES, READ_ONLY),
        (errno.ENOENT, GONE),
        (errno.EIO, UNREADABLE),
    ],
)
def test_what_the_system_says_of_a_file_is_one_of_the_faults(tmp_path: Path, number: int, name: str) -> None:
    found = fault_of(OSError(number, os.strerror(number)), tmp_path / "runs.sqlite")
    assert found is not None
    assert found.fault == name
    assert str(tmp_path) in str(found)


def test_other_errors_are_no_fault_of_the_store(tmp_path: Path) -> None:
    file = tmp_path / "runs.sqlite"
    for error in (ValueError("x"), sqlite3.ProgrammingError("x"), OSError(errno.EINVAL, "x")):
        assert fault_of(error, file) is None


# --- what a worker does meanwhile -----------------------------------------------------------------------


def epoch(number: int) -> EpochCompleted:
    return EpochCompleted(
        **dict.fromkeys(EpochCompleted.__dataclass_fields__, 0.0) | {"epoch": number}  # type: ignore[arg-type]
    )


def epochs(store: RunStore, run_id: str) -> list[tuple[int, int]]:
    return [(sequence, record["epoch"]) for sequence, record in store.events_after(run_id)]


def test_what_a_locked_store_does_not_take_is_kept_in_order_and_written_when_it_is_free(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "WRITE_EVERY_S", 0.0)
    run_id = store.create("training", {})
    sink = Recorder(store, run_id)
    sink.add(epoch(1))
    with locked(store):
        weights = np.zeros(3, np.float32)
        for number in range(2, 6):
            sink.add(epoch(number))
            sink.add(Frame(number, {}, weights))
        sink.add(Checkpoint(5, {"weights": weights.tolist()}))
        sink.add(epoch(6))
        assert epochs(store, run_id) == [(1, 1)]
        assert not store.can_resume(run_id), "a checkpoint whose events are not there"
    sink.finish()
    assert epochs(store, run_id) == [(number, number) for number in range(1, 7)]
    assert store.frame_steps(run_id) == [2, 3, 4, 5]
    checkpoint = store.checkpoint(run_id)
    assert checkpoint is not None
    assert checkpoint["sequence"] == 5


def test_a_job_waits_for_the_store_where_much_has_gathered(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MAX_GATHERED_BYTES", 3 * recorder.EVENT_BYTES)
    run_id = store.create("training", {})
    sink = Recorder(store, run_id)
    sink.add(epoch(1))
    waits = []
    with contextlib.ExitStack() as held:
        held.enter_context(locked(store))

        def wait(pause_s: float) -> None:
            waits.append(pause_s)
            if len(waits) == 3:
                held.close()

        monkeypatch.setattr(
            recorder, "until_done", lambda call, failures, what: until_done(call, failures, what, wait)
        )
        for number in range(2, 7):
            sink.add(epoch(number))
    assert len(waits) == 3, "it did not wait for the store"
    sink.finish()
    assert [number for _, number in epochs(store, run_id)] == [1, 2, 3, 4, 5, 6]


def test_a_batch_that_was_kept_without_an_answer_is_not_kept_twice(store: RunStore) -> None:
    run_id = store.create("training", {})
    batch = [(number, 0.0, {"event": "x", "epoch": number}) for number in (1, 2)]
    store.write(run_id, batch)
    store.write(run_id, [*batch, (3, 0.0, {"event": "x", "epoch": 3})])
    assert epochs(store, run_id) == [(1, 1), (2, 2), (3, 3)]


def test_pauses_grow_to_a_bound() -> None:
    found = [*itertools.islice(pauses(), 12)]
    assert found == sorted(found)
    assert found[1] == 2 * found[0]
    assert found[-1] == MAX_PAUSE_S


# --- the log, and the clock -----------------------------------------------------------------------------


def test_what_fails_again_and_again_is_said_once_a_minute_with_how_often(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    failures = Repeated(logging.getLogger("test"), lambda: now)
    with caplog.at_level(logging.INFO):
        for _ in range(5 * int(2.5 * SAY_EVERY_S)):
            failures.failed("It cannot be kept.", StoreUnavailable(LOCKED, "The store is locked."))
            now += 0.2
        failures.worked("It cannot be kept.")
        failures.worked("It cannot be kept.")
    assert caplog.messages == [
        "It cannot be kept. The store is locked.",
        "It cannot be kept. The store is locked. (300 times in 60 s)",
        "It cannot be kept. The store is locked. (300 times in 60 s)",
        "It cannot be kept. This is over.",
    ]


def test_an_error_that_nobody_foresaw_is_said_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    Repeated(logging.getLogger("test")).failed("It failed.", ZeroDivisionError("division by zero"))
    assert caplog.records[0].exc_info
    assert "ZeroDivisionError: division by zero" in caplog.text


def test_a_clock_that_is_set_is_noticed_once_and_drift_is_not() -> None:
    date, steady = 1000.0, 50.0
    watch = ClockWatch(lambda: date, lambda: steady)
    assert watch.jump() == 0
    for _ in range(100):
        date, steady = date + 1.01, steady + 1
        assert watch.jump() == 0
    date += 3600
    assert watch.jump() == pytest.approx(3600)
    assert watch.jump() == 0
    date -= 7200
    assert watch.jump() == pytest.approx(-7200)


def test_a_run_has_worked_as_long_whatever_the_clock_says(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("core.runs.store.time.time", lambda: now)
    run_id = store.create("training", {})
    assert store.claim("worker", 1)
    now += 10 + 3600  # of which an hour is the clock's
    store.shift_claim(run_id, 3600)
    store.end(run_id, "finished")
    run = store.get(run_id)
    assert run is not None
    assert run.worked(now) == pytest.approx(10)


def test_a_clock_that_was_set_back_keeps_nobody_waiting_longer(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("core.runs.store.time.time", lambda: now)
    run_id = store.create("training", {})
    now -= 7200
    store.forget_future(now)
    run = store.get(run_id)
    assert run is not None
    assert run.turn_at == run.watched_at == now
