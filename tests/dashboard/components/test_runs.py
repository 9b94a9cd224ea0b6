"""A page of a run says what is still kept of it, and shows what is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import sqlalchemy as sa
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from core.records import to_record
from core.runs.listing import delete
from core.runs.news import news_of
from core.runs.retention import keep_within
from core.runs.status import STOPPED
from core.training.config import default_config
from dashboard.components import runs
from tests.dashboard.conftest import open_view
from tests.waiting import wait_until

MIB = 2**20


@pytest.fixture
def old_run(own_runner: None) -> str:
    """The address of a training that was stopped, with a newer one after it."""
    store = runs.runner().store
    going = runs.runner().submit(
        "training", to_record(default_config("mlp", "moons", epochs=9000, engine="eager"))
    )
    wait_until(lambda: store.can_resume(going) and "decision_map" in store.pictures(going))
    runs.runner().request(going, "stop")
    wait_until(lambda: store.get(going).ended)
    short = runs.runner().submit("training", to_record(default_config("mlp", "moons", epochs=1)))
    wait_until(lambda: store.get(short).ended)
    store.checkpoint_file(short).write_bytes(bytes(30 * MIB))  # as large as a large network's
    return going


def opened(run_id: str) -> AppTest:
    return open_view("train", run=run_id)


def prune(keep_bytes: int) -> None:
    for _ in keep_within(runs.runner().store, keep_bytes):
        pass


def labels(page: AppTest) -> set[str]:
    return {button.label for button in page.button}


def test_a_run_without_its_weights_shows_its_curves_and_says_what_is_gone(old_run: str) -> None:
    before = opened(old_run)
    assert "Resume" in labels(before)
    assert before.get("bidi_component")  # its film and panels
    prune(40 * MIB)
    resume = next(button for button in before.button if button.label == "Resume")
    resume.click().run()  # on a page that was opened earlier
    assert not before.exception
    assert runs.runner().store.get(old_run).status == STOPPED
    after = opened(old_run)
    assert runs.CHECKPOINT_PRUNED in [info.value for info in after.info]
    can_be_pressed = [button.label for button in after.button if not button.disabled]
    assert not [label for label in can_be_pressed if label.startswith(("Resume", "Continue"))]
    assert len(after.get("vega_lite_chart")) == len(before.get("vega_lite_chart"))
    assert not after.get("bidi_component")
    assert len(after.metric) == len(before.metric)


def test_a_run_that_is_gone_is_answered_in_words(old_run: str) -> None:
    prune(1)
    assert runs.runner().store.get(old_run) is None
    page = opened(old_run)
    assert old_run in page.warning[0].value


def test_a_page_that_follows_a_run_runs_anew_once_another_window_has_deleted_it(own_runner: None) -> None:
    def page() -> None:
        import streamlit as st

        from dashboard.components import runs

        followed = st.session_state.pop("followed", None)
        if followed:
            runs.follow(followed, lambda _run, _events, _pictures: None)
        st.markdown("after it")

    store = runs.runner().store
    run_id = store.create("training", to_record(default_config("mlp", "moons")))
    run = store.get(run_id)
    store.end(run_id, STOPPED)
    delete(store, run_id)
    app = AppTest.from_function(page, default_timeout=120)
    app.session_state["followed"] = run
    app.run()
    assert not app.exception
    assert [one.value for one in app.markdown] == ["after it"]
    assert not app.button, "nothing is left to be paused or stopped"


def test_the_page_of_an_open_run_asks_for_news_and_that_of_an_ended_one_for_nothing(own_runner: None) -> None:
    def page() -> None:
        import streamlit as st

        from dashboard.components import runs

        run = runs.runner().store.get(st.session_state["followed"])
        runs.follow(run, lambda _run, events, _pictures: st.markdown(f"{len(events)} events"))

    store = runs.runner().store
    run_id = store.create("training", to_record(default_config("mlp", "moons", epochs=9000, engine="eager")))
    wait_until(lambda: store.events_after(run_id))
    app = AppTest.from_function(page, default_timeout=120)
    app.session_state["followed"] = run_id
    (asks,) = app.run().get("bidi_component")
    data = json.loads(asks.proto.json)
    assert data["address"] == f"/live/{run_id}"
    seen = int(app.markdown[-1].value.split()[0])
    wait_until(lambda: news_of(store, run_id) != data["seen"] and len(store.events_after(run_id)) > seen)
    (asks,) = app.run().get("bidi_component")
    assert int(app.markdown[-1].value.split()[0]) > seen
    assert json.loads(asks.proto.json)["seen"] != data["seen"]
    runs.runner().request(run_id, "stop")
    wait_until(lambda: store.get(run_id).ended)
    assert not app.run().get("bidi_component")
    assert int(app.markdown[-1].value.split()[0]) == len(store.events_after(run_id))


@contextmanager
def ended_at_statement(number: int, run_id: str) -> Iterator[list[int]]:
    """The run is ended while a page makes its statement of this number; gives the numbers of all it makes."""
    store, made = runs.runner().store, []

    def before(*_: object) -> None:
        if get_script_run_ctx(suppress_warning=True) is not None:
            made.append(len(made))
            if made[-1] == number:
                store.end(run_id, STOPPED)

    sa.event.listen(store._engine, "before_cursor_execute", before)
    try:
        yield made
    finally:
        sa.event.remove(store._engine, "before_cursor_execute", before)


def test_a_page_that_is_drawn_while_its_run_ends_shows_the_end_or_asks_for_it(own_runner: None) -> None:
    def page() -> None:
        import streamlit as st

        from dashboard.components import runs

        run = st.session_state.pop("followed", None) or runs.runner().store.get(st.session_state["run"])
        runs.follow(run, lambda run, _events, _pictures: st.markdown(f"drawn: {run.status}"))

    store = runs.runner().store
    busy = store.create("training", to_record(default_config("mlp", "moons", epochs=9000, engine="eager")))
    for number in count():
        run_id = store.create("training", to_record(default_config("mlp", "moons")))
        app = AppTest.from_function(page, default_timeout=120)
        app.session_state["run"], app.session_state["followed"] = run_id, store.get(run_id)
        with ended_at_statement(number, run_id) as made:
            app.run()
        if number not in made:
            break
        drawn, asks = app.markdown[-1].value, app.get("bidi_component")
        if asks:
            assert json.loads(asks[0].proto.json)["seen"] != news_of(store, run_id), (number, drawn)
        else:
            assert drawn == f"drawn: {STOPPED}", number
    assert number > 3
    runs.runner().request(busy, "stop")
