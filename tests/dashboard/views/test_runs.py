"""The list of runs on its page: filters by the address, and what is done with selected runs."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.records import to_record
from core.runs.listing import RunQuery, find, listed
from core.runs.quota import Owner
from core.runs.status import ENDED, FINISHED
from core.runs.store import RunStore
from core.training import default_config
from dashboard.components import runs
from dashboard.components.visitor import BROWSER_COOKIE
from dashboard.run_list.actions import SELECTED
from tests.dashboard.conftest import view
from tests.waiting import wait_until


@pytest.fixture
def store(own_runner: None) -> RunStore:
    return runs.runner().store


def stopped(store: RunStore, owner: str | None = None, **settings: object) -> str:
    config = to_record(default_config("mlp", "moons", **settings))
    run = store.create("training", config, owner=Owner(owner))
    store.request(run, "stop")
    wait_until(lambda: store.get(run).ended)
    return run


def opened(selected: tuple[str, ...] = (), **query: str) -> AppTest:
    page = view("runs")
    page.session_state[SELECTED] = [*selected]
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.info, *page.error))


def button(page: AppTest, label: str) -> object:
    return next(one for one in page.button if one.label == label)


def test_the_page_counts_the_runs_that_its_address_asks_for(store: RunStore) -> None:
    assert "No runs yet" in said(opened())
    stopped(store, seed=1)
    stopped(store, seed=2)
    assert "**2** runs" in said(opened())
    assert "**1** run" in said(opened(search="seed=2"))
    assert "**2** runs" in said(opened(status="stopped", model="mlp", sort="value", order="ascending"))
    assert "No run is like that" in said(opened(search="seed=3"))
    assert "**2** runs" in said(opened(page="99")), "an address beyond the end shows the last page"


def test_ones_own_runs_are_those_that_this_browser_started(store: RunStore) -> None:
    stopped(store, owner="somebody")
    page = view("runs")
    page.session_state[BROWSER_COOKIE] = "me"
    page.query_params["whose"] = "mine"
    page.run()
    assert "No run is like that" in said(page) or "No runs yet" in said(page)
    stopped(store, owner="me")
    page.run()
    assert "**1** run" in said(page)


def test_a_training_that_was_started_on_a_page_is_this_browsers(store: RunStore) -> None:
    page = view("train")
    page.query_params["epochs"] = "1"
    page.run()
    next(one for one in page.button if one.label == "Start").click().run()
    run = listed(store, RunQuery()).runs[0]
    assert run.owner == page.session_state[BROWSER_COOKIE]


def test_selected_runs_are_deleted_once_that_is_confirmed(store: RunStore) -> None:
    first, kept, second = stopped(store), stopped(store), stopped(store)
    page = opened((first, second))
    assert "**2 selected**" in said(page)
    assert store.get(first)
    page.button("delete for good").click().run()
    assert not page.exception
    assert [run.id for run in listed(store, RunQuery()).runs] == [kept]
    assert page.session_state[SELECTED] == []


def test_a_run_at_work_is_stopped_before_it_is_deleted(store: RunStore) -> None:
    long = to_record(default_config("mlp", "moons", hidden=(64, 64, 64), epochs=10_000))
    run = runs.runner().submit("training", long)
    wait_until(lambda: store.get(run).status == "running")
    page = opened((run,))
    assert "stopped first" in said(page)
    page.button("delete for good").click().run()
    assert store.get(run) is None
    assert not page.error


def test_a_run_of_another_browser_cannot_be_deleted_here(store: RunStore) -> None:
    other, mine = stopped(store, owner="somebody"), stopped(store)
    page = opened((other, mine))
    assert [popover.proto.popover.disabled for popover in page.get("popover")] == [True]
    page.button("delete for good").click().run()  # as a browser can that the page does not stop
    assert store.get(other)
    assert store.get(mine) is None


def test_a_finished_training_trains_on_as_a_new_run(store: RunStore) -> None:
    run = runs.runner().submit("training", to_record(default_config("mlp", "moons", epochs=2)))
    wait_until(lambda: store.get(run).status in ENDED)
    assert store.get(run).status == FINISHED
    page = opened((run,))
    button(page, "Continue").click().run()  # type: ignore[attr-defined]
    new = next(one for one in listed(store, RunQuery()).runs if one.id != run)
    wait_until(lambda: store.get(new.id).ended)
    assert new.settings["resume_from"] == run
    assert new.settings["epochs"] == 4
    finished = [record for _, record in store.events_after(new.id)][-1]
    assert (finished["event"], finished["epochs"]) == ("training_finished", 4)
    assert find(store, new.id).metric == "accuracy"


@pytest.mark.parametrize("count", [1, 7])
def test_side_by_side_is_for_two_to_six_trainings(store: RunStore, count: int) -> None:
    page = opened(tuple(stopped(store, seed=n) for n in range(count)))
    assert button(page, "Side by side").disabled  # type: ignore[attr-defined]
