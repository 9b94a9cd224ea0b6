"""What the Live monitor fetches: one reading for all viewers, what is new for each, and the hour as files."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from core.monitor.poller import Poller
from core.records import to_record
from core.runs.identity import worker_identity
from core.runs.store import RunStore
from core.training import default_config
from dashboard.live.web_files import IMMUTABLE
from dashboard.machine import routes
from dashboard.machine.own_runs import OwnRuns
from tests.monitor_server import MonitorServer, Source, monitor_server


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def poller(source: Source) -> Poller:
    made = Poller([source])
    made.poll()
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    opened = RunStore(tmp_path / "runs.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def server(poller: Poller, store: RunStore) -> Iterator[MonitorServer]:
    with monitor_server(poller, store) as running:
        yield running


def now(server: MonitorServer, query: str = "") -> dict[str, Any]:
    """The answer to a viewer."""
    answer = server.get(f"/machine/now{query}")
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.body)
    return found


def test_two_hundred_viewers_cause_no_reading_and_are_asked_to_ask_less_often(
    server: MonitorServer, source: Source
) -> None:
    assert now(server)["ask_s"] == 1
    for _ in range(600):
        now(server)
    assert source.reads == 1
    life = now(server)["life"]
    assert 1 < now(server, f"?life={life}&after=1")["ask_s"] <= routes.MAX_ASK_S


def test_a_viewer_gets_all_and_then_what_is_new(server: MonitorServer, poller: Poller) -> None:
    whole = now(server)
    assert whole["whole"]
    assert whole["devices"][0]["recent"]["figures"] == {"utilisation": [1]}
    assert whole["devices"][0]["missing"] == {"Not Supported": ["clock"]}
    assert whole["notices"] == ["No GPU here."]
    poller.poll()
    after = f"life={whole['life']}&after={whole['sequence']}"
    newer = now(server, f"?{after}")
    assert (newer["whole"], newer["devices"][0]["recent"]["figures"]) == (False, {"utilisation": [2]})
    assert now(server, "?life=another&after=1")["whole"]  # of a server that has ended since


@pytest.mark.parametrize("after", ["-1", "x", "9" * 19, "²"])
def test_what_is_no_number_is_refused_in_a_sentence(server: MonitorServer, after: str) -> None:
    refused = server.get(f"/machine/now?after={quote(after)}")
    assert refused.status == 400
    assert refused.body.decode().endswith("it must be a whole number.")


def test_a_driver_that_hangs_keeps_nobody_waiting(store: RunStore, source: Source) -> None:
    source.goes.clear()
    poller = Poller([source])
    poller.start()
    with monitor_server(poller, store) as server:
        assert now(server)["devices"] == []
    source.goes.set()
    poller.close()


def test_the_hour_is_a_table_for_other_programs(server: MonitorServer, poller: Poller) -> None:
    poller.poll()
    answer = server.get("/machine/readings.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="readings.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [(row["device"], row["utilisation"], row["clock"]) for row in rows] == [
        ("cpu", "1.0", ""),
        ("cpu", "2.0", ""),
    ]
    assert [row["utilisation"] for row in json.loads(server.get("/machine/readings.json").body)] == [1, 2]


def test_scripts_keep_their_address_as_long_as_none_of_them_changes(server: MonitorServer) -> None:
    script = server.get(routes.address("main.js"))
    assert (script.status, script.headers["cache-control"]) == (200, IMMUTABLE["cache-control"])
    assert server.get(routes.address("shared/canvas.js")).status == 200
    assert server.get(routes.address("routes.py")).status == 404


def test_a_process_that_works_on_a_run_of_ours_has_the_runs_name_and_address(store: RunStore) -> None:
    run = store.create("training", to_record(default_config("mlp", "moons")))
    store.claim(worker_identity(os.getpid()), limit=1)
    other = store.create("training", to_record(default_config("mlp", "moons")))
    store.claim("another-host/1/0.00", limit=9)
    own = OwnRuns()
    (pid, found), *others = own.now(store, "/base").items()
    assert (pid, others) == (str(os.getpid()), [])
    assert (found["name"], found["address"]) == ("Training of mlp, moons", f"/base/train?run={run}")
    assert found["memory"] > 2**20
    assert found["utilisation"] is None  # a load takes two questions
    assert own.now(store, "")[pid]["utilisation"] >= 0
    for one in (run, other):
        store.end(one, "finished")
    assert own.now(store, "") == {}
