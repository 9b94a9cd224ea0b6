"""What many see of a run is read once, is what the store has, and is held within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from core.events import Picture
from core.runs.store import RunStore
from dashboard.live.records import KEPT_S, SharedRuns


@pytest.fixture
def store(place: Path | str) -> Iterator[RunStore]:
    opened = RunStore(place)
    yield opened
    opened.close()


def run_with(store: RunStore, *losses: float) -> str:
    run = store.create("training", {"model": "mlp"})
    write(store, run, 1, *losses)
    return run


def write(store: RunStore, run: str, first: int, *losses: float) -> None:
    records = [{"event": "epoch_completed", "loss": loss} for loss in losses]
    store.write(run, [(first + n, 0.0, record) for n, record in enumerate(records)])


def losses(records: list[dict[str, Any]]) -> list[float]:
    return [record["loss"] for record in records]


def test_only_what_is_new_is_read_and_all_get_the_same(store: RunStore) -> None:
    shared, run = SharedRuns(), run_with(store, 3.0, 2.0)
    one = shared.records(store, run)
    assert losses(one) == [3.0, 2.0]
    assert shared.records(store, run) is one  # another visitor's, without a copy
    statements: list[str] = []
    sa.event.listen(store._engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    shared.records(store, run)
    assert [text for text in statements if text != "BEGIN"] == statements[-1:]  # nothing new: one question
    write(store, run, 3, 1.0)
    two = shared.records(store, run)
    assert losses(two) == [3.0, 2.0, 1.0]
    assert two[0] is one[0]  # not read again
    assert two.version != one.version
    assert two.by_event == {"epoch_completed": list(two)}


def test_a_run_that_resumes_from_an_earlier_checkpoint_is_read_anew(store: RunStore) -> None:
    shared, run = SharedRuns(), run_with(store, 3.0, 2.0, 1.0)
    before = shared.records(store, run)
    store.delete_events_after(run, 1)
    write(store, run, 2, 2.5)
    after = shared.records(store, run)
    assert losses(after) == [3.0, 2.5]
    write(store, run, 3, 1.5)
    assert losses(shared.records(store, run)) == [3.0, 2.5, 1.5]
    assert shared.records(store, run).version != before.version  # as many, and others
    store.delete_events_after(run, 0)
    assert losses(shared.records(store, run)) == []


def test_a_reading_serves_others_for_as_long_as_they_say(store: RunStore) -> None:
    shared, run = SharedRuns(), run_with(store, 3.0)
    shared.look(store, run)
    write(store, run, 2, 2.0)
    stale = shared.look(store, run, max_age_s=1000)
    assert stale is not None
    assert losses(stale.records) == [3.0]
    fresh = shared.look(store, run)
    assert fresh is not None
    assert losses(fresh.records) == [3.0, 2.0]
    assert fresh.news != stale.news  # by which the page knows that it has not seen all
    assert shared.look(store, "nobody") is None


def test_new_pictures_are_news(store: RunStore) -> None:
    shared, run = SharedRuns(), run_with(store)
    for step in (1, 2):
        store.write(run, pictures=[Picture("filters", step, {"maps": np.full(3, step)}, {})])
        look = shared.look(store, run)
        assert look is not None
        assert look.pictures["filters"].step == step


def test_what_was_asked_for_longest_ago_makes_room(store: RunStore) -> None:
    shared = SharedRuns(max_records=5)
    runs = [run_with(store, *[float(n)] * 2) for n in range(4)]
    for run in runs:
        shared.records(store, run)
    assert [*shared._held] == runs[2:]
    long = run_with(store, *map(float, range(9)))
    assert len(shared.records(store, long)) == 9  # alone it may be longer
    assert [*shared._held] == [long]
    pictures = SharedRuns(max_pictures_bytes=100)
    for run in runs:
        store.write(run, pictures=[Picture("filters", 1, {"maps": np.zeros(10)}, {})])
        pictures.look(store, run)
    assert [*pictures._held] == runs[3:]


def test_a_run_that_nobody_looks_at_any_more_is_forgotten(store: RunStore) -> None:
    now = 1000.0
    shared, first, second = SharedRuns(clock=lambda: now), run_with(store, 1.0), run_with(store, 2.0)
    kept = shared.records(store, first)
    now += KEPT_S - 1
    shared.records(store, second)
    assert shared.records(store, first) is kept
    now += KEPT_S - 1
    shared.records(store, first)
    now += 2
    shared.records(store, first)
    assert [*shared._held] == [first]
    assert losses(shared.records(store, second)) == [2.0]
