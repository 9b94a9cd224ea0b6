"""A page of an open run asks for news: few bytes, no drawing where nothing is new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.runs.news import news_of
from core.runs.store import RunStore
from dashboard.live import routes
from dashboard.live.pace import Pace


class Asked:
    """A client of the routes over a store, and the runs that it was said to watch."""

    def __init__(self, store: RunStore) -> None:
        self.store, self.watched = store, list[str]()
        self.readings = "1"
        served = routes.routes(lambda: store, self.watched.append, Pace(), lambda: self.readings)
        self.client = TestClient(Starlette(routes=served))

    def ask(self, *runs: str, **query: str) -> dict[str, float]:
        return self.ask_at(routes.news_address(*runs), **query)

    def ask_at(self, address: str, **query: str) -> dict[str, float]:
        answer = self.client.get(address, params={"age": "5000", "page": "p", **query})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        found: dict[str, float] = answer.json()
        return found


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    monkeypatch.setattr(routes, "SHARED_S", 0.0)
    store = RunStore(tmp_path / "runs.sqlite")
    yield Asked(store)
    store.close()


def test_there_is_news_until_the_page_has_seen_it(asked: Asked) -> None:
    run = asked.store.create("training", {"model": "mlp"})
    asked.store.claim("worker", 1)
    seen = news_of(asked.store, run)
    assert seen is not None
    assert asked.ask(run, seen=seen) == {"news": False, "wait_s": 0.8}
    asked.store.write(run, [(1, 0.0, {"event": "epoch_completed"})])
    assert asked.ask(run, seen=seen) == {"news": True, "wait_s": 0.0}
    assert asked.ask(run, seen=seen, age="100") == {"news": False, "wait_s": 0.7}  # it was drawn just now
    assert asked.ask(run, seen=seen, hidden="1")["news"] is False  # nobody sees it
    assert asked.watched == [run] * 4  # open all the same: it stays in the queue
    asked.store.end(run, "finished")
    assert asked.ask(run, seen=str(news_of(asked.store, run)))["news"] is False


def test_a_page_of_several_runs_has_news_when_one_of_them_has(asked: Asked) -> None:
    several = [asked.store.create("training", {"model": "mlp"}) for _ in range(3)]
    for _ in several:
        asked.store.claim("worker", 3)
    seen = str(news_of(asked.store, *several))
    assert asked.ask(*several, seen=seen)["news"] is False
    assert asked.ask(*several[::-1], seen=seen)["news"] is False
    asked.store.write(several[2], [(1, 0.0, {"event": "epoch_completed"})])
    assert asked.ask(*several, seen=seen)["news"] is True
    assert asked.ask(*several[:2], seen=str(news_of(asked.store, *several[:2])))["news"] is False
    assert {*asked.watched} == {*several}


def test_who_waits_for_a_run_hears_of_its_end_alone(asked: Asked) -> None:
    run = asked.store.create("layers", {}, immediate=True)
    address = routes.end_address(run)
    assert asked.ask_at(address, age="0") == {"news": False, "wait_s": routes.END_S}
    asked.store.claim("worker", 1)
    asked.store.write(run, [(1, 0.0, {"event": "layers_counted"})])
    assert asked.ask_at(address, age="0")["news"] is False
    assert {*asked.watched} == {run}
    asked.store.end(run, "finished")
    assert asked.ask_at(address, age="0")["news"] is True  # at once, whatever others draw
    assert asked.ask_at(address, hidden="1")["news"] is False
    assert asked.ask_at(routes.end_address("nobody"))["news"] is True


def test_new_readings_are_news_and_nobody_reads_for_a_hidden_page(asked: Asked) -> None:
    address = routes.readings_address()
    assert asked.ask_at(address, seen="1") == {"news": False, "wait_s": 0.8}
    asked.readings = "2"
    assert asked.ask_at(address, seen="1")["news"] is True
    assert asked.ask_at(address, seen="1", hidden="1")["news"] is False


def test_a_run_that_is_gone_is_news_and_is_not_watched(asked: Asked) -> None:
    assert asked.ask("nobody", seen="0123456789abcdef")["news"] is True
    assert asked.watched == []


@pytest.mark.parametrize(
    "query", [{"age": "-1"}, {"age": "x"}, {"age": "9" * 20}, {"seen": "x" * 41}, {"page": "x" * 41}]
)
def test_what_no_page_asks_is_refused(asked: Asked, query: dict[str, str]) -> None:
    for address in (routes.news_address("run"), routes.end_address("run"), routes.readings_address()):
        assert asked.client.get(address, params=query).status_code == 400


@pytest.mark.parametrize("runs", [["x" * 41], ["run"] * 33])
def test_more_or_longer_names_than_a_page_has_are_refused(asked: Asked, runs: list[str]) -> None:
    assert asked.client.get(routes.news_address(*runs)).status_code == 400
    assert asked.watched == []


def test_the_script_is_kept_by_browsers(asked: Asked) -> None:
    answer = asked.client.get(routes.script_address())
    assert "immutable" in answer.headers["cache-control"]
    assert "export default" in answer.text
