"""After a restart runs go on that the end of a server interrupted, and no others."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.runs.operating import (
    ENDED_IN_PAUSE,
    MAX_AGE_S,
    SERVER_ENDED,
    WORKER_LOST,
    counts,
    left_by_a_restart,
    reason_of,
)
from core.runs.status import INTERRUPTED, PAUSED, QUEUED, RUNNING
from core.runs.store import RunStore


@pytest.fixture
def store(place: Path | str) -> Iterator[RunStore]:
    opened = RunStore(place)
    yield opened
    opened.close()


def interrupted(store: RunStore, message: str, checkpoint: bool = True) -> str:
    """A run that was started, perhaps came to a checkpoint, and was interrupted."""
    run_id = store.create("training", {})
    claimed = store.claim("here/1/0", 100)
    assert claimed is not None
    assert claimed.id == run_id
    if checkpoint:
        store.checkpoints.mkdir(exist_ok=True)
        store.checkpoint_file(run_id).touch()
        later = time.time() + 1  # whatever the file system's clock
        os.utime(store.checkpoint_file(run_id), (later, later))
    store.end(run_id, INTERRUPTED, message)
    return run_id


def test_only_what_the_end_of_a_server_interrupted_goes_on_first_come_first(store: RunStore) -> None:
    first, second = interrupted(store, SERVER_ENDED), interrupted(store, WORKER_LOST)
    interrupted(store, SERVER_ENDED, checkpoint=False)
    interrupted(store, ENDED_IN_PAUSE)  # a person paused it
    interrupted(store, "The worker was killed (SIGKILL).")
    assert left_by_a_restart(store) == [first, second]
    assert left_by_a_restart(store, time.time() + MAX_AGE_S + 10) == []
    store.resume(first)
    assert left_by_a_restart(store) == [second]


def test_a_run_that_ends_servers_before_its_next_checkpoint_is_not_tried_for_ever(store: RunStore) -> None:
    run_id = interrupted(store, SERVER_ENDED)
    earlier = time.time() - 60
    os.utime(store.checkpoint_file(run_id), (earlier, earlier))  # of the time before it was queued last
    assert left_by_a_restart(store) == []


def test_a_pause_is_remembered() -> None:
    assert reason_of(PAUSED, SERVER_ENDED) == ENDED_IN_PAUSE
    assert reason_of(RUNNING, WORKER_LOST) == WORKER_LOST


def test_how_many_there_are(store: RunStore) -> None:
    assert set(counts(store).values()) == {0}
    interrupted(store, SERVER_ENDED)
    store.create("training", {})
    store.create("training", {})
    found = counts(store)
    assert (found[QUEUED], found[INTERRUPTED]) == (2, 1)
