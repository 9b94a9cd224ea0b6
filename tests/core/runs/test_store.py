"""The store keeps what it is given, hands each run to one worker, and survives kill -9 in mid-write."""

from __future__ import annotations

import math
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.events import Frame, Picture, Progress
from core.runs.film_pictures import MAX_BYTES, MAX_OF_A_NAME
from core.runs.quota import Owner, Quota, QuotaReached
from core.runs.status import FINISHED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.store import RunStore

pytestmark = pytest.mark.postgresql


@pytest.fixture
def store(place: Path | str):
    store = RunStore(place)
    yield store
    store.close()


def test_a_run_comes_back_as_it_went_in(store: RunStore) -> None:
    run_id = store.create("training", {"model": "mlp", "hidden": (8, 8)})
    run = store.get(run_id)
    assert run is not None
    assert (run.job, run.config, run.status) == ("training", {"model": "mlp", "hidden": [8, 8]}, QUEUED)
    assert store.get("no such run") is None


def test_an_address_has_nothing_that_a_command_line_or_a_page_reads_otherwise(store: RunStore) -> None:
    addresses = {store.create("training", {}) for _ in range(100)}
    assert len(addresses) == 100
    assert all(address.isalnum() and address.isascii() for address in addresses)


def test_events_come_back_in_order_and_only_the_new_ones(store: RunStore) -> None:
    run_id = store.create("training", {})
    store.write(run_id, [(1, 0.0, {"event": "a"}), (2, 0.0, {"event": "b"})])
    store.write(
        run_id, [(3, 0.0, {"event": "c", "loss": 0.25})], progress=Progress(3, 10, "steps", 5.0, "samples")
    )
    assert store.events_after(run_id) == [
        (1, {"event": "a"}),
        (2, {"event": "b"}),
        (3, {"event": "c", "loss": 0.25}),
    ]
    assert store.events_after(run_id, 2) == [(3, {"event": "c", "loss": 0.25})]
    run = store.get(run_id)
    assert run is not None
    assert run.progress == {
        "done": 3,
        "total": 10,
        "unit": "steps",
        "rate_per_s": 5.0,
        "rate_unit": "samples",
        "doing": "",
    }


def test_the_latest_picture_of_a_name_replaces_the_one_before(store: RunStore) -> None:
    run_id = store.create("training", {})
    first = np.arange(6, dtype=np.float32).reshape(2, 3)
    store.write(run_id, pictures=[Picture("map", 1, {"z": first}), Picture("filters", 1, {"w": first})])
    store.write(run_id, pictures=[Picture("map", 2, {"z": first * 2}, {"low": -1.5})])
    pictures = store.pictures(run_id)
    assert set(pictures) == {"map", "filters"}
    np.testing.assert_array_equal(pictures["map"].arrays["z"], first * 2)
    assert pictures["map"].arrays["z"].dtype == np.float32
    assert (pictures["map"].step, pictures["map"].values) == (2, {"low": -1.5})


def steps_of(store: RunStore, run_id: str, name: str, after: int = 0) -> list[int]:
    return [picture.step for _, picture in store.film_pictures(run_id, after) if picture.name == name]


def picture(name: str, step: int, numbers: int = 4) -> Picture:
    return Picture(name, step, {"z": np.full(numbers, step, np.float32)}, {"of": step})


def test_a_film_keeps_its_pictures_in_order_and_a_watcher_gets_only_the_new_ones(store: RunStore) -> None:
    run_id, other = store.create("training", {}), store.create("training", {})
    store.write(run_id, film_pictures=[picture("filters", 0), picture("confusion", 0)])
    store.write(other, film_pictures=[picture("filters", 7)])
    first = store.film_pictures(run_id)
    assert [(shown.name, shown.step) for _, shown in first] == [("filters", 0), ("confusion", 0)]
    store.write(run_id, film_pictures=[picture("filters", 5)])
    assert steps_of(store, run_id, "filters", after=first[-1][0]) == [5]
    sequence, shown = store.film_pictures(run_id)[-1]
    assert sequence > first[-1][0]
    assert (shown.name, shown.values) == ("filters", {"of": 5})
    np.testing.assert_array_equal(shown.arrays["z"], np.full(4, 5, np.float32))


def test_a_resumed_run_replaces_its_pictures_from_there_on_and_watchers_see_it(store: RunStore) -> None:
    run_id = store.create("training", {})
    store.write(run_id, film_pictures=[picture("filters", step) for step in (0, 5, 10)])
    seen = store.film_pictures(run_id)[-1][0]
    store.write(run_id, film_pictures=[picture("filters", 5)])
    assert steps_of(store, run_id, "filters") == [0, 5]
    assert steps_of(store, run_id, "filters", after=seen) == [5]


def test_of_a_history_the_film_keeps_the_newest_picture_alone(store: RunStore) -> None:
    run_id = store.create("training", {})
    for step in (0, 5, 10):
        store.write(run_id, film_pictures=[picture("layer_norms", step), picture("filters", step)])
    assert steps_of(store, run_id, "layer_norms") == [10]
    assert steps_of(store, run_id, "filters") == [0, 5, 10]


def test_the_pictures_of_a_film_are_bounded_and_spread_over_the_training(store: RunStore) -> None:
    run_id = store.create("training", {})
    for step in range(0, 400, 10):
        now = range(step, step + 10)
        drawn = [picture(name, n, numbers) for n in now for name, numbers in (("map", 5000), ("text", 50))]
        store.write(run_id, film_pictures=drawn)
    large, small = steps_of(store, run_id, "map"), steps_of(store, run_id, "text")
    assert sum(shown.arrays["z"].nbytes for _, shown in store.film_pictures(run_id)) <= MAX_BYTES
    for steps, widest in ((large, 12), (small, 8)):
        assert len(steps) <= MAX_OF_A_NAME
        assert (steps[0], steps[-1]) == (0, 399)
        assert max(np.diff(steps)) <= widest
        assert len([step for step in steps if step < 40]) > len(steps) / 10


def test_pictures_drawn_afterwards_join_the_film_and_the_newest_are_the_runs(store: RunStore) -> None:
    run_id = store.create("training", {})
    store.write(run_id, pictures=[picture("filters", 10)], film_pictures=[picture("filters", 10)])
    seen = store.film_pictures(run_id)[-1][0]
    store.add_film_pictures(run_id, [picture("filters", 0), picture("saliency", 0), picture("saliency", 10)])
    assert sorted(steps_of(store, run_id, "filters")) == [0, 10]
    assert steps_of(store, run_id, "saliency", after=seen) == [0, 10]
    newest = store.pictures(run_id)
    assert (newest["filters"].step, newest["saliency"].step) == (10, 10)


def test_a_forgotten_run_leaves_no_pictures(store: RunStore) -> None:
    run_id = store.create("training", {})
    store.write(run_id, film_pictures=[picture("filters", 0)])
    store.end(run_id, FINISHED)
    store.forget(run_id)
    assert store.film_pictures(run_id) == []


def test_no_run_is_ever_given_to_two_workers(store: RunStore) -> None:
    wanted = {store.create("training", {"n": n}) for n in range(40)}
    claimed: list[str] = []

    def claim_all(name: str) -> None:
        while run := store.claim(name, limit=1000):
            claimed.append(run.id)

    threads = [threading.Thread(target=claim_all, args=(f"worker {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 40
    assert set(claimed) == wanted


def test_runs_start_in_the_order_in_which_they_were_asked_for(store: RunStore) -> None:
    ids = [store.create("training", {}) for _ in range(3)]
    assert [store.queue_position(run_id) for run_id in ids] == [1, 2, 3]
    claimed = [store.claim("worker", limit=9) for _ in range(3)]
    assert [run.id for run in claimed if run] == ids
    assert store.queue_position(ids[0]) is None


def test_the_limit_holds_until_a_run_ends(store: RunStore) -> None:
    first, second = store.create("training", {}), store.create("training", {})
    assert store.claim("a", limit=1)
    assert store.claim("b", limit=1) is None
    store.end(first, FINISHED)
    run = store.claim("b", limit=1)
    assert run is not None
    assert run.id == second


def test_a_benchmark_runs_alone(store: RunStore) -> None:
    training = store.create("training", {})
    store.create("timing", {}, exclusive=True)
    later = store.create("training", {})
    assert store.claim("a", limit=9)
    assert store.claim("b", limit=9) is None, "the benchmark started beside a training"
    store.end(training, FINISHED)
    benchmark = store.claim("b", limit=9)
    assert benchmark is not None
    assert benchmark.exclusive
    assert store.claim("a", limit=9) is None, "a training started beside the benchmark"
    store.end(benchmark.id, FINISHED)
    run = store.claim("a", limit=9)
    assert run is not None
    assert run.id == later


def test_a_run_that_was_placed_goes_to_its_worker_alone_and_only_where_there_is_room(store: RunStore) -> None:
    first, second = store.create("training", {}), store.create("training", {})
    benchmark, quick = store.create("timing", {}, exclusive=True), store.create("export", {}, immediate=True)
    claimed = store.claim_placed("a/1/1.00", 1, second)
    assert claimed is not None
    assert (claimed.id, claimed.status, claimed.worker) == (second, RUNNING, "a/1/1.00")
    assert store.claim_placed("b/2/1.00", 1, second) is None, "it is at work elsewhere"
    assert store.claim_placed("a/2/1.00", 1, first) is None, "its machine is full"
    assert store.claim_placed("a/2/1.00", 9, benchmark) is None, "it would not be alone"
    assert store.claim_placed("a/3/1.00", 1, quick) is not None, "it passes the queue"
    assert store.claim_placed("b/4/1.00", 9, benchmark) is not None
    assert store.claim_placed("b/5/1.00", 9, first) is None, "the benchmark is to be alone"
    store.request(first, "stop")
    assert store.claim_placed("c/6/1.00", 9, first) is None, "it has left the queue"
    assert store.waiting_runs()[1] == []
    assert store.claim_placed("c/6/1.00", 9, "nothing") is None


def test_an_immediate_run_waits_for_no_queue_and_takes_no_slot(store: RunStore) -> None:
    training, waiting = store.create("training", {}), store.create("timing", {}, exclusive=True)
    assert store.claim("a", limit=1)
    asked = [store.create("export", {}, immediate=True) for _ in range(2)]
    assert store.queue_position(waiting) == 1
    claimed = store.claim("b", limit=1)
    assert claimed is not None
    assert claimed.id == asked[0]
    assert store.claim("c", limit=1) is None, "more of them at once than there are places"
    store.end(training, FINISHED)
    assert store.claim("a", limit=1) is None, "a benchmark began beside it"
    store.end(asked[0], FINISHED)
    assert store.claim("a", limit=1).id == asked[1]  # type: ignore[union-attr]
    store.end(asked[1], FINISHED)
    assert store.claim("a", limit=1).id == waiting  # type: ignore[union-attr]


# As version 0.1 made it.
FIRST_VERSION = """
CREATE TABLE runs (
    id VARCHAR NOT NULL, job VARCHAR NOT NULL, exclusive BOOLEAN NOT NULL, config JSON NOT NULL,
    environment JSON, status VARCHAR NOT NULL, wanted VARCHAR, wanted_at FLOAT, message VARCHAR,
    worker VARCHAR, progress JSON, created_at FLOAT NOT NULL, queued_at FLOAT NOT NULL, started_at FLOAT,
    seen_at FLOAT, ended_at FLOAT, PRIMARY KEY (id));
INSERT INTO runs (id, job, exclusive, config, status, created_at, queued_at)
    VALUES ('old', 'training', 0, '{"model": "mlp"}', 'queued', 1.0, 1.0);
"""


def test_a_file_of_an_earlier_version_still_opens_with_its_runs(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.executescript(FIRST_VERSION)
    connection.close()
    for _ in range(2):
        store = RunStore(tmp_path / "runs.sqlite")
        run = store.get("old")
        assert run is not None
        assert (run.config, run.status, run.immediate, run.pruned_at) == (
            {"version": 3, "model": "mlp"},
            QUEUED,
            False,
            None,
        )
        store.create("training", {})
        store.close()


def test_a_pause_gives_its_slot_away_and_a_resumed_run_waits_its_turn(store: RunStore) -> None:
    first, second = store.create("training", {}), store.create("training", {})
    store.claim("a", limit=1)
    store.pause(first)
    assert store.claim("b", limit=1)
    store.request(first, "resume")
    assert store.get(first).status == QUEUED  # type: ignore[union-attr]
    assert store.claim("a", limit=1, run_id=first) is None
    store.end(second, FINISHED)
    assert store.claim("b", limit=1) is None, "another worker took the run that worker a holds"
    assert store.claim("a", limit=1, run_id=first)
    assert store.get(first).status == RUNNING  # type: ignore[union-attr]


def test_a_claim_goes_to_the_owner_with_fewest_at_work_and_short_ones_come_first(store: RunStore) -> None:
    me, other = Owner("me"), Owner("other")
    first, second = (store.create("training", {}, owner=me) for _ in range(2))
    theirs = store.create("training", {}, owner=other)
    short = store.create("training", {}, owner=me, expected_short=True)
    claimed = [store.claim(worker, limit=4).id for worker in "abcd"]  # type: ignore[union-attr]
    assert claimed == [short, theirs, first, second]


def test_after_a_turn_an_owners_other_runs_come_after_those_of_others(store: RunStore) -> None:
    mine = [store.create("training", {}, owner=Owner("me")) for _ in range(3)]
    theirs = [store.create("training", {}, owner=Owner("other")) for _ in range(3)]
    order = []
    for _ in range(6):
        order.append(store.claim("a", limit=1).id)  # type: ignore[union-attr]
        store.end(order[-1], FINISHED)
    assert order == [run for pair in zip(mine, theirs, strict=True) for run in pair]


def test_a_run_that_gives_way_waits_its_turn_and_counts_only_its_work(store: RunStore) -> None:
    long = store.create("training", {}, resumable=True, owner=Owner("me"))
    store.claim("a", limit=1)
    other = store.create("training", {}, owner=Owner("other"), expected_short=True)
    assert not store.is_to_give_way(long, 1), "it has only just begun"
    time.sleep(0.05)
    store.give_way(long)
    waits = store.get(long)
    assert waits is not None
    assert (waits.status, waits.worker, waits.gave_way) == (QUEUED, None, True)
    assert [store.queue_position(run) for run in (other, long)] == [1, 2]
    assert store.claim("a", limit=1).id == other  # type: ignore[union-attr]
    time.sleep(0.2)
    store.end(other, FINISHED)
    assert store.claim("a", limit=1).id == long  # type: ignore[union-attr]
    now = store.get(long)
    assert now is not None
    assert 0.05 <= waits.worked(time.time()) <= now.worked(time.time())
    assert now.worked(now.claimed_at or 0.0) == waits.worked_s
    store.give_way(long)
    store.request(long, "stop")
    ended = store.get(long)
    assert ended is not None
    assert (ended.status, ended.message) == (STOPPED, "Stopped while it waited for its turn.")
    assert ended.worked(time.time() + 100) == ended.worked_s


def test_nobody_has_more_open_runs_than_the_quota_allows(store: RunStore) -> None:
    quota, me = Quota(of_owner=2, of_address=3), Owner("me", "10.0.0.1")
    first, _ = (store.create("training", {}, owner=me, quota=quota) for _ in range(2))
    with pytest.raises(QuotaReached, match="You have 2 open runs, and 2 are possible at once"):
        store.create("training", {}, owner=me, quota=quota)
    store.create("export", {}, immediate=True, owner=me, quota=quota)  # it is over in a second
    stranger = Owner("me without the cookie", "10.0.0.1")
    third = store.create("training", {}, owner=stranger, quota=quota)
    with pytest.raises(QuotaReached, match="3 runs are open from your network"):
        store.create("training", {}, owner=Owner("another cookie", "10.0.0.1"), quota=quota)
    store.create("training", {}, owner=Owner("at home", "10.0.0.2"), quota=quota)
    for run in (first, third):
        store.request(run, "stop")
        assert store.get(run).address is None, "an address is kept while it counts"  # type: ignore[union-attr]
    store.create("training", {}, owner=me, quota=quota)
    with pytest.raises(QuotaReached):
        store.resume(first, me, quota)


def test_at_the_same_moment_not_more_are_started_than_the_quota_allows(store: RunStore) -> None:
    quota, refused = Quota(of_owner=3), []

    def press() -> None:
        try:
            store.create("training", {}, owner=Owner("me"), quota=quota)
        except QuotaReached as error:
            refused.append(error)

    threads = [threading.Thread(target=press) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(store.all_with_status(QUEUED)), len(refused)) == (3, 7)


def test_runs_that_no_page_shows_leave_the_queue_unless_they_are_to_be_kept(store: RunStore) -> None:
    at_work, gone, kept, seen = (store.create("training", {}, owner=Owner(owner)) for owner in "abcd")
    store.claim("a", limit=1)
    store.keep_running(kept, True)
    time.sleep(0.02)
    since = time.time()
    store.keep_watched({seen: since + 1})
    store.drop_unwatched(since, "no page has shown it for 10 minutes")
    assert [run.id for run in store.all_with_status(QUEUED, RUNNING)] == [at_work, kept, seen]
    left = store.get(gone)
    assert left is not None
    assert left.message == "It left the queue, since no page has shown it for 10 minutes."


def test_owners_of_an_earlier_version_stay_whose_runs_are_theirs(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.executescript(FIRST_VERSION)
        connection.execute("CREATE TABLE summaries (run_id VARCHAR NOT NULL PRIMARY KEY, owner VARCHAR)")
        connection.execute("INSERT INTO summaries VALUES ('old', 'me')")
    connection.close()
    store = RunStore(tmp_path / "runs.sqlite")
    assert store.get("old").owner == "me"  # type: ignore[union-attr]
    store.close()


def test_stopping_a_waiting_run_ends_it_immediately(store: RunStore) -> None:
    run_id = store.create("training", {})
    store.request(run_id, "stop")
    run = store.get(run_id)
    assert run is not None
    assert (run.status, run.ended) == (STOPPED, True)
    assert store.claim("a", limit=1) is None


def test_a_run_that_has_ended_stays_ended(store: RunStore) -> None:
    run_id = store.create("training", {})
    store.claim("a", limit=1)
    store.end(run_id, STOPPED, "Stopped.")
    store.end(run_id, FINISHED)
    store.pause(run_id)
    store.request(run_id, "resume")
    run = store.get(run_id)
    assert run is not None
    assert (run.status, run.message) == (STOPPED, "Stopped.")
    assert run.status != PAUSED


WRITER = """
import sys, time
from pathlib import Path
from core.runs.store import RunStore
store = RunStore(Path(sys.argv[1]))
run_id = store.create("training", {})
print(run_id, flush=True)
for n in range(1, 10**9):
    store.write(run_id, [(n, time.time(), {"event": "tick", "n": n, "padding": "x" * 500})])
"""


def test_kill_in_mid_write_corrupts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        with writer.stdout:
            run_id = writer.stdout.readline().strip()
            time.sleep(0.2)
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        store = RunStore(path)
        numbers = [record["n"] for _, record in store.events_after(run_id)]
        store.close()
        assert numbers, "nothing that was written is left"
        assert numbers == list(range(1, len(numbers) + 1)), "an event is missing in the middle"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_film_keeps_its_frames_in_order_and_a_resumed_run_replaces_the_later_ones(store: RunStore) -> None:
    def frame(step: int, weight: float) -> Frame:
        return Frame(step, {"train_loss": 0.5, "test_loss": math.nan}, np.full(3, weight, np.float32))

    run_id, other = store.create("training", {}), store.create("training", {})
    store.write(other, frames=[frame(0, 9.0)])
    store.write(run_id, frames=[frame(0, 1.0), frame(1, 1.0)])
    store.write(run_id, frames=[frame(5, 1.0), frame(20, 1.0)])
    store.write(run_id, frames=[frame(5, 2.0), frame(8, 2.0)])
    found = store.frames(run_id)
    assert [(kept.step, kept.weights.tolist()) for kept in found] == [
        (0, [1.0] * 3),
        (1, [1.0] * 3),
        (5, [2.0] * 3),
        (8, [2.0] * 3),
    ]
    assert found[0].values["train_loss"] == 0.5
    assert math.isnan(found[0].values["test_loss"])
    assert [kept.step for kept in store.frames(run_id, after=1)] == [5, 8]
    assert store.has_film(run_id)
    assert store.film_from("nobody") is None
    ended, rest = store.film_from(run_id, 5) or (True, [])
    assert (ended, [kept.step for kept in rest]) == (False, [5, 8])
    store.end(run_id, FINISHED)
    ended, whole = store.film_from(run_id) or (False, [])
    assert (ended, len(whole)) == (True, 4)
    store.forget(run_id)
    assert not store.has_film(run_id)
    assert store.frames(other)
