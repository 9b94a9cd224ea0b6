"""What an operator says holds on every server of one store until it is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import InvalidRequest
from core.runs.hosting.notices import MAX_TEXT, Notices, drain, held, publish
from core.runs.store import RunStore


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[RunStore]]:
    opened = [RunStore(tmp_path / "runs.sqlite") for _ in range(2)]
    yield opened
    for store in opened:
        store.close()


def test_a_message_is_everybodys_until_it_is_withdrawn(stores: list[RunStore]) -> None:
    first, second = stores
    assert held(second) == Notices()
    publish(first, " The server restarts at 18:00. ")
    assert held(second).message == "The server restarts at 18:00."
    with pytest.raises(InvalidRequest, match="at most"):
        publish(first, "x" * (MAX_TEXT + 1))
    assert held(second).message == "The server restarts at 18:00."
    publish(second, "")
    assert held(first) == Notices()


def test_while_a_server_is_drained_running_runs_end_and_none_starts(stores: list[RunStore]) -> None:
    first, second = stores
    long = first.create("training", {}, resumable=True)
    running = first.claim("w", limit=1)
    assert running is not None
    waits = first.create("training", {}, expected_short=True)
    with first.writing() as connection:  # as if it had worked for long
        connection.exec_driver_sql("UPDATE runs SET claimed_at = claimed_at - 60 WHERE status = 'running'")
    assert first.is_to_give_way(long, 1)
    drain(second, True)
    assert not first.is_to_give_way(long, 1), "it is to end"
    assert first.claim("v", limit=2) is None
    immediate = first.create("export", {}, immediate=True)
    shown = first.claim("v", limit=2)
    assert shown is not None
    assert shown.id == immediate, "pages still work"
    first.pause(long)
    first.request(long, "resume")
    again = first.claim("w", limit=2, run_id=long)
    assert again is not None, "who holds a paused run continues with it"
    drain(first, False)
    started = second.claim("v", limit=3)
    assert started is not None
    assert started.id == waits
