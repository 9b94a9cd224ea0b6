"""The list of runs finds, sorts and cuts what the store keeps, and says of each run what differs in it."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.records import to_record
from core.runs import listing
from core.runs.listing import RunQuery, delete, find, listed, occurring, rename
from core.runs.quota import Owner
from core.runs.status import FAILED, FINISHED, INTERRUPTED, QUEUED, RUNNING, STOPPED
from core.runs.store import RunStore
from core.timing.sweeps.config import SweepConfig
from core.training import default_config
from core.training.ensembles import EnsembleConfig
from tests.core.runs.test_store import FIRST_VERSION


@pytest.fixture
def store(place: Path | str) -> Iterator[RunStore]:
    opened = RunStore(place)
    yield opened
    opened.close()


def training(
    store: RunStore,
    accuracy: float | None = None,
    status: str = FINISHED,
    owner: str | None = None,
    **settings: Any,
) -> str:
    """A training that has ended with this accuracy."""
    config = default_config(settings.pop("model", "mlp"), settings.pop("data", "moons"), **settings)
    run = store.create("training", to_record(config), owner=Owner(owner))
    if accuracy is not None:
        epoch = {"epoch": 1, "step": 5, "test_metric": accuracy, "elapsed_s": 10 * accuracy}
        store.write(
            run,
            [
                (1, 0.0, {"event": "training_started", "metric": "accuracy"}),
                (2, 0.0, {"event": "epoch_completed"} | epoch),
            ],
        )
    store.end(run, status)
    return run


def ids(store: RunStore, **query: Any) -> list[str]:
    return [run.id for run in listed(store, RunQuery(**query)).runs]


def test_a_run_says_what_differs_from_what_suits_its_network_and_data(store: RunStore) -> None:
    plain = training(store)
    other = training(store, learning_rate=0.5, hidden=(4,), activation="relu", seed=7)
    deep = training(store, model="gru", data="seattle_temps", model_options={"layers": 2})
    many = store.create(
        "ensemble", to_record(EnsembleConfig(default_config("mlp", "moons", epochs=3), 4, threads=1))
    )
    timed = store.create("timing", to_record(SweepConfig(sizes=(64,))))
    settings = {run.id: run.settings for run in listed(store, RunQuery()).runs}
    assert settings[plain] == {}
    assert settings[other] == {"learning_rate": 0.5, "hidden": [4], "activation": "relu", "seed": 7}
    assert settings[deep] == {"layers": 2}
    assert settings[many] == {"epochs": 3, "seeds": 4}
    assert settings[timed] == {"sizes": [64]}
    assert find(store, many).model == "mlp"
    assert find(store, timed).model is None


def test_the_metric_is_the_last_one_of_an_open_run_and_the_final_one_of_an_ended_run(store: RunStore) -> None:
    run = store.create("training", to_record(default_config("mlp", "moons")))
    assert (find(store, run).value, find(store, run).seconds) == (None, None)
    store.claim("worker", limit=1)
    store.write(run, [(1, 0.0, {"event": "training_started", "metric": "accuracy"})])
    for epoch, metric in ((1, 0.5), (2, 0.75)):
        record = {
            "event": "epoch_completed",
            "epoch": epoch,
            "test_metric": metric,
            "elapsed_s": float(epoch),
        }
        store.write(run, [(epoch + 1, 0.0, record)])
        now = find(store, run)
        assert (now.metric, now.value, now.seconds, now.status) == ("accuracy", metric, epoch, RUNNING)
    ended = {"event": "training_finished", "metric": "accuracy", "value": 0.7, "elapsed_s": 2.5}
    store.write(run, [(4, 0.0, ended)])
    store.end(run, FINISHED)
    assert (find(store, run).value, find(store, run).seconds) == (0.7, 2.5)
    store.end(run, FINISHED)


def test_a_run_that_resumed_and_ended_again_has_its_new_result(store: RunStore) -> None:
    run = training(store, 0.5, STOPPED)
    assert find(store, run).value == 0.5
    store.resume(run)
    assert find(store, run).status == QUEUED
    store.write(
        run,
        [(3, 0.0, {"event": "training_finished", "metric": "accuracy", "value": 0.9, "elapsed_s": 4.0})],
    )
    store.end(run, FINISHED)
    assert find(store, run).value == 0.9


def test_every_filter_and_order_agrees_with_python(store: RunStore) -> None:
    chance = random.Random(0)
    for n in range(40):
        run = training(
            store,
            chance.choice((None, chance.random())),
            chance.choice((FINISHED, STOPPED, FAILED, INTERRUPTED)),
            data=chance.choice(("moons", "spiral", "circles")),
            seed=n % 5,
            owner="me" if n % 4 == 0 else None,
        )
        if n % 3 == 0:
            rename(store, run, f"run {chance.randrange(100)}", chance.choice(("good", "", "bad")))
    every = listed(store, RunQuery(limit=100)).runs
    assert len(every) == 40
    assert [run.created for run in every] == sorted((run.created for run in every), reverse=True)

    def agrees(expected: Any, **query: Any) -> None:
        assert ids(store, limit=100, **query) == [run.id for run in every if expected(run)], query

    agrees(lambda run: run.status in (STOPPED, FAILED), statuses=(STOPPED, FAILED))
    agrees(lambda run: run.data == "spiral", datasets=("spiral",))
    agrees(lambda run: run.owner == "me", owner="me")
    agrees(lambda run: run.value is not None and run.value >= 0.5, min_value=0.5)
    agrees(lambda run: run.value is not None and run.seconds <= 5, max_seconds=5.0, metrics=("accuracy",))
    agrees(lambda run: run.note == "good", text="GOOD")
    agrees(lambda run: run.data == "moons" and run.settings.get("seed") == 2, text="moons seed=2")
    agrees(lambda run: run.created >= every[10].created, since=every[10].created)
    agrees(lambda run: run.created <= every[10].created, until=every[10].created)
    attribute = {"created": "created", "job": "job", "model": "model", "data": "data", "status": "status"}
    for sort, name in (attribute | {"value": "value", "seconds": "seconds"}).items():
        for descending in (False, True):
            values = [
                getattr(run, name)
                for run in listed(store, RunQuery(sort=sort, descending=descending, limit=100)).runs
            ]
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=descending), (sort, descending)
            assert all(value is None for value in values[len(known) :]), "what has no value comes last"
    for sort in listing.SORTS:
        pages = [ids(store, sort=sort, offset=offset, limit=7) for offset in range(0, 42, 7)]
        assert [run for page in pages for run in page] == ids(store, sort=sort, limit=100), (
            "pages are the list, cut"
        )


def test_signs_that_mean_something_to_sql_are_only_searched_for(store: RunStore) -> None:
    run, other = training(store), training(store)
    rename(store, run, "100% of_all' --")
    rename(store, other, "1000 ofxall")
    for text in ("100%", "of_all", "'", "--"):
        assert ids(store, text=text) == [run]


def test_a_name_and_a_note_stay_when_the_run_ends_and_are_found_in_any_case(store: RunStore) -> None:
    run = store.create("training", to_record(default_config("mlp", "moons")), owner=Owner("me"))
    rename(store, run, "  Erste \n Übung ")
    rename(store, run, note="to be shown")
    store.end(run, FINISHED)
    now = find(store, run)
    assert (now.name, now.note, now.owner, now.status) == ("Erste Übung", "to be shown", "me", FINISHED)
    assert ids(store, text="übung SHOWN") == [run]
    rename(store, run, "")
    assert find(store, run).name == ""
    assert ids(store, text="übung") == []


def test_what_serves_another_run_is_not_listed(store: RunStore) -> None:
    run = training(store)
    store.create("export", {"run_id": run}, immediate=True)
    store.create("classical", to_record(default_config("mlp", "moons")))
    assert ids(store) == [run]
    assert occurring(store) == {
        "jobs": ["training"],
        "statuses": [FINISHED],
        "models": ["mlp"],
        "datasets": ["moons"],
        "metrics": [],
    }


def test_a_deleted_run_leaves_nothing(store: RunStore) -> None:
    run, other = training(store, 0.5), training(store, 0.6)
    rename(store, run, "name")
    store.checkpoints.mkdir()
    store.checkpoint_file(run).write_bytes(b"weights")
    delete(store, run)
    assert ids(store) == [other]
    assert not store.checkpoint_file(run).exists()
    with store.reading() as connection:
        for table in ("events", "pictures", "frames", "changes", "summaries"):
            counted = connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE run_id = '{run}'")
            assert counted.scalar() == 0, table


def test_an_open_run_is_stopped_before_it_is_deleted(store: RunStore) -> None:
    run = store.create("training", to_record(default_config("mlp", "moons")))
    store.claim("worker", limit=1)
    asked = threading.Event()

    def stop(run_id: str, requested: str) -> None:  # as a worker ends it, a little later
        assert (run_id, requested) == (run, "stop")
        asked.set()
        threading.Timer(0.1, store.end, (run, STOPPED)).start()

    delete(store, run, stop)
    assert asked.is_set()
    assert store.get(run) is None


def test_a_run_that_cannot_be_deleted_stays_and_says_why(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = training(store)
    needs = default_config("mlp", "moons", resume_from=run)
    waiting = store.create("training", to_record(needs))
    with pytest.raises(InvalidRequest, match=f"{waiting}.*waits to continue"):
        delete(store, run)
    store.claim("worker", limit=1)
    monkeypatch.setattr(listing, "STOP_WAIT_S", 0.1)
    with pytest.raises(InvalidRequest, match="did not stop"):
        delete(store, waiting)
    assert {*ids(store)} == {run, waiting}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"statuses": ("lost",)}, "Unknown status 'lost'; choose from queued"),
        ({"jobs": ("export",)}, "Unknown kind 'export'"),
        ({"sort": "colour"}, "Unknown sort 'colour'"),
        ({"limit": 0}, "limit 0 is not possible"),
        ({"offset": -1}, "offset -1 is not possible"),
    ],
)
def test_an_impossible_query_is_refused_in_words(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        RunQuery(**wrong)


def test_a_run_that_is_not_there_and_a_text_that_is_too_long_are_refused_in_words(store: RunStore) -> None:
    run = training(store)
    for ask in (
        lambda: rename(store, "none", "x"),
        lambda: delete(store, "none"),
        lambda: find(store, "none"),
    ):
        with pytest.raises(InvalidRequest, match="no run with the address 'none'"):
            ask()
    with pytest.raises(InvalidRequest, match="name has 81 characters; at most 80"):
        rename(store, run, "x" * 81)


def test_runs_of_an_earlier_version_are_listed(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.sqlite") as connection:
        connection.executescript(FIRST_VERSION)
        connection.execute(
            "INSERT INTO runs (id, job, exclusive, config, status, created_at, queued_at, ended_at) VALUES "
            """('other', 'training', 0, '{"model": "gone", "data": "moons", "most_steps": 9}',"""
            " 'finished', 2.0, 2.0, 3.0)"
        )
    connection.close()
    store = RunStore(tmp_path / "old.sqlite")
    rename(store, "old", "from before")
    found = {run.id: run for run in listed(store, RunQuery()).runs}
    assert [*found] == ["other", "old"]
    assert (found["old"].name, found["old"].model) == ("from before", "mlp")
    assert (found["other"].model, found["other"].settings) == ("gone", {"max_steps": 9})
    store.close()


def test_a_name_has_nothing_that_changes_the_line_which_shows_it(store: RunStore) -> None:
    run = training(store)
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    rename(store, run, f"\x1b[31mred\x00\n <b>100%_*</b> {family}\u202eevil\u2066", "a\x07b")
    found = find(store, run)
    assert (found.name, found.note) == (f"[31mred <b>100%_*</b> {family}evil", "a b")
    for word in ("<b>100%_*</b>", "a b", family):
        assert ids(store, text=word) == [run]
    assert ids(store, text="100%_x") == []


def test_a_text_that_is_no_unicode_is_refused_in_words(store: RunStore) -> None:
    for asked in (lambda: find(store, "\udcff"), lambda: listed(store, RunQuery(text="\udcff"))):
        with pytest.raises(InvalidRequest, match="valid Unicode"):
            asked()
