"""On a server that several people share runs are private and limited, and a page says so before a start."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core.operator_settings import variable
from core.records import to_record
from core.runs import tables
from core.runs.identity import worker_identity
from core.runs.listing import RunQuery, find, listed
from core.runs.quota import Owner, Quota
from core.runs.runners.limits import Limits, ended_by
from core.runs.status import FINISHED, LIMITED, QUEUED, RUNNING, STOPPED
from core.runs.store import RunStore
from core.training import default_config
from core.training.expected_time import expected_s
from dashboard.components import runs
from dashboard.components.visitor import BROWSER_COOKIE
from dashboard.machine.own_runs import OwnRuns
from tests.dashboard.conftest import view
from tests.waiting import wait_until

SHARED, OPERATORS = variable("shared"), variable("operators")
CONTROLS = {
    "Pause",
    "Stop",
    "Resume",
    "Share",
    "Export",
    "Branch",
    "Run with these",
    "Keep running when I leave",
}


@pytest.fixture
def store(own_runner: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    monkeypatch.setenv(SHARED, "1")
    runner = runs.runner()
    monkeypatch.setattr(runner, "quota", Quota(of_owner=2, of_address=None))
    return runner.store


def page_of(name: str, who: str, **query: str) -> AppTest:
    page = view(name)
    page.session_state[BROWSER_COOKIE] = who
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    shown = (page.markdown, page.caption, page.info, page.warning, page.error, page.code)
    return " ".join(str(one.value) for kind in shown for one in kind)


def offered(page: AppTest) -> set[str]:
    """What can be pressed of that which changes a run or takes it away."""
    buttons = [*page.button, *page.toggle, *page.get("download_button")]
    labels = {getattr(one, "label", None) or one.proto.label for one in buttons}
    labels |= {one.proto.popover.label for one in page.get("popover")}
    return {label for label in labels if label in CONTROLS or label.startswith("Continue to")}


def training(store: RunStore, owner: str, status: str | None = None, **settings: object) -> str:
    """A training that is open for as long as the test takes, or one that has ended so."""
    long = {} if status else {"epochs": 10_000, "engine": "eager"}
    config = to_record(default_config("mlp", "moons", **settings, **long))
    run = store.create("training", config, owner=Owner(owner))
    if status:
        store.end(run, status)
    return run


def test_who_has_the_address_looks_and_the_owner_alone_changes(store: RunStore) -> None:
    run = runs.runner().submit("training", to_record(default_config("mlp", "moons", epochs=1)), Owner("ada"))
    wait_until(lambda: store.get(run).ended)
    mine, theirs = page_of("train", "ada", run=run), page_of("train", "ben", run=run)
    assert {"Export", "Branch", "Share"} <= offered(mine)
    assert runs.NOT_YOURS in said(theirs)
    assert offered(theirs) == set()
    assert [one.label for one in theirs.metric] == [one.label for one in mine.metric], "he may look"
    assert f"?run={run}" in said(mine)
    assert f"?run={run}&copy=1" in said(mine)


def test_what_a_run_may_take_is_said_before_its_start_and_what_would_take_more_is_refused(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.runner(), "limits", Limits(seconds=600, disk_bytes=2**29))
    page = page_of("train", "ada", model="vgg", epochs="10")
    allowed = "MiB of disk. This server allows 10 min of work and 512 MiB of disk for a run."
    assert allowed in said(page)
    page = page_of("train", "ada", model="vgg", epochs="1000")
    minutes = expected_s(to_record(default_config("vgg", epochs=1000))) / 60
    assert minutes > 10
    refused = f"It would take about {minutes:.1f} min of work, and this server allows 10 min for a run"
    assert refused in said(page)
    page.button(key="start_button").click().run()
    assert [one.value.startswith(refused) for one in page.error] == [True]
    assert store.all_with_status(QUEUED, RUNNING) == []


def test_a_run_that_a_limit_has_ended_says_so(store: RunStore) -> None:
    run = training(store, "ada", LIMITED)
    reason = ended_by("10 min of work", {"done": 12.0, "total": 30, "unit": "epochs"})
    with store.writing() as connection:
        connection.execute(tables.runs.update().values(message=reason))
    page = page_of("train", "ada", run=run)
    assert "limit of 10 min of work at epoch 12; what it recorded is kept." in said(page)


def test_what_a_page_has_not_offered_does_nothing(store: RunStore) -> None:
    """A browser can press what was never shown: each way to a run asks again whose it is."""

    def page() -> None:
        import streamlit as st

        from core.errors import InvalidRequest
        from dashboard.components import runs
        from dashboard.run_list.actions import delete_all

        run = st.query_params["run"]
        runs.request(run, "stop")
        st.session_state["rate"] = 0.5
        runs.change(run, "learning_rate", "rate", 0.1)
        delete_all(st.session_state["listed"])
        try:
            runs.resume(run)
        except InvalidRequest as error:
            st.markdown(str(error))
        if runs.REFUSED not in st.session_state:
            runs.submit("film", {"run_id": run})

    run = training(store, "ada")
    for who in ("ben", "ada"):
        app = AppTest.from_function(page, default_timeout=120)
        app.session_state[BROWSER_COOKIE] = who
        app.session_state["listed"] = [find(store, run)] if who == "ben" else []
        app.query_params["run"] = run
        app.run()
        assert not app.exception
        assert (runs.NOT_YOURS in said(app)) == (who == "ben")
        if who == "ben":
            assert store.get(run).requested is None  # type: ignore[union-attr]
            assert store.changes_after(run, 0) == []
            assert app.session_state[runs.REFUSED] == runs.NOT_YOURS
    assert [settings for _, settings in store.changes_after(run, 0)] == [{"learning_rate": 0.5}]


def test_a_copy_is_opened_by_a_link_that_says_so_and_never_of_private_data(store: RunStore) -> None:
    run = training(store, "ada", FINISHED, epochs=7)
    private = training(store, "ada", FINISHED)
    table = to_record(default_config("mlp", "own_csv", data_options={"file": "0" * 64}))
    assert page_of("train", "ben", run=run).session_state["epochs"] != 7
    assert page_of("train", "ada", run=run).session_state["epochs"] == 7
    copied = page_of("train", "ben", run=run, copy="1")
    assert copied.session_state["epochs"] == 7
    assert "trains a copy that is yours" in said(copied)
    store.forget(private)
    private = store.create("training", table, owner=Owner("ada"))
    store.end(private, FINISHED)
    refused = page_of("train", "ben", run=private, copy="1")
    assert "private, so it cannot be copied" in said(refused)
    assert refused.session_state["data"] != "own_csv"


def test_lists_have_the_visitors_runs_and_an_operators_all(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in ("ada", "ada", "ben"):
        training(store, owner, STOPPED)
    assert "**2** runs" in said(page_of("runs", "ada"))
    assert "**1** run" in said(page_of("runs", "ben", whose="all"))
    assert "No runs yet" in said(page_of("runs", "cleo"))
    monkeypatch.setenv(OPERATORS, "cleo")
    assert "**3** runs" in said(page_of("runs", "cleo", whose="all"))
    theirs = next(iter(listed(store, RunQuery(owner="ben")).runs)).id
    side_by_side = page_of("side_by_side", "ada")
    assert theirs not in " ".join(side_by_side.multiselect[0].options)


def test_the_live_monitor_names_no_run_of_a_shared_server(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = to_record(default_config("mlp", "moons", epochs=10_000, engine="eager"))
    run = runs.runner().submit("training", config, Owner("ada"))
    wait_until(lambda: store.get(run).worker)
    (shown,) = OwnRuns().now(store, "").values()
    assert run not in str(shown)
    assert shown["name"] == "A run of this server"
    monkeypatch.setenv(SHARED, "0")
    (shown,) = OwnRuns().now(store, "").values()
    assert shown["address"] == f"/train?run={run}"


def test_the_quota_is_said_before_and_when_it_is_reached(store: RunStore) -> None:
    page = page_of("train", "ada")
    assert "up to 2 of your runs at once, 0 open now" in said(page)
    waiting = [training(store, "ada") for _ in range(2)]
    page.run()
    assert "2 open now" in said(page)
    next(one for one in page.button if one.key == "start_button").click().run()
    assert "You have 2 open runs, and 2 are possible at once" in said(page)
    assert store.open_runs_of(Owner("ada")) == 2
    page.run()
    assert "You have 2 open runs" not in said(page), "it is said once"
    store.request(waiting[0], "stop")
    next(one for one in page.button if one.key == "start_button").click().run()
    assert not page.error


def test_a_run_that_gave_way_says_so_and_when_it_is_next(store: RunStore) -> None:
    blocks = training(store, "ben")
    with store.writing() as connection:  # by a worker that is alive, so that nobody takes it for lost
        begun = {"status": RUNNING, "worker": worker_identity(os.getpid()), "exclusive": True}
        connection.execute(tables.runs.update().where(tables.runs.c.id == blocks).values(begun))
    run = training(store, "ada")
    with store.writing() as connection:  # as a worker leaves it
        connection.execute(tables.runs.update().where(tables.runs.c.id == run).values(worked_s=12.0))
    page = page_of("train", "ada", run=run)
    assert "Gives way to others after 12 s of work, next in about 10 s" in said(page)
    toggle = next(one for one in page.toggle if one.label == "Keep running when I leave")
    toggle.set_value(True).run()
    assert store.get(run).keep_running  # type: ignore[union-attr]
    for each in (run, blocks):
        store.end(each, STOPPED)
